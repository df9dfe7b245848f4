"""Connections are shared alike among the processes that send from one database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.store import seats
from newsletter.store.seats import SeatFile, Seats

#: Another process: holds what it gets of what it wants, and says how many at each line it reads.
_OTHER = """
import sys
from pathlib import Path
from newsletter.store import seats
seats.LOOK_SECONDS = 0.0
mine = seats.Seats(seats.SeatFile(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
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
def other(database: Path, route: str = "main", most: int = 8) -> Iterator[Other]:
    command = [sys.executable, "-c", _OTHER, str(database), route, str(most)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Other(process)
        finally:
            process.kill()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SeatFile]:
    monkeypatch.setattr(seats, "LOOK_SECONDS", 0.0)
    opened = SeatFile(tmp_path / "newsletter.db")
    yield opened
    opened.close()


def test_one_process_has_them_all(file: SeatFile) -> None:
    mine = Seats(file, "main", 8)

    assert [mine.hold(4), mine.hold(20), mine.hold(2)] == [4, 8, 2]


def test_two_processes_share_alike(file: SeatFile, tmp_path: Path) -> None:
    mine = Seats(file, "main", 8)
    mine.hold(8)

    with other(tmp_path / "newsletter.db") as another:
        assert another.hold(8) == 0  # All are taken still.
        assert mine.hold(8) == 4
        assert another.hold(8) == 4
        assert mine.hold(8) == 4


def test_a_seat_is_kept_as_long_as_its_connection_is_open(file: SeatFile, tmp_path: Path) -> None:
    mine = Seats(file, "main", 2)
    mine.hold(2)
    mine.sit()
    mine.sit()

    with other(tmp_path / "newsletter.db", most=2) as another:
        another.hold(2)
        assert mine.hold(2) == 1  # No new one ...
        assert another.hold(2) == 0  # ... but both are open still.
        mine.rise()
        mine.hold(2)
        assert another.hold(2) == 1


def test_the_seats_of_a_killed_process_are_free(file: SeatFile, tmp_path: Path) -> None:
    mine = Seats(file, "main", 8)
    with other(tmp_path / "newsletter.db") as another:
        assert another.hold(8) > 0
        another.kill()

        assert mine.hold(8) == 8


def test_routes_have_their_own(file: SeatFile, tmp_path: Path) -> None:
    mine = Seats(file, "main", 8)
    mine.hold(8)

    with other(tmp_path / "newsletter.db", route="office") as another:
        assert another.hold(8) == 8


def test_more_processes_than_connections_wait_for_each_other(
    file: SeatFile, tmp_path: Path
) -> None:
    mine = Seats(file, "main", 1)
    mine.hold(1)

    with other(tmp_path / "newsletter.db", most=1) as another:
        assert another.hold(1) == 0
        mine.hold(0)
        assert another.hold(1) == 1


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="-connections"):
        SeatFile(tmp_path / "none" / "newsletter.db")


@pytest.mark.skipif(not seats._TELLS_HOLDER, reason="this system does not say who holds a lock")
def test_a_process_that_was_stopped_keeps_nobody_waiting(file: SeatFile, tmp_path: Path) -> None:
    with other(tmp_path / "newsletter.db") as stopped:
        assert stopped.hold(8) == 8
        mine = Seats(file, "main", 8)
        assert mine.hold(8) == 0

        stopped.stop()
        assert mine.hold(8) == 8

        stopped.go_on()
        assert stopped.hold(8) == 4
        assert mine.hold(8) == 4
