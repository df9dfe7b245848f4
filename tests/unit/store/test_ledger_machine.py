"""Whatever senders, deaths and people do in whatever order, the books stay true."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from newsletter.model.ledger import ALLOWED, Owed, Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import SqliteLedger
from newsletter.store.mailings import Mailings
from newsletter.store.sqlite import SqliteStore

READERS = 6
ANSWERS = [
    DeliveryState.ACCEPTED,
    DeliveryState.DEFERRED,
    DeliveryState.REFUSED,
    DeliveryState.UNKNOWN,
]
DECISIONS = [DeliveryState.ACCEPTED, DeliveryState.QUEUED, DeliveryState.SKIPPED]


@dataclass
class Hands:
    """A sender of the model: what it holds, and what it has put on the wire."""

    ledger: SqliteLedger
    claimed: list[Owed] = field(default_factory=list)
    flying: list[Owed] = field(default_factory=list)


class Books(RuleBasedStateMachine):
    """Senders come, work, are stopped and die; the server's own books are the truth."""

    @initialize()
    def freeze(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
        path = Path(self.folder.name) / "newsletter.db"
        self.store = SqliteStore.open(path, create=True)
        people = [
            Recipient(f"r{number}@x.example", "en", f"<{number}>", "n@x.example")
            for number in range(READERS)
        ]
        edition = FrozenEdition("en", b"", "")
        new = NewMailing("2016-05", (), (edition,), UnknownPolicy.HOLD, "machine", self.now)
        mailing = Mailings(self.store).freeze(new, people, now=self.now)
        assert mailing is not None
        self.mailing = mailing.id
        Mailings(self.store).move(
            self.mailing, MailingState.SENDING, since=list(MailingState), now=self.now
        )
        self.deliveries = Deliveries(self.store, self.mailing)
        self.hands: list[Hands] = []
        #: What the server has taken, by address.
        self.taken: dict[str, int] = {}
        #: Answers that were lost or decided on: the only excuse for a second copy.
        self.excused: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            for one in self.hands:
                one.ledger.abandon()
            self.store.close()
            self.folder.cleanup()

    @rule()
    def time_passes(self) -> None:
        self.now += timedelta(minutes=2)

    @precondition(lambda self: len(self.hands) < 3)
    @rule()
    def a_sender_comes(self) -> None:
        ledger = SqliteLedger(self.store, self.mailing, "machine", self.now)
        self._excuse(ledger.recover(self.now))
        self.hands.append(Hands(ledger))

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 2), count=st.integers(1, 3))
    def it_claims(self, which: int, count: int) -> None:
        hands = self._hands(which)
        with hands.ledger.round(self.now) as step:
            fresh = step.claim(Wish(count))
        # What was taken back from a sender that slept, and claimed by it again, is in its
        # hands once: that intend() sees to that itself is a test of its own.
        again = {owed.key for owed in fresh}
        hands.claimed = [owed for owed in hands.claimed if owed.key not in again] + [*fresh]

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 2))
    def it_intends_and_the_message_leaves(self, which: int) -> None:
        hands = self._hands(which)
        with hands.ledger.round(self.now) as step:
            intended = list(step.intend(hands.claimed, "main"))
        hands.claimed.clear()
        hands.flying += intended
        for owed in intended:
            self.taken[owed.address] = self.taken.get(owed.address, 0) + 1

    @precondition(lambda self: any(one.flying for one in self.hands))
    @rule(which=st.integers(0, 2), answer=st.sampled_from(ANSWERS))
    def the_server_answers(self, which: int, answer: DeliveryState) -> None:
        hands = self._hands(which)
        if not hands.flying:
            return
        owed = hands.flying.pop()
        if answer in {DeliveryState.DEFERRED, DeliveryState.REFUSED}:
            self.taken[owed.address] -= 1
        elif answer is DeliveryState.UNKNOWN:
            self._excuse([owed.address])
        due = self.now + timedelta(minutes=1) if answer is DeliveryState.DEFERRED else None
        with hands.ledger.round(self.now) as step:
            step.settle([Settlement(owed.key, answer, due=due)])

    @precondition(lambda self: any(one.flying for one in self.hands))
    @rule(which=st.integers(0, 2))
    def the_connection_breaks_before_the_dot(self, which: int) -> None:
        hands = self._hands(which)
        for owed in hands.flying:
            self.taken[owed.address] -= 1
        with hands.ledger.round(self.now) as step:
            step.release([owed.key for owed in hands.flying])
        hands.flying.clear()

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 2))
    def it_is_killed(self, which: int) -> None:
        hands = self._hands(which)
        self.hands.remove(hands)
        hands.ledger.abandon()

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 2))
    def it_recovers_the_others(self, which: int) -> None:
        self._excuse(self._hands(which).ledger.recover(self.now))

    @rule(decision=st.sampled_from(DECISIONS), reader=st.integers(0, READERS - 1))
    def a_person_decides(self, decision: DeliveryState, reader: int) -> None:
        key = self.deliveries.key_of(f"r{reader}@x.example")
        self.deliveries.decide(
            DeliveryState.UNKNOWN, decision, now=self.now, who="person", choice=Choice(key=key)
        )

    @rule()
    def a_person_tries_the_refused_again(self) -> None:
        self.deliveries.decide(
            DeliveryState.REFUSED, DeliveryState.QUEUED, now=self.now, who="person"
        )

    def _hands(self, which: int) -> Hands:
        return self.hands[which % len(self.hands)]

    def _excuse(self, addresses: object) -> None:
        assert isinstance(addresses, list | tuple)
        for address in addresses:
            self.excused[address] = self.excused.get(address, 0) + 1

    @invariant()
    def the_balance_is_whole(self) -> None:
        if hasattr(self, "store"):
            balance = Mailings(self.store).named(self.mailing).balance
            assert balance.planned == READERS

    @invariant()
    def nobody_is_called_accepted_who_was_not_sent_to(self) -> None:
        for one in self.deliveries.listed(DeliveryState.ACCEPTED) if self._is_ready else ():
            history = [event.state for event in self.deliveries.history(one.address)]
            assert DeliveryState.IN_FLIGHT in history

    @invariant()
    def every_copy_beyond_the_first_has_its_excuse(self) -> None:
        for address, copies in self.taken.items() if self._is_ready else ():
            dead = self._is_in_flight_of_the_dead(address)
            assert copies <= 1 + self.excused.get(address, 0) + dead

    @invariant()
    def every_history_goes_only_allowed_ways(self) -> None:
        for number in range(READERS if self._is_ready else 0):
            history = self.deliveries.history(f"r{number}@x.example")
            for before, after in pairwise(history):
                # Claims and give-backs leave no event: they promise nothing.
                assert after.state in ALLOWED[before.state] or after.state is (
                    DeliveryState.IN_FLIGHT
                )

    @property
    def _is_ready(self) -> bool:
        return hasattr(self, "store")

    def _is_in_flight_of_the_dead(self, address: str) -> int:
        living = {owed.address for one in self.hands for owed in one.flying}
        flying = {one.address for one in self.deliveries.listed(DeliveryState.IN_FLIGHT)}
        return int(address in flying - living)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
