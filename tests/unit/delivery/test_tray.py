"""The hands of a sender: what is known is soon written, and nothing leaves without its intent."""

from __future__ import annotations

import heapq
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.content import Content
from newsletter.delivery.outcome import Outcome, Trouble
from newsletter.delivery.outcome import Stage as At
from newsletter.delivery.pacing import DomainLimits, Domains, Limits, WarmUp
from newsletter.delivery.picking import MOST_CLAIMED
from newsletter.delivery.resting import MOST_PUT_OFF
from newsletter.delivery.routes import Route
from newsletter.delivery.server import Server
from newsletter.delivery.tray import ASK_AGAIN, EARLY_SHARE, MOST_AT_ONCE, WORTH_WRITING, Tray
from newsletter.errors import MessageError, StoreError
from newsletter.model.ledger import Owed
from newsletter.model.mailing import DeliveryState, MailingState
from tests.unit.delivery.paper_ledger import (
    GONE,
    LATER,
    TAKEN,
    Clock,
    PaperLedger,
    make_ledger,
)

S = DeliveryState
MAIN = Route("main", Server("mail.example"))
CREW = 4


def _compose(owed: Owed) -> Content:
    return f"To: {owed.address}\r\n\r\nGood news.\r\n".encode()


class Room:
    """A tray, and connections that each carry a message in so many seconds."""

    def __init__(self, count: int, *, writing_seconds: float = 0.0, **changes: object) -> None:
        self.clock = Clock()
        self.ledger: PaperLedger = make_ledger(
            self.clock, count, writing_seconds=writing_seconds, **changes
        )
        self.tray = Tray(
            self.ledger, _compose, chance=random.Random(1), stopwatch=self.clock.stopwatch
        )
        #: Which message a connection has, by when it will be answered.
        self.carried: list[tuple[float, int]] = []
        self.left: list[int] = []
        self.most_unwritten = 0
        #: Most that a kill at any moment would have left open: intended, not known.
        self.most_open = 0

    def take(self, route: Route = MAIN) -> int:
        """Return the key of a message that leaves now, 0 where there is none."""
        handed = self.tray.take(route, self.clock.now)
        if handed is None:
            return 0
        assert self.ledger.rows[handed.key].state is S.IN_FLIGHT
        self.left.append(handed.key)
        return handed.key

    def settle(self, key: int, outcome: Outcome = TAKEN, route: Route = MAIN) -> None:
        self.tray.settle(key, route, outcome, self.clock.now)

    def send(self, count: int, *, each_seconds: float) -> None:
        """Let the connections carry so many messages."""
        for _ in range(count):
            if len(self.carried) == CREW:
                self._answer()
            if key := self.take():
                heapq.heappush(self.carried, (self.clock.seconds + each_seconds, key))
            self.most_unwritten = max(self.most_unwritten, self.tray.unwritten)
            self.most_open = max(self.most_open, len(self.ledger.keys(S.IN_FLIGHT)))
        while self.carried:
            self._answer()

    def _answer(self) -> None:
        at, key = heapq.heappop(self.carried)
        self.clock.pass_(max(0.0, at - self.clock.seconds))
        self.settle(key)


def test_nothing_leaves_before_its_intent_is_written() -> None:
    room = Room(1)
    room.ledger.is_full = True

    with pytest.raises(StoreError):
        room.take()

    assert room.ledger.rows[1].intents == 0
    room.ledger.is_full = False
    assert room.take() == 1
    assert room.ledger.rows[1].intents == 1


def test_results_are_written_before_the_round_is_used_up() -> None:
    room = Room(1000, writing_seconds=0.0001)

    room.send(1000, each_seconds=0.0005)

    # Rounds have grown to their largest by then, and no more than this ever waits.
    assert room.most_unwritten <= WORTH_WRITING
    assert room.most_open >= MOST_AT_ONCE


