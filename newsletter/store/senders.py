"""Who is sending: each run of a sender has a number and a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from newsletter.errors import StoreError, StoreGoneError
from newsletter.store.database import LEASE, Connection, OtherSender, Reserve, Sign, Store
from newsletter.store.moments import to_number
from newsletter.store.reserve import FileReserve, reserve_path

_REGISTER = """
INSERT INTO senders (mailing, machine, process, began, lease)
VALUES (:mailing, :machine, :process, :now, :lease) RETURNING id
"""

_LEAVE = "UPDATE senders SET ended = :now WHERE id = :sender"

# Those that have not said good-bye: alive, stopped or dead.
_NOT_ENDED = """
SELECT id, process, machine, lease FROM senders
WHERE mailing = :mailing AND ended IS NULL ORDER BY id
"""


class SenderLock:
    """The sign of life of one sender: the kernel drops it when the process ends, however.

    A stopped process still holds it, so that what it has in flight is never taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot write {str(path)!r}: {error.strerror}") from error
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def drop(self) -> None:
        """Give up the sign of life and its file."""
        self._path.unlink(missing_ok=True)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_path(database: Path, sender: int) -> Path:
    """Return the file whose lock says that a sender lives."""
    return database.with_name(f"{database.name}-sender-{sender}")


def is_alive(database: Path, sender: int) -> bool:
    """Say whether a sender's process lives on this machine, running or stopped."""
    try:
        descriptor = _opened(lock_path(database, sender))
    except FileNotFoundError:
        return False
    except OSError:
        # It is there, and not ours to ask: to take the living for dead would cost copies.
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path) -> int:
    """Open a lock's file; for reading where that is all we may, as on a disk of others."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


class FileSigns:
    """Signs of life beside an SQLite file: for processes of one machine."""

    def __init__(self, database: Path | None) -> None:
        self._given = database
        self._file = 0

    def hold(self, sender: int) -> SenderLock:
        """Return the sign of life of a sender, held until it is dropped."""
        self._file = _file_number(self._database)
        return SenderLock(self._lock_path(sender))

    def is_alive(self, other: OtherSender) -> bool:
        """Say whether a sender's process lives on this machine, running or stopped."""
        return is_alive(self._database, other.id)

    def is_held(self) -> bool:
        """Say whether others can still see that we live: the kernel does not forget."""
        return True

    def where(self, machine: str) -> str:
        """Return the machine: there is but one."""
        return machine

    def forget(self, sender: int) -> None:
        """Take away what a dead sender has left."""
        lock = self._lock_path(sender)
        lock.unlink(missing_ok=True)
        reserve_path(lock).unlink(missing_ok=True)

    def check(self) -> None:
        """Raise StoreGoneError where the file of the database is not the one that was opened."""
        if _file_number(self._database) != self._file:
            # SQLite would go on writing into a file that nobody will ever find again.
            raise StoreGoneError(f"the database {str(self._given)!r} was taken away or replaced")

    def reserve(self, sender: int) -> Reserve:
        """Return room for the last words of a sender; StoreError where there is none."""
        return FileReserve(self._lock_path(sender))

    @property
    def _database(self) -> Path:
        if self._given is None:
            raise StoreError("there is no database to send from")
        return self._given

    def _lock_path(self, sender: int) -> Path:
        return lock_path(self._database, sender)


def _file_number(path: Path) -> int:
    """Return what tells this file from another of the same name; 0: there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def register(store: Store, mailing: int, machine: str, now: datetime) -> tuple[int, Sign]:
    """Return the number and the lock of a new sender."""
    with store.transaction() as connection:
        return enter(store, connection, mailing, machine, now)


def enter(
    store: Store, connection: Connection, mailing: int, machine: str, now: datetime
) -> tuple[int, Sign]:
    """Register inside a transaction; return the number and the lock.

    The lock is held before anyone can see the number: nobody ever takes the living for dead.
    """
    values = {
        "mailing": mailing,
        "machine": store.signs.where(machine),
        "process": os.getpid(),
        "now": to_number(now),
        "lease": to_number(now + LEASE),
    }
    sender = int(connection.execute(_REGISTER, values).fetchone()[0])
    return sender, store.signs.hold(sender)


def leave(connection: Connection, sender: int, now: datetime) -> None:
    """Say good-bye inside a transaction."""
    connection.execute(_LEAVE, {"sender": sender, "now": to_number(now)})


def others(store: Store, mailing: int, but: int = 0) -> Iterator[OtherSender]:
    """Return the senders of a mailing that have not said good-bye."""
    for row in store.rows(_NOT_ENDED, {"mailing": mailing}):
        if row["id"] != but:
            yield OtherSender(row["id"], row["process"], row["machine"], row["lease"])


def living(store: Store, mailing: int) -> tuple[int, ...]:
    """Return the processes that are sending a mailing now, the stopped ones included."""
    if not store.is_there:
        return ()
    signs = store.signs
    return tuple(other.process for other in others(store, mailing) if signs.is_alive(other))
