"""The connections to each server, shared out among all processes that send from a database."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Self
from zlib import crc32

from newsletter.errors import StoreError

#: Each route has so many places in the file of locks: seats first, then signs of presence.
ROOM = 2048
PRESENCE = 1024
#: More processes than this are counted as so many.
MOST_PROCESSES = 32
#: How often a seat that others have is asked for again, and the others are counted.
LOOK_SECONDS = 0.25


#: `struct flock` of 64-bit Linux: type, whence, start, length, process.
_FLOCK = "hhqqi4x"
_TELLS_HOLDER = sys.platform == "linux" and sys.maxsize > 2**32


class SeatFile:
    """The file whose locks are the seats; the kernel gives them up with the process.

    Nothing is ever written into it.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(f"{database.name}-connections")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot write {str(path)!r}: {error.strerror}") from error

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave all places."""
        self.close()

    def of(self, route: str, most: int) -> Seats:
        """Return the share that this process has of a route's connections."""
        return Seats(self, route, most)

    def take(self, place: int) -> bool:
        """Take a place; say whether it was free."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def give_up(self, place: int) -> None:
        """Leave a place to others."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place)

    def is_stopped(self, place: int) -> bool:
        """Say whether whoever holds a place was stopped (Ctrl-Z, SIGSTOP) and sends nothing."""
        if not _TELLS_HOLDER:
            return False
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
        told = fcntl.fcntl(self._descriptor, fcntl.F_GETLK, asked)
        kind, _, _, _, process = struct.unpack(_FLOCK, told)
        with suppress(OSError):
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
            return kind != fcntl.F_UNLCK and state.rpartition(")")[2].split()[:1] == ["T"]
        return False

    def close(self) -> None:
        """Leave all places."""
        os.close(self._descriptor)


class Share:
    """The share that one process has of the connections of a route.

    Processes share alike: a new one gets a seat as soon as another has one too many
    and its message there is done. One that was stopped keeps nobody waiting: its seats
    count as free until it goes on.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[int] = []
        #: Seats of stopped processes, used meanwhile.
        self._lent = 0
        self._sitting = 0
        self._share = most
        self._looked = float("-inf")

    def hold(self, wanted: int) -> int:
        """Return how many connections there may be now, of so many wanted."""
        if monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = monotonic()
            self._look(wanted)
        return min(wanted, self._share, len(self._held) + self._lent)

    def sit(self) -> None:
        """Note that a connection is being opened."""
        self._sitting += 1

    def rise(self) -> None:
        """Note that a connection has ended."""
        self._sitting -= 1

    def _look(self, wanted: int) -> None:
        """Take what is wanted and free; leave what is too much once as few connections are open."""
        raise NotImplementedError

    def _due(self, wanted: int, others: int) -> int:
        """Return how many seats to have, among so many other processes."""
        self._share = max(1, -(-self._most // (1 + others)))
        return min(wanted, self._share)


class Seats(Share):
    """The share that one process has, by the locks of a file."""

    def __init__(self, file: SeatFile, route: str, most: int) -> None:
        super().__init__(min(most, PRESENCE))
        self._file = file
        self._first = crc32(route.encode()) * ROOM
        self._presence = next(
            (place for place in self._signs() if file.take(place)), self._first + PRESENCE
        )

    def _look(self, wanted: int) -> None:
        """Take what is wanted and free; leave what is too much once as few connections are open."""
        due = self._due(wanted, self._others())
        self._lent = 0
        for place in range(self._first, self._first + self._most):
            if len(self._held) + self._lent >= due:
                break
            if place in self._held:
                continue
            if self._file.take(place):
                self._held.append(place)
            elif self._file.is_stopped(place):
                self._lent += 1
        if self._sitting <= due:
            while len(self._held) > due:
                self._file.give_up(self._held.pop())

    def _signs(self) -> range:
        return range(self._first + PRESENCE, self._first + PRESENCE + MOST_PROCESSES)

    def _others(self) -> int:
        """Count the other processes that send by this route, the stopped ones left out."""
        count = 0
        for place in self._signs():
            if place == self._presence:
                continue
            if self._file.take(place):
                self._file.give_up(place)
            elif not self._file.is_stopped(place):
                count += 1
        return count
