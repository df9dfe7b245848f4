"""Each stage waits for its own time and no other (RFC 5321 section 4.5.3.2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace

import pytest

from newsletter.delivery.outcome import Outcome, Stage, Trouble
from newsletter.delivery.replies import judge
from newsletter.delivery.server import Server, Timeouts
from newsletter.delivery.smtp import Session, SessionError
from newsletter.model.mailing import DeliveryState
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.scripted import Action, Script, scripted_server, silence
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send

#: Nothing here may wait for any of these.
LONG = Timeouts(*[120.0] * len(fields(Timeouts)))
SHORT = 0.15
SAID = "within 0.15 s"
ASKED = Action(b"334 VXNlcm5hbWU6\r\n", close="mute")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def only(stage: str) -> Timeouts:
    return replace(LONG, **{stage: SHORT})


def not_opened(server: Server, timeouts: Timeouts) -> Outcome:
    async def _open() -> None:
        session = Session(server, timeouts)
        try:
            await session.open()
        finally:
            await session.close()

    with pytest.raises(SessionError) as caught:
        asyncio.run(_open())
    return caught.value.outcome


@pytest.mark.parametrize(
    ("stage", "script"),
    [("greeting", Script(greeting=silence())), ("ehlo", Script(ehlo=silence()))],
)
def test_a_server_that_does_not_let_us_in(stage: str, script: Script) -> None:
    with scripted_server(script) as scripted:
        outcome = not_opened(Server("127.0.0.1", scripted.port, "plain"), only(stage))

    assert (outcome.stage, outcome.trouble) == (Stage(stage), Trouble.TIMED_OUT)
    assert SAID in outcome.cause
    assert judge(outcome).state is DeliveryState.QUEUED


def test_silence_where_encryption_comes_first_names_the_setting(
    certificates: Certificates,
) -> None:
    script = Script(tls=certificates.server_context(), implicit_tls=True)

    with scripted_server(script) as scripted:
        outcome = not_opened(Server("127.0.0.1", scripted.port, "starttls"), only("greeting"))

    assert outcome.stage is Stage.GREETING
    assert "SMTP_SECURITY=tls" in str(outcome)


@pytest.mark.parametrize(
    ("waits", "stage", "script"),
    [
        ("ehlo", Stage.STARTTLS, Script(starttls=silence())),
        ("tls", Stage.STARTTLS, Script(starttls=Action(b"220 go on\r\n", close="mute"))),
        ("auth", Stage.AUTH, Script(mechanisms=("PLAIN",), auth=silence())),
        ("auth", Stage.AUTH, Script(mechanisms=("LOGIN",), auth=ASKED)),
    ],
    ids=["starttls", "handshake", "auth", "second question"],
)  # fmt: skip
def test_a_server_that_stops_on_the_way_to_the_login(
    certificates: Certificates, waits: str, stage: Stage, script: Script
) -> None:
    with scripted_server(replace(script, tls=certificates.server_context())) as scripted:
        server = Server(
            "localhost",
            scripted.port,
            username="desk",
            password="secret",
            ca_file=str(certificates.authority),
        )
        outcome = not_opened(server, only(waits))

    assert (outcome.stage, outcome.trouble) == (stage, Trouble.TIMED_OUT)
    assert SAID in outcome.cause


def test_a_server_that_speaks_no_tls_where_it_should_begin_with_it(
    certificates: Certificates,
) -> None:
    with scripted_server(Script(greeting=silence())) as scripted:
        server = Server("localhost", scripted.port, "tls", ca_file=str(certificates.authority))
        outcome = not_opened(server, only("tls"))

    assert outcome.trouble in {Trouble.TIMED_OUT, Trouble.CLOSED}


@contextmanager
def full_house() -> Iterator[int]:
    """Yield a port that takes no connection and refuses none."""
    with ExitStack() as stack:
        house = stack.enter_context(socket.socket())
        house.bind(("127.0.0.1", 0))
        house.listen(0)
        for _ in range(4):
            guest = stack.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(house.getsockname())
        yield house.getsockname()[1]


def test_a_server_that_takes_no_connection() -> None:
    with full_house() as port:
        outcome = not_opened(Server("127.0.0.1", port, "plain"), only("connect"))

    assert (outcome.stage, outcome.trouble) == (Stage.CONNECT, Trouble.TIMED_OUT)
    assert judge(outcome).state is DeliveryState.QUEUED


@pytest.mark.parametrize("extensions", [Script.extensions, ()], ids=["piped", "steps"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_server_that_falls_silent_over_a_message(stage: str, extensions: tuple[str, ...]) -> None:
    script = replace(Script(**{stage: silence()}), extensions=extensions)  # type: ignore[arg-type]
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        send(Server("127.0.0.1", scripted.port, "plain"), supply, only(stage))

    outcome = supply.outcomes[1]
    assert (outcome.stage, outcome.trouble) == (Stage(stage), Trouble.TIMED_OUT)
    assert SAID in outcome.cause
    expected = DeliveryState.UNKNOWN if stage == "dot" else DeliveryState.QUEUED
    assert judge(outcome).state is expected


def test_a_server_that_stops_reading_a_large_message() -> None:
    with scripted_server(Script(body=Action(close="deaf"), sips=True)) as scripted:
        supply = ListSupply([make_outgoing(content=make_content(size=8_000_000))])
        server = Server("127.0.0.1", scripted.port, "plain")
        send(server, supply, only("block"))

    assert supply.outcomes[1].stage is Stage.BODY
    assert judge(supply.outcomes[1]).state is DeliveryState.QUEUED


def test_a_server_that_never_says_goodbye_costs_nobody_anything() -> None:
    with scripted_server(Script(quit=silence())) as scripted:
        supply = ListSupply([make_outgoing()])
        send(Server("127.0.0.1", scripted.port, "plain"), supply, only("quit"))

    assert supply.outcomes[1].is_accepted


class Counted:
    """Seats that count who sits."""

    def __init__(self) -> None:
        self.sitting = 0

    def hold(self, wanted: int) -> int:
        return wanted

    def sit(self) -> None:
        self.sitting += 1

    def rise(self) -> None:
        self.sitting -= 1


def test_a_session_that_is_cut_off_while_it_opens_gives_its_seat_back() -> None:
    seats = Counted()

    async def cut_off(port: int) -> None:
        session = Session(Server("127.0.0.1", port, "plain", seats=seats), LONG)
        opening = asyncio.create_task(session.open())
        await asyncio.sleep(0)
        assert seats.sitting == 1
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await session.close()

    with scripted_server(Script(greeting=silence())) as scripted:
        asyncio.run(cut_off(scripted.port))

    assert seats.sitting == 0
