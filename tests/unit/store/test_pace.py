"""What has gone is counted across processes, restarts and a clock that was set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.store import Store
from newsletter.store.pace import Pace
from tests.databases import Database

NOW = datetime(2016, 5, 20, 12, 30, tzinfo=UTC)
HOUR, DAYS = timedelta(hours=1), timedelta(days=1)


def _use(store: Store, count: int, at: datetime, name: str = "main") -> None:
    with store.transaction() as connection:
        Pace(connection, at).use(name, count)


def _used(store: Store, now: datetime, since: timedelta = HOUR) -> int:
    with store.transaction() as connection:
        return Pace(connection, now).used("main", now - since)


def test_what_went_counts_for_as_long_as_it_was_asked_for(store: Store) -> None:
    _use(store, 3, NOW - 2 * HOUR)
    _use(store, 5, NOW)
    _use(store, 7, NOW, "second")

    assert (_used(store, NOW), _used(store, NOW, 3 * HOUR)) == (5, 8)


def test_what_went_while_the_clock_was_ahead_counts_as_of_now_and_passes(
    store: Store,
) -> None:
    _use(store, 20, NOW)
    _use(store, 15, NOW + DAYS)
    _use(store, 5, NOW + DAYS + HOUR)

    assert _used(store, NOW) == 40
    assert _used(store, NOW + HOUR + timedelta(minutes=2)) == 0
    assert _used(store, NOW + DAYS) == 0


def test_a_clock_that_is_put_right_by_a_few_seconds_moves_nothing(store: Store) -> None:
    _use(store, 5, NOW)

    _used(store, NOW - timedelta(seconds=2))

    assert _used(store, NOW + HOUR) == 5


#: The seconds until the next look at the clock, which somebody may have set back.
STEPS = st.lists(
    st.one_of(st.floats(0, 1800), st.sampled_from([-86400.0 * 400, -18000.0, -3600.0, -61.0])),
    min_size=5,
    max_size=40,
)


def test_the_limit_of_an_hour_holds_in_every_true_hour_however_often_the_clock_is_set_back(
    database: Database,
) -> None:
    @settings(max_examples=2 * database.examples)
    @given(STEPS)
    def check(steps: list[float]) -> None:
        with database.fresh_store() as store:
            _check_the_limit(store, steps)

    check()


def _check_the_limit(store: Store, steps: list[float]) -> None:
    limit, clock, true_seconds = 10, NOW, 0.0
    sent: list[tuple[float, int]] = []

    for step in steps:
        clock += timedelta(seconds=step)
        true_seconds += max(step, 0.0)
        count = max(0, limit - _used(store, clock))
        if count:
            _use(store, count, clock)
            sent.append((true_seconds, count))

    for end, _ in sent:
        assert sum(count for at, count in sent if end - 3600 < at <= end) <= limit


def test_a_warm_up_that_began_while_the_clock_was_ahead_goes_on_by_the_right_one(
    store: Store,
) -> None:
    moments = (NOW + 400 * DAYS, NOW, NOW + 3 * DAYS)
    with store.transaction() as connection:
        firsts = [Pace(connection, now).first_at("first use:main", now) for now in moments]

    assert firsts == [NOW + 400 * DAYS, NOW, NOW]


def test_what_is_older_than_two_days_is_forgotten(store: Store) -> None:
    _use(store, 5, NOW)
    _use(store, 1, NOW + 2 * DAYS + timedelta(minutes=1))

    assert _used(store, NOW + 2 * DAYS + timedelta(minutes=1), since=30 * DAYS) == 1
