"""A ledger on paper, and a clock that only moves when it is told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from newsletter.delivery.outcome import Outcome, Reply, Stage
from newsletter.errors import StoreError
from newsletter.model.ledger import ALLOWED, Owed, Settlement, Wish
from newsletter.model.mailing import Balance, DeliveryState, MailingState

S = DeliveryState
TAKEN = Outcome(Stage.DOT, Reply(250, "2.0.0", "Ok: queued as 4Xy"))
LATER = Outcome(Stage.RCPT, Reply(451, "4.3.0", "try later"))
GONE = Outcome(Stage.RCPT, Reply(550, "5.1.1", "no such user"))


@dataclass
class Clock:
    """The wall clock, which people set, and the stopwatch, which they cannot."""

    now: datetime = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
    seconds: float = 0.0

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def is_set(self, change: timedelta) -> None:
        self.now += change

    def stopwatch(self) -> float:
        return self.seconds


@dataclass
class Row:
    owed: Owed
    state: DeliveryState = S.QUEUED
    due: datetime | None = None
    intents: int = 0

    def becomes(self, state: DeliveryState) -> None:
        assert state in ALLOWED[self.state], f"{self.owed.key}: {self.state} to {state}"
        self.state = state


@dataclass
class PaperLedger:
    """Rows that change as the glossary allows, all of a round or nothing of it."""

    clock: Clock
    rows: dict[int, Row]
    #: What it takes to write one round.
    writing_seconds: float = 0.0
    state: MailingState = MailingState.SENDING
    unsubscribed: set[int] = field(default_factory=set)
    uses: dict[str, list[datetime]] = field(default_factory=dict)
    next_moments: dict[str, datetime] = field(default_factory=dict)
    firsts: dict[str, datetime] = field(default_factory=dict)
    is_full: bool = False
    #: From here on nothing can be written, for this reason.
    last_round: int = 1_000_000
    failure: StoreError | None = None
    rounds: int = 0
    last_claimed: int = 0
    #: Deliveries settled by each round, in order.
    written: list[int] = field(default_factory=list)

    @contextmanager
    def round(self, now: datetime) -> Iterator[PaperRound]:
        if self.is_full:
            raise StoreError("no space is left on the disk")
        self.rounds += 1
        if self.failure is not None and self.rounds > self.last_round:
            raise self.failure
        step = PaperRound(self, now)
        yield step
        self.clock.pass_(self.writing_seconds)
        self.written.append(step.settled)

    def recover(self, now: datetime) -> Sequence[str]:
        return []

    def hurry(self, now: datetime) -> None:
        for row in self.rows.values():
            if row.state is S.DEFERRED:
                row.due = now

    def balance(self) -> Balance:
        return Balance(**{state.value: len(self.keys(state)) for state in S})

    def next_due(self) -> datetime | None:
        return min((row.due for row in self.rows.values() if row.due), default=None)

    def relieve(self) -> None:
        self.is_full = False

    def close(self, now: datetime) -> None:
        for row in self.rows.values():
            if row.state is S.CLAIMED:
                row.becomes(S.QUEUED)

    def abandon(self) -> None:
        """There is no lock on paper."""

    def keys(self, *states: DeliveryState) -> list[int]:
        return [key for key, row in self.rows.items() if row.state in states]


@dataclass
class PaperRound:
    ledger: PaperLedger
    now: datetime
    settled: int = 0

    @property
    def mailing_state(self) -> MailingState:
        return self.ledger.state

    def settle(self, settlements: Sequence[Settlement]) -> None:
        self.settled = len(settlements)
        for one in settlements:
            row = self.ledger.rows[one.key]
            row.becomes(one.state)
            row.due = one.due
            row.owed = row.owed._replace(attempts=row.owed.attempts + one.is_counted)

    def release(self, keys: Sequence[int]) -> None:
        for key in keys:
            self.ledger.rows[key].becomes(S.QUEUED)

    def claim(self, wish: Wish) -> Sequence[Owed]:
        free = [row for row in self.ledger.rows.values() if self._may_be_claimed(row, wish)]
        # The deferred first, who waited longest before the others; whoever was given back
        # has to wait until the others have had their turn.
        never = self.now + timedelta(days=1)
        last = self.ledger.last_claimed
        free.sort(key=lambda row: (row.due or never, row.owed.key <= last))
        found = free[: wish.count]
        for row in found:
            row.becomes(S.CLAIMED)
            row.due = None
            self.ledger.last_claimed = row.owed.key
        return [row.owed for row in found]

    def _may_be_claimed(self, row: Row, wish: Wish) -> bool:
        is_due = row.state is S.DEFERRED and row.due is not None and row.due <= self.now
        return (
            (row.state is S.QUEUED or is_due)
            and row.owed.domain not in wish.not_domains
            and row.owed.key % wish.every == 0
        )

    def intend(self, owed: Sequence[Owed], route: str) -> Sequence[Owed]:
        for one in owed:
            row = self.ledger.rows[one.key]
            row.becomes(S.SKIPPED if one.key in self.ledger.unsubscribed else S.IN_FLIGHT)
            row.intents += row.state is S.IN_FLIGHT
        return [one for one in owed if self.ledger.rows[one.key].state is S.IN_FLIGHT]

    def under_way(self) -> Mapping[str, int]:
        rows = self.ledger.rows.values()
        return Counter(row.owed.domain for row in rows if row.state is S.IN_FLIGHT)

    def used(self, name: str, since: datetime) -> int:
        return sum(moment >= since for moment in self.ledger.uses.get(name, []))

    def use(self, name: str, count: int) -> None:
        self.ledger.uses.setdefault(name, []).extend([self.now] * count)

    def next_at(self, name: str) -> datetime | None:
        return self.ledger.next_moments.get(name)

    def first_at(self, name: str, now: datetime) -> datetime:
        return self.ledger.firsts.setdefault(name, now)

    def set_next_at(self, name: str, moment: datetime) -> None:
        self.ledger.next_moments[name] = moment


def make_ledger(clock: Clock, count: int, **changes: object) -> PaperLedger:
    """Return a ledger that owes one message each to so many readers."""
    owed = [
        Owed(key, f"reader{key}@town.example", "town.example", "en", "news@library.example", {})
        for key in range(1, count + 1)
    ]
    return PaperLedger(clock, {one.key: Row(one) for one in owed}, **changes)  # type: ignore[arg-type]
