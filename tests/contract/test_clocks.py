"""A run whose clock is set while it sends: nothing waits for hours, nobody is sent to twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.ledger import Patience
from newsletter.delivery.pacing import Limits
from newsletter.delivery.progress import RunEnd, Why
from newsletter.delivery.routes import Route
from newsletter.delivery.sender import Manner, Sender
from newsletter.delivery.server import Server, Timeouts
from newsletter.delivery.tray import Tray
from newsletter.errors import StoreGoneError
from newsletter.model.ledger import Owed
from newsletter.model.mailing import DeliveryState, MailingState, Progress
from tests.servers.scripted import Script, ScriptedServer, say, scripted_server
from tests.unit.delivery.paper_ledger import Clock, PaperLedger, make_ledger

HOURS = timedelta(hours=5)
#: Far beyond any pause of a run; a run that waits for the old time would need hours.
SOON_SECONDS = 30.0


@dataclass
class Run:
    """A sender that goes by a clock which people set."""

    count: int
    waits: timedelta = timedelta(0)
    change: timedelta = timedelta(0)
    limits: Limits = field(default_factory=Limits)
    ledger: PaperLedger = field(init=False)
    glimpses: list[Progress] = field(default_factory=list)
    #: Asked at each glimpse; what to do to the run.
    watch: Callable[[Run, Progress], None] = lambda run, glimpse: None

    def __post_init__(self) -> None:
        self.ledger = make_ledger(Clock(), self.count)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.change

    def by(self, server: ScriptedServer, first_pause_seconds: float = 0.001) -> RunEnd:
        route = Route(
            "main",
            Server("127.0.0.1", server.port, "plain"),
            limits=self.limits,
            connections=4,
            timeouts=Timeouts(*[60.0] * 11),
            first_pause=timedelta(seconds=first_pause_seconds),
        )
        patience = Patience(timedelta(seconds=0.2), timedelta(seconds=0.2))
        tray = Tray(self.ledger, _compose, patience=patience, chance=random.Random(1))

        async def run() -> RunEnd:
            manner = Manner(waits=self.waits, signals=())
            sender = Sender(tray, [route], manner, watch=self._watched, clock=self.now)
            return await asyncio.wait_for(sender.run(), SOON_SECONDS)

        return asyncio.run(run())

    def _watched(self, glimpse: Progress) -> None:
        self.glimpses.append(glimpse)
        self.watch(self, glimpse)


def _compose(owed: Owed) -> bytes:
    return f"To: {owed.address}\r\nMessage-ID: <{owed.key}@x>\r\n\r\nGood news.\r\n".encode()


def _sets(
    change: timedelta, *, when: Callable[[Progress], bool]
) -> Callable[[Run, Progress], None]:
    """Return a watch that sets the clock once."""

    def watch(run: Run, glimpse: Progress) -> None:
        if when(glimpse) and not run.change:
            run.change = change

    return watch


def _set_in_between(run: Run, change: timedelta, server: ScriptedServer, after: int) -> None:
    """Set the clock as soon as the server has taken so many."""
    plain = run.now

    def now() -> datetime:
        if len(server.accepted) >= after:
            run.change = change
        return plain()

    run.now = now  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "change", [-timedelta(seconds=5), -HOURS, HOURS, -timedelta(days=400), timedelta(days=400)]
)
def test_everybody_gets_one_message_whatever_the_clock_is_set_to(change: timedelta) -> None:
    run = Run(300)

    with scripted_server() as server:
        _set_in_between(run, change, server, after=100)
        end = run.by(server)

    assert end == RunEnd(Why.DONE)
    assert run.change == change
    assert set(Counter(one.recipient for one in server.accepted).values()) == {1}
    assert len(run.ledger.keys(DeliveryState.ACCEPTED)) == 300


@pytest.mark.parametrize("change", [-HOURS, HOURS])
def test_who_is_deferred_is_tried_again_soon_whatever_the_clock_is_set_to(
    change: timedelta,
) -> None:
    later = (say("451 4.3.0 later"), say("250 2.1.5 Ok"))
    run = Run(5, waits=timedelta(days=3650))
    run.watch = _sets(change, when=lambda glimpse: glimpse.balance.deferred > 0)

    with scripted_server(
        Script(rcpt={f"reader{key}@town.example": later for key in range(1, 6)})
    ) as server:
        end = run.by(server)

    assert end.why is Why.DONE
    assert len(run.ledger.keys(DeliveryState.ACCEPTED)) == 5


def test_people_see_how_it_goes_though_the_clock_was_set_back() -> None:
    run = Run(1, waits=timedelta(days=3650))
    before: list[int] = []

    def watch(run: Run, glimpse: Progress) -> None:
        if not run.change:
            run.change = -HOURS
            before.append(len(run.glimpses))
        elif len(run.glimpses) > before[0] + 2:
            run.ledger.state = MailingState.PAUSED

    run.watch = watch

    with scripted_server(Script(rcpt=say("451 4.3.0 later"))) as server:
        end = run.by(server)

    assert end.why is Why.TOLD


def test_a_run_gives_up_on_a_dead_server_in_its_time_though_the_clock_was_set_back() -> None:
    run = Run(3, waits=timedelta(seconds=2))

    with scripted_server() as gone:
        pass
    run.watch = _sets(-HOURS, when=lambda _: len(run.glimpses) > 2)
    end = run.by(gone)

    assert end.why is Why.NO_SERVER
    assert run.change == -HOURS
    assert len(run.ledger.keys(DeliveryState.QUEUED)) == 3


def test_the_limit_of_an_hour_holds_though_the_clock_was_set_back() -> None:
    run = Run(30, limits=Limits(per_hour=8))

    def watch(run: Run, glimpse: Progress) -> None:
        if glimpse.balance.accepted >= 8 and not run.change:
            run.change = -HOURS
        elif run.change and len(run.glimpses) > 4:
            run.ledger.state = MailingState.PAUSED

    run.watch = watch

    with scripted_server() as server:
        end = run.by(server)

    assert end.why is Why.TOLD
    assert len(server.accepted) == 8


def test_a_run_ends_where_the_ledger_is_gone_when_the_clock_is_set_back() -> None:
    run = Run(1, waits=timedelta(days=3650))

    def watch(run: Run, glimpse: Progress) -> None:
        run.change = -HOURS
        run.ledger.last_round, run.ledger.failure = 0, StoreGoneError("the database is gone")

    run.watch = watch

    with scripted_server(Script(rcpt=say("451 4.3.0 later"))) as server:
        end = run.by(server)

    assert (end.why, end.reason) == (Why.NO_LEDGER, "the database is gone")