def test_results_that_are_written_early_are_true_and_nobody_is_handed_out_twice() -> None:
    room = Room(500, writing_seconds=0.0001)

    room.send(500, each_seconds=0.0005)
    room.tray.flush(room.clock.now)

    assert sorted(room.left) == list(range(1, 501))
    assert set(room.ledger.keys(S.ACCEPTED)) == set(room.left)
    assert {row.intents for row in room.ledger.rows.values()} == {1}


def test_a_fast_server_costs_few_commits() -> None:
    room = Room(1000, writing_seconds=0.0001)

    room.send(1000, each_seconds=0.0001)
    room.tray.flush(room.clock.now)

    assert len(room.ledger.keys(S.ACCEPTED)) == 1000
    assert room.tray.commits < 65


@pytest.mark.parametrize("writing_seconds", [0.0005, 0.005, 0.05])
def test_writing_takes_at_most_a_tenth_of_the_time_on_a_slow_disk_too(
    writing_seconds: float,
) -> None:
    room = Room(2000, writing_seconds=writing_seconds)
    # So fast that the largest round lasts ten times as long as it takes to write.
    each_seconds = CREW * EARLY_SHARE * writing_seconds / MOST_AT_ONCE

    room.send(500, each_seconds=each_seconds)
    began, before = room.clock.seconds, room.tray.commits
    room.send(1000, each_seconds=each_seconds)

    share = (room.tray.commits - before) * writing_seconds / (room.clock.seconds - began)
    assert share <= 1.1 / EARLY_SHARE


def test_a_slow_server_gets_small_rounds_so_that_a_kill_leaves_few_open() -> None:
    room = Room(1000, writing_seconds=0.001)

    room.send(40, each_seconds=0.5)

    assert room.most_open < 2 * CREW


def test_the_size_of_the_rounds_follows_the_server() -> None:
    room = Room(3000, writing_seconds=0.0001)

    room.send(40, each_seconds=0.5)
    slow, room.most_open = room.most_open, 0
    room.send(800, each_seconds=0.0005)
    fast = room.most_open
    room.send(300, each_seconds=0.5)
    room.most_open = 0
    room.send(40, each_seconds=0.5)
    slow_again = room.most_open

    assert slow < 2 * CREW
    assert fast >= MOST_AT_ONCE
    assert slow_again < 2 * CREW


def test_a_tray_with_messages_ready_is_not_drained_though_a_round_found_nothing_to_claim() -> None:
    room = Room(200, writing_seconds=0.0001)
    seen = []

    room.send(150, each_seconds=0.0005)
    while key := room.take():
        # Each of these rounds asks the ledger, which soon has nothing left.
        seen.append((room.ledger.keys(S.QUEUED), room.tray.is_drained))
        room.clock.pass_(0.001)
        room.settle(key)

    assert any(not queued for queued, _ in seen[:-1])
    assert not any(is_drained for _, is_drained in seen)
    assert sorted(room.left) == list(range(1, 201))
    assert not room.tray.is_drained  # The last answers are not written yet.
    room.tray.flush(room.clock.now)
    assert room.tray.is_drained


def test_what_another_gave_back_is_found_after_a_second() -> None:
    room = Room(1)
    room.ledger.rows[1].state = S.CLAIMED  # by another sender
    assert room.take() == 0
    room.ledger.rows[1].state = S.QUEUED

    assert room.take() == 0
    room.clock.pass_(ASK_AGAIN.total_seconds())
    assert room.take() == 1


def test_a_claim_needs_no_intent_and_goes_back_untouched() -> None:
    room = Room(300)

    assert room.tray.at_hand(MAIN, room.clock.now) > 1
    assert room.tray.at_hand(MAIN, room.clock.now) > 1
    room.take()
    room.tray.hand_back()
    room.tray.flush(room.clock.now)

    assert len(room.ledger.keys(S.QUEUED)) == 299
    assert room.tray.on_wire == 1


