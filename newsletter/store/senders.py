"""Who is sending: each run of a sender has a number and a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.errors import StoreError
from newsletter.store.moments import to_number
from newsletter.store.sqlite import SqliteStore

#: What a sender has claimed may be claimed by others when it has said nothing for so long.
LEASE = timedelta(seconds=60)

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


@dataclass(frozen=True, slots=True)
class OtherSender:
    """A sender of a mailing that has not said good-bye."""

    id: int
    process: int
    machine: str
    #: Its claims may be taken after this moment.
    lease: int


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


def register(
    store: SqliteStore, mailing: int, machine: str, now: datetime
) -> tuple[int, SenderLock]:
    """Return the number and the lock of a new sender."""
    with store.transaction() as connection:
        return enter(store, connection, mailing, machine, now)


def enter(
    store: SqliteStore, connection: sqlite3.Connection, mailing: int, machine: str, now: datetime
) -> tuple[int, SenderLock]:
    """Register inside a transaction; return the number and the lock.

    The lock is held before anyone can see the number: nobody ever takes the living for dead.
    """
    database = database_path(store)
    values = {
        "mailing": mailing,
        "machine": machine,
        "process": os.getpid(),
        "now": to_number(now),
        "lease": to_number(now + LEASE),
    }
    sender = int(connection.execute(_REGISTER, values).fetchone()[0])
    return sender, SenderLock(lock_path(database, sender))


def leave(connection: sqlite3.Connection, sender: int, now: datetime) -> None:
    """Say good-bye inside a transaction."""
    connection.execute(_LEAVE, {"sender": sender, "now": to_number(now)})


def database_path(store: SqliteStore) -> Path:
    """Return the file of a store that can be sent from."""
    if store.path is None:
        raise StoreError("there is no database to send from")
    return store.path


def others(store: SqliteStore, mailing: int, but: int = 0) -> Iterator[OtherSender]:
    """Return the senders of a mailing that have not said good-bye."""
    for row in store.rows(_NOT_ENDED, {"mailing": mailing}):
        if row["id"] != but:
            yield OtherSender(row["id"], row["process"], row["machine"], row["lease"])


def living(store: SqliteStore, mailing: int) -> tuple[int, ...]:
    """Return the processes that are sending a mailing now, the stopped ones included."""
    if store.path is None:
        return ()
    return tuple(
        other.process for other in others(store, mailing) if is_alive(store.path, other.id)
    )
