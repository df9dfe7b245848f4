"""Nothing goes in clear that should not, and nobody is believed without a certificate."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from newsletter.delivery.replies import Scope, judge
from newsletter.delivery.server import TokenError
from newsletter.delivery.smtp import Outcome, Server, Session, SessionError, Stage, Trouble
from newsletter.model.mailing import DeliveryState
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.running import running
from tests.servers.scripted import Script, ScriptedServer, raw, say, scripted_server
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def server_at(scripted: ScriptedServer, **changes: object) -> Server:
    values: dict[str, object] = {"security": "starttls", **changes}
    return Server("localhost", scripted.port, **values)  # type: ignore[arg-type]


def failure(server: Server) -> Outcome:
    async def _open() -> None:
        session = Session(server)
        try:
            await session.open()
        finally:
            await session.close()

    with pytest.raises(SessionError) as caught:
        asyncio.run(_open())
    outcome = caught.value.outcome
    assert judge(outcome).state is DeliveryState.QUEUED
    return outcome


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_messages_go_out_encrypted(certificates: Certificates, security: str) -> None:
    script = Script(tls=certificates.server_context(), implicit_tls=security == "tls")
    messages = [make_outgoing(key, content=make_content(key, 300_000)) for key in range(1, 6)]
    with scripted_server(script) as scripted:
        supply = ListSupply(messages)
        send(server_at(scripted, security=security, ca_file=str(certificates.authority)), supply)

    assert [mail.content for mail in scripted.accepted] == [one.content for one in messages]
    assert all(outcome.is_accepted for outcome in supply.outcomes.values())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_stops_the_run(
    certificates: Certificates, security: str
) -> None:
    script = Script(tls=certificates.server_context(), implicit_tls=security == "tls")
    with scripted_server(script) as scripted:
        outcome = failure(server_at(scripted, security=security))

    assert outcome.trouble is Trouble.CERTIFICATE
    assert judge(outcome).scope is Scope.CONFIGURATION
    assert judge(outcome).stop_run


def test_a_certificate_for_another_name_stops_the_run(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, "mail.example.org")
    with scripted_server(Script(tls=made.server_context())) as scripted:
        outcome = failure(server_at(scripted, ca_file=str(made.authority)))

    assert outcome.trouble is Trouble.CERTIFICATE
    assert "localhost" in outcome.cause


def test_an_expired_certificate_stops_the_run(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, expired=True)
    with scripted_server(Script(tls=made.server_context())) as scripted:
        outcome = failure(server_at(scripted, ca_file=str(made.authority)))

    assert outcome.trouble is Trouble.CERTIFICATE


def test_a_server_that_offers_no_encryption_gets_nothing() -> None:
    script = Script(mechanisms=("PLAIN",), accounts={"desk": "secret"})
    with scripted_server(script) as scripted:
        outcome = failure(server_at(scripted, username="desk", password="secret"))

    verdict = judge(outcome)
    assert outcome.trouble is Trouble.NO_ENCRYPTION
    assert (verdict.scope, verdict.stop_run) == (Scope.CONFIGURATION, True)
    assert scripted.logins == []
    assert not [line for _, line in scripted.commands if line.startswith(("AUTH", "MAIL"))]


def _own_address() -> str:
    """Return an address of this machine that is not loopback; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


@pytest.mark.allow_hosts(["0.0.0.0/0"])
def test_nothing_goes_in_clear_over_a_network() -> None:
    scripted = ScriptedServer()
    scripted.host = _own_address()
    with running(scripted):
        clear = Server(scripted.host, scripted.port, "plain", username="desk", password="secret")
        outcome = failure(clear)

    assert outcome.trouble is Trouble.IN_CLEAR
    assert judge(outcome).stop_run
    assert scripted.commands == []


def test_a_server_that_refuses_starttls_gets_nothing(certificates: Certificates) -> None:
    script = Script(tls=certificates.server_context(), starttls=say("554 5.7.3 no"))
    with scripted_server(script) as scripted:
        outcome = failure(server_at(scripted, ca_file=str(certificates.authority)))

    assert outcome.stage is Stage.STARTTLS
    assert judge(outcome).stop_run


def test_words_put_in_before_encryption_are_not_believed(certificates: Certificates) -> None:
    injected = b"250-evil\r\n250 AUTH PLAIN\r\n"
    script = Script(
        starttls=raw(b"220 2.0.0 Ready\r\n" + injected), tls=certificates.server_context()
    )
    with scripted_server(script) as scripted:
        outcome = failure(server_at(scripted, ca_file=str(certificates.authority)))

    assert outcome.trouble is Trouble.TLS
    assert judge(outcome).stop_run


def test_a_server_that_speaks_no_tls_is_a_clear_failure() -> None:
    with scripted_server() as scripted:
        outcome = failure(server_at(scripted, security="tls"))

    assert outcome.trouble is Trouble.TLS
    assert judge(outcome).scope is Scope.CONFIGURATION


def test_a_certificate_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with scripted_server() as scripted:
        outcome = failure(server_at(scripted, ca_file=str(tmp_path / "none.pem")))

    assert "none.pem" in outcome.cause


