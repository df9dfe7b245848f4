"""Who puts everybody off is left in peace; who keeps the promise is believed again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.ledger import Patience
from newsletter.delivery.resting import Rest, Rests, doubled, put_off
from newsletter.model.ledger import Owed
from newsletter.model.mailing import DeliveryState

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = Patience()
MOST = 4


def _rests(count: int, domain: str = "town.example", *, due: timedelta = 5 * MINUTE) -> Rests:
    rests = Rests(PATIENCE, MOST)
    for _ in range(count):
        rests.put_off(domain, NOW + due, NOW)
    return rests


def _owed(tried: datetime | None = None) -> Owed:
    domain = "town.example"
    return Owed(7, f"ana@{domain}", domain, "en", "news@library.example", {}, tried=tried)


def test_a_domain_rests_after_so_many_in_a_row_and_not_before() -> None:
    assert _rests(MOST - 1).until("town.example", NOW) is None
    assert _rests(MOST).until("town.example", NOW) == NOW + 6 * MINUTE


def test_one_that_is_taken_in_between_is_reason_enough_to_go_on() -> None:
    rests = _rests(MOST - 1)

    rests.took("town.example")
    rests.put_off("town.example", NOW + MINUTE, NOW)

    assert rests.until("town.example", NOW) is None


def test_the_rest_is_that_of_the_domains_provider_and_of_nobody_else() -> None:
    rests = _rests(MOST, "gmail.com")

    assert rests.until("googlemail.com", NOW)
    assert rests.until("town.example", NOW) is None


def test_the_fewer_are_left_to_be_put_off_the_fewer_are_under_way() -> None:
    rooms = [_rests(count).room("town.example", NOW) for count in range(MOST)]

    assert rooms == [0, 3, 2, 1]


def test_after_a_rest_one_is_tried_and_more_while_they_are_taken() -> None:
    rests = _rests(MOST)
    later = NOW + 6 * MINUTE
    assert rests.until("town.example", later) is None

    rooms = []
    for _ in range(4):
        rooms.append(rests.room("town.example", later))
        rests.took("town.example")

    assert rooms == [1, 2, 4, 8]


def test_who_was_asked_before_is_due_when_the_rest_is_over() -> None:
    due = 1.2 * 5 * MINUTE

    assert _rests(MOST, due=due).until("town.example", NOW) == NOW + due


def test_fruitless_rests_grow_up_to_the_longest_pause() -> None:
    rests, now = _rests(MOST), NOW
    lasted: list[timedelta] = []
    while not lasted or len(lasted) < 6:
        until = rests.until("town.example", now)
        assert until is not None
        lasted.append(until - now)
        now = until
        rests.put_off("town.example", now + MINUTE, now)

    assert lasted[:4] == [6 * MINUTE, 12 * MINUTE, 24 * MINUTE, 48 * MINUTE]
    assert lasted[4:] == [PATIENCE.longest] * 2


def test_who_keeps_the_promise_to_take_them_later_may_put_off_more_the_next_time() -> None:
    rest = Rest(MOST)
    before = _until_it_rests(rest)
    while rest.is_suspected:
        rest.took()

    assert (before, _until_it_rests(rest)) == (MOST, 4 * MOST)


def _until_it_rests(rest: Rest) -> int:
    return next(count for count in range(1, 1000) if rest.put_off())


def test_what_comes_back_during_the_rest_does_not_make_it_longer() -> None:
    rests = _rests(MOST + 30)

    assert rests.until("town.example", NOW) == NOW + 6 * MINUTE


def test_a_reader_taken_during_the_rest_ends_it() -> None:
    rests = _rests(MOST)

    rests.took("town.example")

    assert rests.until("town.example", NOW) is None


def test_a_rest_that_is_yet_to_begin_came_of_a_clock_that_was_set_back() -> None:
    assert _rests(MOST).until("town.example", NOW - timedelta(hours=5)) is None


def test_nobody_rests_where_that_is_switched_off() -> None:
    rests = Rests(PATIENCE, 0)
    for _ in range(100):
        rests.put_off("town.example", NOW + MINUTE, NOW)

    assert rests.until("town.example", NOW) is None
    assert rests.room("town.example", NOW) == 0
    off = Rest(0)
    off.trust(80)
    assert off.most == 0


def test_who_is_not_asked_is_put_off_until_the_rest_is_over_and_the_attempt_does_not_count() -> (
    None
):
    told = put_off(_owed(), NOW + MINUTE, now=NOW, patience=PATIENCE, chance=random.Random(1))

    assert (told.state, told.reason) == (DeliveryState.DEFERRED, "domain-rests")
    assert not told.is_counted
    assert told.due is not None
    assert NOW + MINUTE < told.due <= NOW + 2 * MINUTE


def test_who_was_asked_already_goes_first_when_the_rest_is_over() -> None:
    asked = _owed()._replace(attempts=1)

    told = put_off(asked, NOW + MINUTE, now=NOW, patience=PATIENCE, chance=random.Random(1))

    assert told.due == NOW + MINUTE


@pytest.mark.parametrize("days", [5, 6])
def test_patience_ends_for_those_too_who_were_never_asked(days: int) -> None:
    owed = _owed(NOW - timedelta(days=days))

    told = put_off(owed, NOW + MINUTE, now=NOW, patience=PATIENCE, chance=random.Random(1))

    assert (told.state, told.due) == (DeliveryState.REFUSED, None)
    assert told.reason == "gave up: domain-rests"


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [doubled(MINUTE, times, 5 * MINUTE) for times in (1, 2, 3, 4, 500)]

    assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE, 5 * MINUTE, 5 * MINUTE]