def test_what_is_ready_goes_back_when_the_run_ends() -> None:
    room = Room(300, writing_seconds=0.0001)
    room.send(200, each_seconds=0.0005)
    assert len(room.ledger.keys(S.IN_FLIGHT)) > room.tray.unwritten  # some are ready

    room.tray.hand_back()
    room.tray.flush(room.clock.now)

    assert len(room.ledger.keys(S.ACCEPTED)) == 200
    assert len(room.ledger.keys(S.QUEUED)) == 100


def test_what_could_not_be_written_is_written_later_and_once() -> None:
    room = Room(100)
    keys = [room.take() for _ in range(5)]
    for key in keys:
        room.settle(key)
    room.ledger.is_full = True

    with pytest.raises(StoreError):
        room.tray.flush(room.clock.now)
    assert room.tray.unwritten == 5
    room.ledger.is_full = False
    room.tray.flush(room.clock.now)

    assert room.ledger.keys(S.ACCEPTED) == keys
    assert not room.tray.has_results


@pytest.mark.parametrize("state", [MailingState.PAUSED, MailingState.CANCELLED])
def test_nothing_is_claimed_or_handed_out_once_the_mailing_is_stopped(state: MailingState) -> None:
    room = Room(100, state=state)

    assert room.tray.at_hand(MAIN, room.clock.now) == 0
    room.clock.pass_(2)
    assert room.take() == 0

    assert len(room.ledger.keys(S.QUEUED)) == 100
    assert room.tray.mailing_state is state


def test_who_unsubscribed_meanwhile_does_not_hold_up_the_others() -> None:
    room = Room(200, unsubscribed=set(range(1, 200)))
    found = []

    for _ in range(10):
        found += [room.take()]
        room.clock.pass_(0.1)

    assert [key for key in found if key] == [200]
    assert len(room.ledger.keys(S.SKIPPED)) == 199


def test_a_message_given_back_is_sent_again_without_waiting() -> None:
    room = Room(1)
    not_begun = Outcome(At.MAIL, trouble=Trouble.NOT_BEGUN)
    key = room.take()

    room.settle(key, not_begun)

    assert room.take() == key
    room.settle(key)
    room.tray.flush(room.clock.now)
    assert room.ledger.rows[key].state is S.ACCEPTED


def test_the_deferred_are_asked_for_when_they_are_due_and_someone_wakes_the_tray() -> None:
    room = Room(2)
    for key, outcome in zip([room.take(), room.take()], [LATER, GONE], strict=True):
        room.settle(key, outcome)
    room.tray.flush(room.clock.now)
    due = room.ledger.next_due()
    assert due is not None
    assert room.take() == 0

    room.clock.is_set(due - room.clock.now)
    room.tray.wake()

    assert room.take() == room.left[0]
    assert room.ledger.rows[room.left[1]].state is S.REFUSED


def test_a_message_that_cannot_be_built_is_refused_and_the_round_goes_on() -> None:
    def compose(owed: Owed) -> Content:
        if owed.key == 1:
            raise MessageError("a reader's message needs a value for 'name'")
        return _compose(owed)

    room = Room(3)
    room.tray.compose = compose

    assert [room.take() for _ in range(3)] == [2, 3, 0]
    assert room.ledger.rows[1].state is S.REFUSED