@pytest.mark.parametrize(
    ("mechanisms", "used"),
    [(("LOGIN", "PLAIN"), "PLAIN"), (("LOGIN",), "LOGIN"), (("CRAM-MD5", "LOGIN"), "LOGIN")],
)
def test_a_password_logs_in(
    certificates: Certificates, mechanisms: tuple[str, ...], used: str
) -> None:
    password = "pass wörd \\ $\" '"
    script = Script(
        tls=certificates.server_context(), mechanisms=mechanisms, accounts={"desk": password}
    )
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        server = server_at(
            scripted, username="desk", password=password, ca_file=str(certificates.authority)
        )
        send(server, supply)

    assert scripted.logins == [(used, "desk", True)]
    assert supply.outcomes[1].is_accepted


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_logs_in(certificates: Certificates, mechanism: str) -> None:
    script = Script(
        tls=certificates.server_context(),
        mechanisms=("PLAIN", mechanism),
        tokens={"desk@example.org": "ya29.token"},
    )
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        server = server_at(
            scripted,
            username="desk@example.org",
            token="ya29.token",
            ca_file=str(certificates.authority),
        )
        send(server, supply)

    assert scripted.logins == [(mechanism, "desk@example.org", True)]
    assert supply.outcomes[1].is_accepted


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_has_run_out_stops_the_run_and_says_why(
    certificates: Certificates, mechanism: str
) -> None:
    script = Script(tls=certificates.server_context(), mechanisms=(mechanism,))
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(scripted, username="desk", token="old", ca_file=str(certificates.authority))
        )

    assert scripted.faults == []
    assert judge(outcome).reason == "login"
    assert "SMTP_TOKEN_COMMAND" in judge(outcome).explanation
    assert outcome.reply is not None
    assert "invalid_token" in outcome.reply.text


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_long_token_waits_until_it_is_asked_for(
    certificates: Certificates, mechanism: str
) -> None:
    script = Script(
        tls=certificates.server_context(), mechanisms=(mechanism,), tokens={"desk": "t" * 2500}
    )
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        send(
            server_at(
                scripted, username="desk", token="t" * 2500, ca_file=str(certificates.authority)
            ),
            supply,
        )

    assert supply.outcomes[1].is_accepted


class Tokens:
    """Gives out one token after the other."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)

    async def token(self, refused: str = "") -> str:
        if refused:
            self._tokens.remove(refused)
        if not self._tokens:
            raise TokenError("the token command 'print-token' failed: log in again")
        return self._tokens[0]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_has_run_out_is_replaced_on_the_same_connection(
    certificates: Certificates, mechanism: str
) -> None:
    script = Script(
        tls=certificates.server_context(), mechanisms=(mechanism,), tokens={"desk": "new"}
    )
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        tokens = Tokens("old", "new")
        send(
            server_at(
                scripted, username="desk", tokens=tokens, ca_file=str(certificates.authority)
            ),
            supply,
        )

    assert supply.outcomes[1].is_accepted
    assert scripted.faults == []
    assert len(scripted.logins) == 2


def test_a_token_that_cannot_be_had_stops_the_run_and_says_why(certificates: Certificates) -> None:
    script = Script(tls=certificates.server_context(), mechanisms=("XOAUTH2",))
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(
                scripted, username="desk", tokens=Tokens(), ca_file=str(certificates.authority)
            )
        )

    assert (judge(outcome).reason, judge(outcome).stop_run) == ("token", True)
    assert "log in again" in str(outcome)


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",)])
def test_a_wrong_password_stops_the_run_and_marks_nobody(
    certificates: Certificates, mechanisms: tuple[str, ...]
) -> None:
    script = Script(
        tls=certificates.server_context(), mechanisms=mechanisms, accounts={"desk": "right"}
    )
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(
                scripted, username="desk", password="wrong", ca_file=str(certificates.authority)
            )
        )

    verdict = judge(outcome)
    assert (verdict.scope, verdict.reason) == (Scope.CONFIGURATION, "login")
    assert verdict.stop_run


def test_a_login_that_is_refused_half_way_stops_the_run(certificates: Certificates) -> None:
    script = Script(
        tls=certificates.server_context(),
        mechanisms=("LOGIN",),
        auth=say("535 5.7.3 Authentication unsuccessful"),
    )
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(scripted, username="d", password="p", ca_file=str(certificates.authority))
        )

    assert judge(outcome).reason == "login"


@pytest.mark.parametrize(
    ("answer", "scope", "stops"),
    [
        ("454 4.7.0 Temporary authentication failure", Scope.SITE, False),
        ("421 4.3.2 busy", Scope.SITE, False),
        ("534 5.7.9 Application-specific password required", Scope.CONFIGURATION, True),
        ("538 5.7.11 Encryption required", Scope.CONFIGURATION, True),
        ("530 5.7.0 Must issue a STARTTLS command first", Scope.CONFIGURATION, True),
    ],
)
def test_a_refused_login_is_judged_by_whose_matter_it_is(
    certificates: Certificates, answer: str, scope: Scope, stops: bool
) -> None:
    script = Script(tls=certificates.server_context(), mechanisms=("PLAIN",), auth=say(answer))
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(scripted, username="d", password="p", ca_file=str(certificates.authority))
        )

    assert outcome.stage is Stage.AUTH
    assert (judge(outcome).scope, judge(outcome).stop_run) == (scope, stops)


def test_a_server_without_a_login_we_know_stops_the_run(certificates: Certificates) -> None:
    script = Script(tls=certificates.server_context(), mechanisms=("GSSAPI",))
    with scripted_server(script) as scripted:
        outcome = failure(
            server_at(scripted, username="d", password="p", ca_file=str(certificates.authority))
        )

    assert outcome.trouble is Trouble.NO_LOGIN
    assert "GSSAPI" in outcome.cause
    assert judge(outcome).stop_run


def test_the_password_is_not_shown_with_the_server() -> None:
    shown = repr(Server("mail.example.org", username="desk", password="canary", token="canary"))

    assert "canary" not in shown
