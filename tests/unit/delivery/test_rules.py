"""When a run stops by itself."""

from __future__ import annotations

import pytest

from newsletter.delivery.rules import Fuse, Stops, sick_canary
from newsletter.model.ledger import Settlement
from newsletter.model.mailing import Balance, DeliveryState

ACCEPTED = Settlement(1, DeliveryState.ACCEPTED)


def _refused(code: int = 550, enhanced: str = "5.7.1", words: str = "policy") -> Settlement:
    return Settlement(1, DeliveryState.REFUSED, "policy", code=code, enhanced=enhanced, words=words)


def test_equal_refusals_in_a_row_stop_the_run_and_say_what_was_said() -> None:
    fuse = Fuse(Stops(equal_refusals=3))

    reasons = [fuse.count(_refused()) for _ in range(3)]

    assert reasons == ["", "", "3 refusals in a row were the same: 550 5.7.1 policy"]


def test_an_acceptance_or_another_refusal_begins_the_row_anew() -> None:
    fuse = Fuse(Stops(equal_refusals=3))

    for one in (_refused(), _refused(), ACCEPTED, _refused(), _refused(), _refused(554)):
        assert not fuse.count(one)


def test_the_nearer_the_fuse_is_to_blow_the_fewer_are_on_the_wire() -> None:
    fuse = Fuse(Stops(equal_refusals=5))

    assert fuse.allows(5)
    assert not fuse.allows(6)
    fuse.count(_refused())
    assert fuse.allows(4)
    assert not fuse.allows(5)
    fuse.count(ACCEPTED)
    assert fuse.allows(500)
    assert Fuse(Stops(equal_refusals=0)).allows(500)


def test_a_high_share_of_refusals_stops_the_run_once_it_says_something() -> None:
    fuse = Fuse(Stops(equal_refusals=0, refused_percent=50, refused_of_last=10))

    reasons = [fuse.count(_refused(550 + number % 3)) for number in range(10)]

    assert reasons[:9] == [""] * 9
    assert reasons[9] == "100 % of the last 10 readers were refused"


def test_a_low_share_of_refusals_stops_nothing() -> None:
    fuse = Fuse(Stops(equal_refusals=0, refused_percent=50, refused_of_last=10))

    for number in range(40):
        assert not fuse.count(ACCEPTED if number % 3 else _refused())


def test_what_is_only_deferred_counts_for_nothing() -> None:
    fuse = Fuse(Stops(equal_refusals=1, refused_percent=1, refused_of_last=1))

    assert not fuse.count(Settlement(1, DeliveryState.DEFERRED))


@pytest.mark.parametrize(
    ("balance", "percent", "goes_on"),
    [
        (Balance(accepted=9, refused=1), 10, False),
        (Balance(accepted=10, refused=1), 10, True),
        (Balance(accepted=9, unknown=1), 10, False),
        (Balance(deferred=10), 10, True),
        (Balance(accepted=1, refused=9), 0, True),
        (Balance(queued=50), 10, True),
    ],
)
def test_a_canary_of_which_too_many_were_refused_or_lost_holds_the_others_back(
    balance: Balance, percent: float, goes_on: bool
) -> None:
    assert (sick_canary(balance, percent) == "") == goes_on