def test_the_limit_of_a_domain_holds_up_only_that_domain() -> None:
    room = Room(600)
    for row in room.ledger.rows.values():
        if row.owed.key <= 500:
            row.owed = row.owed._replace(domain="slow.example")
    slow = DomainLimits("slow", Limits(per_hour=7), ("slow.example",))
    room.tray.domains = Domains((slow,))

    for _ in range(400):
        if key := room.take():
            room.settle(key)
        room.clock.pass_(0.1)

    assert sum(key <= 500 for key in room.left) == 7
    assert sum(key > 500 for key in room.left) == 100


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_are_under_way_to_a_domain_than_it_may_have_at_once(most: int) -> None:
    room = Room(120)
    for row in room.ledger.rows.values():
        if row.owed.key <= 60:
            row.owed = row.owed._replace(domain="slow.example")
    room.tray.domains = Domains((DomainLimits("s", Limits(at_once=most), ("slow.example",)),))
    most_there, under_way = 0, list[int]()

    for _ in range(400):
        while len(under_way) < 16 and (key := room.take()):
            under_way.append(key)
        there = [key for key in room.ledger.keys(S.IN_FLIGHT) if key <= 60]
        most_there = max(most_there, len(there))
        if under_way:
            room.settle(under_way.pop(0))
        room.clock.pass_(0.01)
    room.tray.flush(room.clock.now)

    assert most_there == most
    assert len(room.ledger.keys(S.ACCEPTED)) == 120


def test_a_run_is_not_over_while_others_have_all_that_a_domain_may_have_at_once() -> None:
    room = Room(2)
    room.tray.domains = Domains((DomainLimits("t", Limits(at_once=1), ("town.example",)),))
    room.ledger.rows[1].state = S.IN_FLIGHT  # by another sender

    assert room.take() == 0
    assert not room.tray.is_drained
    room.ledger.rows[1].state = S.ACCEPTED
    room.clock.pass_(0.3)

    assert room.take() == 2


def test_a_domain_that_puts_everybody_off_is_asked_for_a_few_and_not_for_its_whole_list() -> None:
    room = Room(3000, writing_seconds=0.0001)
    for row in room.ledger.rows.values():
        if row.owed.key > 2900:
            row.owed = row.owed._replace(domain="free.example")

    while not room.tray.is_drained:
        if key := room.take():
            room.settle(key, LATER if key <= 2900 else TAKEN)
        else:
            room.tray.flush(room.clock.now)
        room.clock.pass_(0.01)

    asked = [key for key in room.left if key <= 2900]
    assert len(asked) == MOST_PUT_OFF
    assert len(room.ledger.keys(S.ACCEPTED)) == 100
    assert len(room.ledger.keys(S.DEFERRED)) == 2900
    assert room.tray.commits < 400


def test_a_domain_that_rests_is_asked_for_one_when_its_rest_is_over() -> None:
    room = Room(200)
    room.send(0, each_seconds=0)
    began = room.clock.now
    asked: list[timedelta] = []

    while room.clock.now - began < timedelta(hours=1):
        if key := room.take():
            asked.append(room.clock.now - began)
            room.settle(key, LATER)
        else:
            room.tray.flush(room.clock.now)
            room.clock.pass_(10)
            room.tray.wake()

    assert MOST_PUT_OFF < len(asked) <= MOST_PUT_OFF + 4


def test_greylisting_of_a_whole_list_passes_within_an_hour_of_short_runs() -> None:
    room = Room(3000)
    asked_before: set[int] = set()
    began = room.clock.now

    while room.clock.now - began < timedelta(hours=1):
        if key := room.take():
            room.settle(key, TAKEN if key in asked_before else LATER)
            asked_before.add(key)
            continue
        room.tray.flush(room.clock.now)
        room.clock.pass_(5)
        # As the scheduler does: a new run each time that something is due.
        room.tray = Tray(room.ledger, _compose, stopwatch=room.clock.stopwatch)

    assert len(room.ledger.keys(S.ACCEPTED)) == 3000


def test_what_is_ready_for_a_domain_when_its_rest_begins_does_not_leave() -> None:
    room = Room(300, writing_seconds=0.0001)
    room.send(200, each_seconds=0.0005)
    assert len(room.ledger.keys(S.IN_FLIGHT)) > 2 * MOST_PUT_OFF

    keys = [room.take() for _ in range(MOST_PUT_OFF)]
    for key in keys:
        room.settle(key, LATER)

    assert room.take() == 0
    assert len(room.left) == 200 + MOST_PUT_OFF


