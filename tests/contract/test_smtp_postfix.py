"""The session against a real Postfix: encryption, login, greylisting, limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from newsletter.delivery.replies import judge
from newsletter.delivery.smtp import EndingReason, Outcome, Server, Session, SessionError
from newsletter.model.mailing import DeliveryState
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.postfix import Postfix, needs_postfix, postfix
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send

pytestmark = [needs_postfix, pytest.mark.postfix, pytest.mark.xdist_group("postfix")]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def guarded(certificates: Certificates) -> Iterator[Postfix]:
    """One that wants encryption and a login, and knows who may use which address."""
    settings = {
        "smtpd_sender_login_maps": "inline:{news@example.org=desk}",
        "smtpd_sender_restrictions": "reject_sender_login_mismatch",
        "message_size_limit": "100000",
    }
    with postfix(
        keeps=True, accounts={"desk": "secret"}, certificates=certificates, settings=settings
    ) as server:
        yield server


@pytest.fixture(scope="module")
def greylisting() -> Iterator[Postfix]:
    with postfix(greylists=True) as server:
        yield server


def guarded_server(guarded: Postfix, certificates: Certificates, **changes: object) -> Server:
    values: dict[str, object] = {
        "port": guarded.port,
        "security": "starttls",
        "username": "desk",
        "password": "secret",
        "ca_file": str(certificates.authority),
        **changes,
    }
    return Server("localhost", **values)  # type: ignore[arg-type]


def failure(server: Server) -> Outcome:
    async def _open() -> None:
        session = Session(server)
        try:
            await session.open()
        finally:
            await session.close()

    with pytest.raises(SessionError) as caught:
        asyncio.run(_open())
    return caught.value.outcome


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_messages_pass_encrypted_and_logged_in(
    guarded: Postfix, certificates: Certificates, security: str, mechanism: str
) -> None:
    port = guarded.tls_port if security == "tls" else guarded.port
    supply = ListSupply(make_outgoing(key, content=make_content(key, 45_000)) for key in range(20))

    ending = send(
        guarded_server(guarded, certificates, port=port, security=security, mechanism=mechanism),
        supply,
    )

    assert ending.reason is EndingReason.DRY
    assert {judge(one).state for one in supply.outcomes.values()} == {DeliveryState.ACCEPTED}
    queue_ids = {one.reply.queue_id for one in supply.outcomes.values() if one.reply}
    assert len(queue_ids) == 20
    assert all(f"{queue_id}: message-id=" in guarded.log() for queue_id in queue_ids)


def test_a_token_logs_in(guarded: Postfix, certificates: Certificates) -> None:
    server = guarded_server(guarded, certificates, password="", token="secret")
    supply = ListSupply([make_outgoing()])

    send(server, supply)

    assert supply.outcomes[1].is_accepted


def test_a_wrong_password_stops_the_run(guarded: Postfix, certificates: Certificates) -> None:
    verdict = judge(failure(guarded_server(guarded, certificates, password="wrong")))

    assert (verdict.reason, verdict.stop_run) == ("login", True)


def test_without_a_login_the_run_stops(guarded: Postfix, certificates: Certificates) -> None:
    supply = ListSupply([make_outgoing()])

    send(guarded_server(guarded, certificates, username="", password=""), supply)

    verdict = judge(supply.outcomes[1])
    assert (verdict.state, verdict.stop_run) == (DeliveryState.QUEUED, True)


def test_an_unknown_authority_stops_the_run(guarded: Postfix, certificates: Certificates) -> None:
    verdict = judge(failure(guarded_server(guarded, certificates, ca_file="")))

    assert (verdict.reason, verdict.stop_run) == ("certificate", True)


def test_a_sender_that_is_not_ours_stops_the_run_and_marks_nobody(
    guarded: Postfix, certificates: Certificates
) -> None:
    supply = ListSupply([make_outgoing(sender="boss@example.org")])

    send(guarded_server(guarded, certificates), supply)

    verdict = judge(supply.outcomes[1])
    assert (verdict.reason, verdict.stop_run) == ("sender-refused", True)
    assert verdict.state is DeliveryState.QUEUED


def test_a_message_that_is_too_big_is_refused_without_being_sent(
    guarded: Postfix, certificates: Certificates
) -> None:
    supply = ListSupply([make_outgoing(1, content=make_content(1, 200_000)), make_outgoing(2)])

    send(guarded_server(guarded, certificates), supply)

    assert judge(supply.outcomes[1]).reason == "too-big"
    assert supply.outcomes[1].reply is None
    assert supply.outcomes[2].is_accepted


def test_greylisting_passes_at_the_second_attempt(greylisting: Postfix) -> None:
    server = Server(greylisting.host, greylisting.port, "plain")
    first, second = ListSupply([make_outgoing()]), ListSupply([make_outgoing()])

    send(server, first)
    send(server, second)

    verdict = judge(first.outcomes[1])
    assert (verdict.state, verdict.reason) == (DeliveryState.DEFERRED, "greylisted")
    assert second.outcomes[1].is_accepted


def test_a_rate_limit_slows_the_route_down() -> None:
    settings = {"smtpd_client_message_rate_limit": "10", "anvil_rate_time_unit": "600s"}
    supply = ListSupply(make_outgoing(key) for key in range(20))

    with postfix(settings=settings) as relay:
        send(Server(relay.host, relay.port, "plain", messages_per_connection=0), supply)

    verdicts = [judge(one) for one in supply.outcomes.values()]
    assert any(one.reason == "rate" and one.slow_down for one in verdicts)
    assert not any(one.suppress_candidate or one.stop_run for one in verdicts)
