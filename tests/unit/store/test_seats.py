"""Connections are shared alike among the processes that send from one database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from newsletter.store import Store, seats
from newsletter.store.database import AllSeats
from tests.databases import Database

#: Another process: holds what it gets of what it wants, and says how many at each line it reads.
_OTHER = """
import sys
from pathlib import Path
from newsletter.store import open_store, seats
seats.LOOK_SECONDS = 0.0
store = open_store(sys.argv[1], root=Path(sys.argv[2]), create=False)
mine = store.seats().of(sys.argv[3], int(sys.argv[4]))
for line in sys.stdin:
    print(mine.hold(int(line)), flush=True)
"""


class Other:
    """Another process that wants connections."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hold(self, wanted: int) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{wanted}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """Stop it, as Ctrl-Z does."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def other(database: Database, route: str = "main", most: int = 8) -> Iterator[Other]:
    where = [database.url, str(database.folder)]
    command = [sys.executable, "-c", _OTHER, *where, route, str(most)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Other(process)
        finally:
            process.kill()


def _until(happened: Callable[[], bool]) -> None:
    """Wait for what the kernel does at once and a server a moment later."""
    end = monotonic() + 60
    while not happened():
        assert monotonic() < end, "it did not happen"


@pytest.fixture
def places(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[AllSeats]:
    monkeypatch.setattr(seats, "LOOK_SECONDS", 0.0)
    with store.seats() as opened:
        yield opened


def test_one_process_has_them_all(places: AllSeats) -> None:
    mine = places.of("main", 8)

    assert [mine.hold(4), mine.hold(20), mine.hold(2)] == [4, 8, 2]


def test_two_processes_share_alike(places: AllSeats, database: Database) -> None:
    mine = places.of("main", 8)
    mine.hold(8)

    with other(database) as another:
        assert another.hold(8) == 0  # All are taken still.
        assert mine.hold(8) == 4
        assert another.hold(8) == 4
        assert mine.hold(8) == 4


def test_a_seat_is_kept_as_long_as_its_connection_is_open(
    places: AllSeats, database: Database
) -> None:
    mine = places.of("main", 2)
    mine.hold(2)
    mine.sit()
    mine.sit()

    with other(database, most=2) as another:
        another.hold(2)
        assert mine.hold(2) == 1  # No new one ...
        assert another.hold(2) == 0  # ... but both are open still.
        mine.rise()
        mine.hold(2)
        assert another.hold(2) == 1


def test_the_seats_of_a_killed_process_are_free(places: AllSeats, database: Database) -> None:
    mine = places.of("main", 8)
    with other(database) as another:
        assert another.hold(8) > 0
        another.kill()

        _until(lambda: mine.hold(8) == 8)


def test_routes_have_their_own(places: AllSeats, database: Database) -> None:
    mine = places.of("main", 8)
    mine.hold(8)

    with other(database, route="office") as another:
        assert another.hold(8) == 8


def test_more_processes_than_connections_wait_for_each_other(
    places: AllSeats, database: Database
) -> None:
    mine = places.of("main", 1)
    mine.hold(1)

    with other(database, most=1) as another:
        assert another.hold(1) == 0
        mine.hold(0)
        assert another.hold(1) == 1


def test_a_process_that_was_stopped_keeps_nobody_waiting(
    places: AllSeats, database: Database
) -> None:
    with other(database) as stopped:
        assert stopped.hold(8) == 8
        mine = places.of("main", 8)
        assert mine.hold(8) == 0

        stopped.stop()
        _until(lambda: mine.hold(8) == 8)

        stopped.go_on()
        assert stopped.hold(8) == 4
        assert mine.hold(8) == 4