def test_many_domains_at_their_limits_do_not_fill_the_hands_of_the_sender() -> None:
    room = Room(1200)
    for key, row in room.ledger.rows.items():
        row.owed = row.owed._replace(domain=f"town{key // 4}.example")
    room.tray.domains = Domains((DomainLimits("each", Limits(per_hour=1), ("*",)),))
    most_claimed = 0

    for _ in range(600):
        if key := room.take():
            room.settle(key)
        most_claimed = max(most_claimed, len(room.ledger.keys(S.CLAIMED)))
        room.clock.pass_(0.1)

    assert len({room.ledger.rows[key].owed.domain for key in room.left}) == len(room.left) == 301
    assert most_claimed < 2 * MOST_CLAIMED


def test_what_may_go_is_not_given_back_to_make_room_for_others() -> None:
    room = Room(1200, writing_seconds=0.0001)
    for key, row in room.ledger.rows.items():
        row.owed = row.owed._replace(domain=f"town{key // 4}.example")
    room.tray.domains = Domains((DomainLimits("each", Limits(per_hour=1), ("*",)),))

    room.send(500, each_seconds=0.0005)
    room.tray.flush(room.clock.now)

    assert len(room.ledger.keys(S.ACCEPTED)) == len(room.left) == 301


def test_a_rate_of_a_server_is_kept_from_round_to_round() -> None:
    room = Room(300)
    route = Route("main", Server("mail.example"), limits=Limits(per_second=20))

    for _ in range(1000):
        if key := room.take(route):
            room.settle(key)
        room.clock.pass_(0.005)

    assert 90 <= len(room.left) <= 20 * 5 + 4


@st.composite
def changes_of_the_clock(draw: st.DrawFn) -> list[float]:
    """Return what passes before each step, in seconds: mostly little, sometimes a wrong setting."""
    step = st.one_of(
        st.floats(0, 0.01),
        st.floats(0, 90),
        st.sampled_from([-86400.0 * 400, -18000.0, -3600.0, -0.5, 3600.0, 18000.0, 86400.0 * 400]),
    )
    return draw(st.lists(step, min_size=30, max_size=120))


@given(changes_of_the_clock(), st.randoms(use_true_random=False))
def test_however_the_clock_is_set_nobody_is_sent_to_twice_and_nobody_is_forgotten(
    changes: list[float], chance: random.Random
) -> None:
    room = Room(40, writing_seconds=0.001)
    on_wire: list[int] = []

    for change in changes:
        room.clock.is_set(timedelta(seconds=change))
        if key := room.take():
            on_wire.append(key)
        if on_wire and chance.random() < 0.7:
            room.settle(on_wire.pop(chance.randrange(len(on_wire))))
        room.tray.wake()  # as the chores do where the clock was set back
    while key := room.take():
        on_wire.append(key)
        room.tray.wake()
    for key in on_wire:
        room.settle(key)
    room.tray.flush(room.clock.now)

    assert sorted(room.left) == list(range(1, 41))
    assert {row.intents for row in room.ledger.rows.values()} == {1}
    assert len(room.ledger.keys(S.ACCEPTED)) == 40


def test_a_warm_up_counts_from_the_first_day_that_the_clock_showed() -> None:
    room = Room(300)
    route = Route("new", Server("mail.example"), warm_up=WarmUp((3, 5)))
    sent = []

    for day in (0, 0, 1, 2):
        room.clock.is_set(timedelta(days=day and 1))
        room.tray.wake()
        before = len(room.left)
        for _ in range(20):
            if key := room.take(route):
                room.settle(key, route=route)
            room.clock.pass_(0.01)
        sent.append(len(room.left) - before)

    assert sent[:2] == [3, 0]
    assert sent[2] == 5
    assert sent[3] == 20  # The plan is over.
