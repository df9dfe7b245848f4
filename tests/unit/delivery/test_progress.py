"""How fast a run goes, seen over the last seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.progress import Rate, RunEnd, Why

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


def _run(rate: Rate, begin: datetime, *, seconds: int, each_second: int) -> float:
    """Look ten times a second; return the rate that is seen at the end."""
    seen = 0.0
    for tenth in range(10 * seconds + 1):
        seen = rate.mark(begin + timedelta(seconds=tenth / 10))
        rate.count += each_second // 10
    return seen


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()

    assert rate.mark(NOW) == 0
    assert _run(rate, NOW, seconds=10, each_second=100) == pytest.approx(100)
    assert _run(rate, NOW + timedelta(seconds=10.1), seconds=10, each_second=20) == pytest.approx(
        20
    )


@pytest.mark.parametrize("change", [-timedelta(hours=5), timedelta(hours=5)])
def test_the_rate_is_true_again_soon_after_the_clock_was_set(change: timedelta) -> None:
    rate = Rate()
    _run(rate, NOW, seconds=10, each_second=100)

    seen = _run(rate, NOW + change, seconds=2 * int(Rate.WINDOW_SECONDS), each_second=100)

    assert seen == pytest.approx(100)


def test_only_what_a_person_must_mend_is_trouble() -> None:
    assert {why for why in Why if RunEnd(why).is_trouble} == {Why.STOPPED, Why.NO_LEDGER}
