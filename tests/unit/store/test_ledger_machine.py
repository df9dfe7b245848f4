"""Whatever senders, deaths and people do in whatever order, the books stay true.

A second, plain set of books is kept beside the ledger, by the rules of the glossary alone; after
every step the two are compared, row by row. Senders act on what they hold, and also on what
they only believe they hold: after a sleep, after their death, for another mailing.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model.ledger import ALLOWED, Owed, Settlement, Wish
from newsletter.model.mailing import (
    DeliveryState,
    MailingState,
    Recipient,
    UnknownPolicy,
)
from newsletter.model.people import SuppressionReason
from newsletter.store import Store
from newsletter.store.database import LEASE
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger, count_by_state
from newsletter.store.mailings import Mailings
from newsletter.store.people import People
from tests.databases import Database
from tests.frozen import frozen

S = DeliveryState
READERS = [f"r{number}@{domain}.example" for number, domain in enumerate("xyxyx")]
ANSWERS = [S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN]


@dataclass
class Row:
    """A delivery in the second set of books."""

    key: int
    mailing: int
    address: str
    state: DeliveryState = S.QUEUED
    owner: int = 0
    due: datetime | None = None
    attempts: int = 0
    #: How often its answer was lost.
    losses: int = 0
    tried: datetime | None = None
    events: int = 0
    #: Messages that have left for this reader and were not certainly turned away.
    copies: int = 0
    #: Lost answers and decisions to send again: the only excuse for a second copy.
    excuses: int = 0

    def becomes(self, state: DeliveryState, *, leaves_event: bool = True) -> None:
        self.state = state
        self.events += leaves_event
        self.losses += state is S.UNKNOWN
        self.due = None


@dataclass
class Hands:
    """A sender: what it believes to hold, and what it believes to have on the wire."""

    ledger: StoreLedger
    mailing: int
    lease: datetime
    lives: bool = True
    has_ended: bool = False
    held: dict[int, Owed] = field(default_factory=dict)
    flying: set[int] = field(default_factory=set)

    @property
    def number(self) -> int:
        return self.ledger.sender


class Books:
    """Two mailings to the same people, and senders that come, sleep, wake and die."""

    def __init__(self, store: Store) -> None:
        self.now = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
        self.store = store
        self.rows: dict[int, Row] = {}
        self.hands: list[Hands] = []
        self.suppressed: set[str] = set()
        self.chance = random.Random()
        self.mailings = [self._frozen("2016-05"), self._frozen("2016-06")]

    def _frozen(self, issue: str) -> int:
        people = [Recipient(one, "en", f"<{one}>", "n@x.example") for one in READERS]
        new = NewMailing(
            issue, (), (FrozenEdition("en", b"", ""),), UnknownPolicy.HOLD, "here", self.now
        )
        mailing = frozen(self.store, new, people, now=self.now)
        assert mailing is not None
        Mailings(self.store).move(
            mailing.id, MailingState.SENDING, since=list(MailingState), now=self.now
        )
        for one in Deliveries(self.store, mailing.id).listed():
            self.rows[one.id] = Row(one.id, mailing.id, one.address)
        return mailing.id

    def close(self) -> None:
        for one in self.hands:
            one.ledger.abandon()

    # the clock, and senders coming and going

    def time_passes(self) -> None:
        self.now += timedelta(minutes=self.chance.choice([0.2, 0.2, 2]))

    def a_sender_comes(self) -> None:
        if sum(one.lives for one in self.hands) < 3:
            mailing = self.chance.choice(self.mailings)
            ledger = StoreLedger(self.store, mailing, "here", self.now)
            self.hands.append(Hands(ledger, mailing, self.now + LEASE))
            self._recover(self.hands[-1])

    def it_recovers_the_others(self) -> None:
        for hand in self._one(lambda one: one.lives):
            self._recover(hand)

    def _recover(self, heir: Hands) -> None:
        lost = []
        for other in self.hands:
            if other.mailing != heir.mailing or other is heir or other.has_ended:
                continue
            if not other.lives or other.lease < self.now:
                self._take_back(other)
            if not other.lives:
                other.has_ended = True
                lost += self._lose(other)
        assert sorted(heir.ledger.recover(self.now)) == sorted(lost)

    def _take_back(self, other: Hands) -> None:
        for row in self._of(other, S.CLAIMED):
            row.becomes(S.QUEUED, leaves_event=False)

    def _lose(self, other: Hands) -> list[str]:
        rows = self._of(other, S.IN_FLIGHT)
        for row in rows:
            row.becomes(S.UNKNOWN)
            row.attempts += 1
            row.excuses += 1
        return [row.address for row in rows]

    def _of(self, hand: Hands, state: DeliveryState) -> list[Row]:
        rows = (row for row in self.rows.values() if row.mailing == hand.mailing)
        return [row for row in rows if self._has(row, hand, state)]

    def it_is_killed(self) -> None:
        """Its late answers may come all the same: then as from one that was only stopped."""
        for hand in self._one(lambda one: one.lives):
            hand.ledger.abandon()
            hand.lives = False

    def it_ends_as_it_should(self) -> None:
        for hand in self._one(lambda one: one.lives and not self._of(one, S.IN_FLIGHT)):
            hand.ledger.close(self.now)
            hand.ledger.abandon()
            self._take_back(hand)
            hand.lives, hand.has_ended = False, True

    # what a sender does, with what it holds or believes to hold

    def it_claims(self) -> None:
        wish = Wish(
            self.chance.randint(1, 4),
            not_domains=self.chance.choice([(), (), ("y.example",)]),
            every=self.chance.choice([1, 1, 2]),
        )
        for hand in self._one(lambda one: one.lives):
            free = [row for row in self.rows.values() if self._suits(row, hand, wish)]
            with hand.ledger.round(self.now) as step:
                claimed = list(step.claim(wish))
            hand.lease = self.now + LEASE
            self._check_claim(claimed, free, wish.count)
            for owed in claimed:
                self.rows[owed.key].state, self.rows[owed.key].owner = S.CLAIMED, hand.number
                # What was taken back from it while it slept, and claimed by it again, is in
                # its hands once: that intend() sees to that itself is a test of its own.
                hand.held[owed.key] = owed

    def _check_claim(self, claimed: Sequence[Owed], free: Sequence[Row], count: int) -> None:
        keys = {owed.key for owed in claimed}
        assert len(keys) == len(claimed) == min(count, len(free))
        assert keys <= {row.key for row in free}
        due = sorted((row.due, row.key) for row in free if row.due is not None)
        first = [moment for moment, _ in due][:count]
        assert sorted(moment for moment, key in due if key in keys) == first
        for owed in claimed:
            row = self.rows[owed.key]
            assert (owed.address, owed.attempts) == (row.address, row.attempts)
            assert owed.tried == row.tried
            row.due = row.due if row.state is S.DEFERRED else None

    def _suits(self, row: Row, hand: Hands, wish: Wish) -> bool:
        domain = row.address.partition("@")[2]
        if row.mailing != hand.mailing or domain in wish.not_domains:
            return False
        if row.state is S.DEFERRED:
            return row.due is not None and row.due <= self.now
        return row.state is S.QUEUED and row.key % wish.every == 0

    def it_intends_and_the_message_leaves(self) -> None:
        for hand in self._one(lambda one: bool(one.held)):
            chosen = [owed for owed in hand.held.values() if self.chance.random() < 0.7]
            with hand.ledger.round(self.now) as step:
                intended = {owed.key for owed in step.intend(chosen, "main")}
            hand.lease = self.now + LEASE

            mine = [one for one in chosen if self._has(self.rows[one.key], hand, S.CLAIMED)]
            unwanted = {one.key for one in mine if one.address in self.suppressed}
            assert intended == {one.key for one in mine} - unwanted
            for key in unwanted:
                self.rows[key].becomes(S.SKIPPED)
            for key in intended:
                self.rows[key].becomes(S.IN_FLIGHT)
                self.rows[key].tried = self.rows[key].tried or self.now
                self.rows[key].copies += 1
            hand.flying |= intended

    def the_server_answers_perhaps_late(self) -> None:
        answer = self.chance.choice(ANSWERS)
        due = self.now + timedelta(minutes=self.chance.choice([1, 3]))
        for hand in self._one(lambda one: bool(one.flying)):
            row = self.rows[self.chance.choice(sorted(hand.flying))]
            hand.flying.remove(row.key)
            if row.state is S.UNKNOWN and answer is S.UNKNOWN:
                # Lost for the dead and lost for itself: a test of its own.
                return
            told = Settlement(row.key, answer, due=due if answer is S.DEFERRED else None)
            with hand.ledger.round(self.now) as step:
                step.settle([told])
            hand.lease = self.now + LEASE

            late = row.state is S.UNKNOWN and answer in {S.ACCEPTED, S.REFUSED}
            if row.owner == hand.number and (row.state is S.IN_FLIGHT or late):
                row.becomes(answer)
                row.attempts += 1
                row.due = told.due
                row.copies -= answer in {S.DEFERRED, S.REFUSED}
                row.excuses += answer is S.UNKNOWN

    def it_gives_back_what_certainly_never_left(self) -> None:
        for hand in self._one(lambda one: bool(one.held)):
            keys = [key for key in hand.held if self.chance.random() < 0.4]
            with hand.ledger.round(self.now) as step:
                step.release(keys)
            hand.lease = self.now + LEASE

            for row in map(self.rows.__getitem__, keys):
                if self._has(row, hand, S.CLAIMED) or self._has(row, hand, S.IN_FLIGHT):
                    row.copies -= row.state is S.IN_FLIGHT
                    row.becomes(S.QUEUED, leaves_event=False)

    def _has(self, row: Row, hand: Hands, state: DeliveryState) -> bool:
        return row.state is state and row.owner == hand.number

    # what people do

    def mail_to_somebody_comes_back(self) -> None:
        reader = self.chance.choice(READERS)
        # Not to everybody: there would be nothing left to tell.
        if len(self.suppressed | {reader}) < 3:
            People(self.store).suppress(reader, SuppressionReason.BOUNCED, now=self.now)
            self.suppressed.add(reader)

    def a_person_decides_what_is_unknown(self) -> None:
        to = self.chance.choice([S.ACCEPTED, S.QUEUED, S.QUEUED, S.SKIPPED])
        mailing = self.chance.choice(self.mailings)
        keys = [row.key for row in self.rows.values() if row.mailing == mailing]
        self._decide(mailing, S.UNKNOWN, to, Choice(key=self.chance.choice([0, *keys])))

    def the_refused_are_tried_again(self) -> None:
        choice = Choice(most_losses=self.chance.choice([0, 1]))
        self._decide(self.chance.choice(self.mailings), S.REFUSED, S.QUEUED, choice)

    def _decide(self, mailing: int, since: S, to: S, choice: Choice) -> None:
        rows = [row for row in self.rows.values() if (row.mailing, row.state) == (mailing, since)]
        most = choice.most_losses
        chosen = [
            row for row in rows if choice.key in {0, row.key} and (not most or row.losses <= most)
        ]
        decided = Deliveries(self.store, mailing).decide(
            since, to, now=self.now, who="person", choice=choice
        )
        assert sorted(decided) == sorted(row.address for row in chosen)
        for row in chosen:
            row.becomes(to)
            row.owner = 0

    def a_person_is_in_a_hurry(self) -> None:
        for hand in self._one(lambda one: one.lives):
            waiting = [
                row
                for row in self.rows.values()
                if row.mailing == hand.mailing
                and row.state is S.DEFERRED
                and row.due is not None
                and row.due > self.now
            ]
            hand.ledger.hurry(self.now)
            for row in waiting:
                row.due = self.now

    def a_person_calls_it_off(self) -> None:
        """Only near the end: then a mailing has nothing more to tell."""
        mailing = self.chance.choice(self.mailings)
        rows = [row for row in self.rows.values() if row.mailing == mailing]
        rest = [row for row in rows if row.state in {S.QUEUED, S.DEFERRED}]
        if len(rest) > 1:
            return
        assert Mailings(self.store).skip_rest(mailing, now=self.now) == len(rest)
        for row in rest:
            due, row.owner = row.due, 0
            row.becomes(S.SKIPPED)
            row.due = due

    def _one(self, suits: Callable[[Hands], bool]) -> list[Hands]:
        """Return one of the senders that suit; none where none does."""
        found = [one for one in self.hands if suits(one)]
        return [self.chance.choice(found)] if found else []

    # what must be true whatever happened

    def check(self) -> None:
        self.the_two_sets_of_books_agree()
        self.every_event_is_there_and_follows_from_the_one_before()
        for mailing in self.mailings:
            self.the_balance_is_whole_and_finished_means_that_nothing_is_open(mailing)
        for row in self.rows.values():
            assert row.copies <= 1 + row.excuses

    def the_two_sets_of_books_agree(self) -> None:
        for row in self.store.rows("SELECT * FROM deliveries", {}):
            mine = self.rows[row["id"]]
            due = None if mine.due is None else int(mine.due.timestamp() * 1000)
            told = (mine.state, mine.attempts, mine.events)
            assert (row["state"], row["attempts"], row["events"]) == told
            if mine.state is S.DEFERRED:
                assert row["due"] == due
            if mine.state in {S.CLAIMED, S.IN_FLIGHT, S.UNKNOWN}:
                assert row["owner"] == mine.owner

    def every_event_is_there_and_follows_from_the_one_before(self) -> None:
        told: dict[int, list[DeliveryState]] = defaultdict(list)
        for event in self.store.rows("SELECT * FROM delivery_events ORDER BY delivery, number", {}):
            told[event["delivery"]].append(DeliveryState(event["state"]))
        for key, row in self.rows.items():
            assert len(told[key]) == row.events
            for before, after in pairwise(told[key]):
                # Claims and give-backs leave no event: they promise nothing.
                assert after in ALLOWED[before] | {S.IN_FLIGHT, S.SKIPPED}

    def the_balance_is_whole_and_finished_means_that_nothing_is_open(self, mailing: int) -> None:
        rows = [row for row in self.rows.values() if row.mailing == mailing]
        balance = count_by_state(self.store, mailing)
        assert balance.planned == len(READERS)
        for state in DeliveryState:
            assert getattr(balance, state) == sum(row.state is state for row in rows)
        assert balance.is_open == any(
            row.state not in {S.ACCEPTED, S.REFUSED, S.SKIPPED} for row in rows
        )
        if balance.is_open:
            assert not Mailings(self.store).finish(mailing, now=self.now)
        dues = [row.due for row in rows if row.state is S.DEFERRED and row.due]
        for hand in [one for one in self.hands if one.mailing == mailing][:1]:
            assert hand.ledger.next_due() == (min(dues) if dues else None)


#: Each as often as it takes for much to be going on.
MOVES = (
    *[Books.it_claims] * 5,
    *[Books.it_intends_and_the_message_leaves] * 5,
    *[Books.the_server_answers_perhaps_late] * 6,
    *[Books.a_sender_comes] * 2,
    Books.it_gives_back_what_certainly_never_left,
    *[Books.it_recovers_the_others] * 2,
    Books.it_is_killed,
    Books.it_ends_as_it_should,
    *[Books.time_passes] * 3,
    *[Books.a_person_decides_what_is_unknown] * 3,
    *[Books.the_refused_are_tried_again] * 2,
    Books.mail_to_somebody_comes_back,
    Books.a_person_is_in_a_hurry,
    Books.a_person_calls_it_off,
)


#: Long stories: a second copy takes a claim, an intent, a death, an heir and a late answer.
LENGTH = 150


def test_two_sets_of_books_agree_after_every_move(database: Database) -> None:
    @settings(max_examples=database.examples)
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        with database.fresh_store() as store:
            _tell(store, seed)

    check()


def _tell(store: Store, seed: int) -> None:
    books, chance = Books(store), random.Random(seed)
    books.chance = chance
    told: list[str] = []
    try:
        for _ in range(LENGTH):
            move = chance.choice(MOVES)
            told.append(move.__name__)
            move(books)
            books.check()
    except Exception as error:
        error.add_note("after " + ", ".join(told[-20:]))
        raise
    finally:
        books.close()
