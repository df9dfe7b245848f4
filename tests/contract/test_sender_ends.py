"""A run that must not go on ends by itself, gently, and what is known is written."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from newsletter.delivery.progress import RunEnd, Why
from newsletter.delivery.routes import Route
from newsletter.delivery.sender import Manner, Sender
from newsletter.delivery.server import Server, Timeouts
from newsletter.delivery.tray import Tray
from newsletter.errors import StoreGoneError
from newsletter.model.ledger import Owed
from newsletter.model.mailing import DeliveryState, Progress
from tests.servers.scripted import Script, ScriptedServer, say, scripted_server
from tests.unit.delivery.paper_ledger import Clock, PaperLedger, make_ledger

S = DeliveryState


def _compose(owed: Owed) -> bytes:
    return f"To: {owed.address}\r\n\r\nGood news.\r\n".encode()


def _send(
    ledger: PaperLedger,
    server: ScriptedServer,
    watch: Callable[[Progress], None] | None = None,
    manner: Manner | None = None,
) -> RunEnd:
    route = Route(
        "main",
        Server("127.0.0.1", server.port, "plain"),
        timeouts=Timeouts(*[60.0] * 11),
        first_pause=timedelta(milliseconds=1),
    )
    tray = Tray(ledger, _compose, chance=random.Random(1))

    async def run() -> RunEnd:
        sender = Sender(tray, [route], manner or Manner(signals=()), watch=watch)
        return await sender.run()

    return asyncio.run(run())


def _failing(count: int, last_round: int) -> PaperLedger:
    gone = StoreGoneError("the database 'newsletter.db' was taken away")
    return make_ledger(Clock(), count, last_round=last_round, failure=gone)


def test_nothing_leaves_where_the_ledger_cannot_be_written_from_the_start() -> None:
    ledger = _failing(20, last_round=0)

    with scripted_server() as server:
        end = _send(ledger, server)

    assert (end.why, server.accepted) == (Why.NO_LEDGER, [])
    assert "taken away" in end.reason
    assert len(ledger.keys(S.QUEUED)) == 20


def test_a_ledger_that_is_lost_on_the_way_ends_the_run_and_says_how_much_is_open() -> None:
    ledger = _failing(400, last_round=6)

    with scripted_server() as server:
        end = _send(ledger, server)

    written = len(ledger.keys(S.ACCEPTED))
    assert end.why is Why.NO_LEDGER
    assert 0 < len(server.accepted) < 400
    assert end.unwritten >= len(server.accepted) - written
    # Nothing left but what the ledger knows to be on its way.
    assert len(server.accepted) <= written + len(ledger.keys(S.IN_FLIGHT))


@contextmanager
def _handled(number: signal.Signals) -> Iterator[None]:
    """Keep the signal from ending the tests where nobody listens to it any more."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_a_signal_ends_the_run_once_what_is_on_the_wire_is_answered() -> None:
    ledger = make_ledger(Clock(), 2000)

    def watch(glimpse: Progress) -> None:
        if glimpse.balance.accepted:
            os.kill(os.getpid(), signal.SIGUSR1)

    with _handled(signal.SIGUSR1), scripted_server() as server:
        end = _send(ledger, server, watch, Manner(signals=(signal.SIGUSR1,)))

    assert (end.why, end.signal) == (Why.INTERRUPTED, signal.SIGUSR1)
    assert len(ledger.keys(S.ACCEPTED)) == len(server.accepted) < 2000
    assert ledger.keys(S.IN_FLIGHT, S.CLAIMED, S.UNKNOWN) == []


def test_an_order_that_the_ledger_does_not_know_yet_ends_the_run_and_leaves_nothing_in_hand() -> (
    None
):
    ledger = make_ledger(Clock(), 2000)
    seen: list[int] = []

    with scripted_server() as server:
        manner = Manner(is_called_off=lambda: bool(seen))
        end = _send(ledger, server, lambda glimpse: seen.append(glimpse.balance.accepted), manner)

    assert end.why is Why.TOLD
    assert len(ledger.keys(S.ACCEPTED)) == len(server.accepted) < 2000
    assert ledger.keys(S.IN_FLIGHT, S.CLAIMED, S.UNKNOWN) == []


def test_a_second_signal_waits_for_no_answer_and_tells_what_was_lost() -> None:
    ledger = make_ledger(Clock(), 4)
    numbers = [0]

    def watch(glimpse: Progress) -> None:
        if glimpse.balance.in_flight:
            numbers[0] += 1
            os.kill(os.getpid(), signal.SIGUSR1)

    slow = Script(dot=say("250 2.0.0 Ok", delay=600))
    with _handled(signal.SIGUSR1), scripted_server(slow) as server:
        end = _send(ledger, server, watch, Manner(signals=(signal.SIGUSR1,)))

    assert end.why is Why.INTERRUPTED
    assert numbers[0] >= 2
    assert ledger.keys(S.ACCEPTED, S.IN_FLIGHT) == []
    # What had its dot may have arrived; what had not certainly never left.
    assert len(ledger.keys(S.UNKNOWN, S.QUEUED)) == 4
    assert ledger.keys(S.UNKNOWN)
