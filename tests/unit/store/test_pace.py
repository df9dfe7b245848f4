"""What has gone is counted across processes, restarts and a clock that was set back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.store.pace import Pace
from newsletter.store.sqlite import SqliteStore

NOW = datetime(2016, 5, 20, 12, 30, tzinfo=UTC)
HOUR, DAYS = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "newsletter.db", create=True) as opened:
        yield opened


def _use(store: SqliteStore, count: int, at: datetime, name: str = "main") -> None:
    with store.transaction() as connection:
        Pace(connection, at).use(name, count)


def _used(store: SqliteStore, now: datetime, since: timedelta = HOUR) -> int:
    with store.transaction() as connection:
        return Pace(connection, now).used("main", now - since)


def test_what_went_counts_for_as_long_as_it_was_asked_for(store: SqliteStore) -> None:
    _use(store, 3, NOW - 2 * HOUR)
    _use(store, 5, NOW)
    _use(store, 7, NOW, "second")

    assert (_used(store, NOW), _used(store, NOW, 3 * HOUR)) == (5, 8)


def test_what_went_while_the_clock_was_ahead_counts_as_of_now_and_passes(
    store: SqliteStore,
) -> None:
    _use(store, 20, NOW)
    _use(store, 15, NOW + DAYS)
    _use(store, 5, NOW + DAYS + HOUR)

    assert _used(store, NOW) == 40
    assert _used(store, NOW + HOUR + timedelta(minutes=2)) == 0
    assert _used(store, NOW + DAYS) == 0


def test_a_clock_that_is_put_right_by_a_few_seconds_moves_nothing(store: SqliteStore) -> None:
    _use(store, 5, NOW)

    _used(store, NOW - timedelta(seconds=2))

    assert _used(store, NOW + HOUR) == 5
