"""The embedded default: one SQLite file, write-ahead log, every commit synced."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.errors import StoreBusyError, StoreError
from newsletter.store.locks import holder, is_stopped
from newsletter.store.machine import fingerprint
from newsletter.store.seats import SeatFile
from newsletter.store.senders import FileSigns

#: How long to wait for another process's write before giving up, in seconds.
BUSY_SECONDS = 10.0
#: The number of the last script in sql/: a store of this version is not looked at further.
NEWEST = 4
_IN_MEMORY = ":memory:"


class SqliteStore:
    """An open SQLite file with the current schema."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.connection = connection
        #: None: an empty store in memory, made because a read must not create a file.
        self.path = path
        self.signs = FileSigns(path)

    @classmethod
    def open(cls, path: Path, *, create: bool, patience: float = BUSY_SECONDS) -> SqliteStore:
        """Return the store at `path`, migrated; see `open_store` for `create`.

        `patience`: how many seconds to wait for another process's write.
        """
        connection = None
        try:
            target = _target(path, create)
            if not create and _is_at_rest_for_ever(path):
                target = f"{path.absolute().as_uri()}?immutable=1"
            connection = sqlite3.connect(
                target, timeout=patience, isolation_level=None, uri=target.startswith("file:")
            )
            connection.row_factory = sqlite3.Row
            if target == str(path):
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection)
            # Only now: a migration may make a table anew that others refer to.
            connection.execute("PRAGMA foreign_keys = ON")
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            raise _told(error, f"cannot open the database {str(path)!r}", path) from error
        return cls(connection, path if target != _IN_MEMORY else None)

    @classmethod
    def in_memory(cls) -> SqliteStore:
        """Return an empty store that is nowhere, for a read where there is nothing yet."""
        connection = sqlite3.connect(_IN_MEMORY, isolation_level=None)
        connection.row_factory = sqlite3.Row
        _migrate(connection)
        return cls(connection, None)

    @property
    def is_there(self) -> bool:
        """Say whether there is a file; else this store is an empty one in memory."""
        return self.path is not None

    def seats(self) -> SeatFile:
        """Return the connections shared with the other processes of this machine."""
        if self.path is None:
            raise StoreError("there is no database to send from")
        return SeatFile(self.path)

    def fingerprint(self, name: str = "") -> str:
        """Return what tells this file on this machine from any copy of it."""
        return fingerprint(self.path, name)

    def relieve(self) -> None:
        """Empty the write-ahead log into the database: where the disk is full that is room."""
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; the store is unusable afterwards."""
        self.connection.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[sqlite3.Row]:
        """Return all rows that a reading statement gives; StoreError where it cannot."""
        with self.errors("read"):
            return self.connection.execute(statement, parameters).fetchall()

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn what SQLite raises in the block into a StoreError: "cannot be read"."""
        try:
            yield
        except sqlite3.Error as error:
            raise _told(error, f"the database cannot be {doing}", self.path) from error

    @contextmanager
    def transaction(self, queue: str = "") -> Iterator[sqlite3.Connection]:  # noqa: ARG002
        """Run the block in one write transaction: all of it is durable, or nothing.

        Whatever the queue, there is one transaction at a time.
        """
        with self.errors("written"):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            finally:
                # A full disk has already ended it: SQLite rolls back by itself then.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")


#: What staff can do about what SQLite complains of.
_HINTS = {
    sqlite3.SQLITE_READONLY: "There is no permission to write the file or its folder: check who"
    " owns it, then run this again.",
    sqlite3.SQLITE_CANTOPEN: "Is the folder still there, and may you write into it?",
    sqlite3.SQLITE_FULL: "The disk is full: free some space, then run this again.",
    sqlite3.SQLITE_IOERR: "The disk is full, gone or broken: free some space or check it, then run"
    " this again.",
    sqlite3.SQLITE_NOTADB: "Put the newest backup of it back in its place.",
    sqlite3.SQLITE_CORRUPT: "Put the newest backup of it back in its place.",
}


def _told(error: sqlite3.Error | OSError, what: str, path: Path | None) -> StoreError:
    """Return the error to show, with the hint that suits what SQLite said."""
    if isinstance(error, OSError):
        return StoreError(f"{what}: {error.strerror}")
    # Extended codes carry the plain one in their lowest byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return _busy(f"{what}: {error}", holder(path) if path else 0)
    return StoreError(f"{what}: {error}", hint=_HINTS.get(code, ""))


def _busy(what: str, process: int) -> StoreBusyError:
    """Return the error of a locked database, with the process that holds it where that is known."""
    if not process:
        return StoreBusyError(f"{what} by another process")
    if not is_stopped(process):
        return StoreBusyError(f"{what} by process {process}")
    return StoreBusyError(
        f"{what} by process {process}, which was stopped",
        hint=f"Let it go on, with `fg` in its terminal or `kill -CONT {process}`; or end it with"
        f" `kill -9 {process}`: `newsletter resume` then tells what it had in flight.",
    )


def _target(path: Path, create: bool) -> str:
    """Return what to open; a file that is made now can be read by its owner only."""
    if create:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return str(path) if path.is_file() else _IN_MEMORY


def _is_at_rest_for_ever(path: Path) -> bool:
    """Say whether a file can be read only if SQLite is told that nobody ever writes to it.

    Where neither its folder can be written to (a disk mounted read-only, a folder of others)
    nor a write-ahead log is there. Whoever writes has such a log open as long as it does; one
    that was left behind holds the last results, which an immutable file would hide.
    """
    log = path.with_name(f"{path.name}-wal")
    return path.is_file() and not os.access(path.parent, os.W_OK) and not log.exists()


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date: sql/NNNN-name.sql in order, each in one transaction."""
    if _version(connection) >= NEWEST:
        return
    for number, script in _migrations():
        if number <= _version(connection):
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another process may just have done it.
            if number > _version(connection):
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Return one statement after the other; executescript would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _migrations() -> list[tuple[int, str]]:
    from importlib.resources import files

    folder = files("newsletter.store") / "sql"
    scripts = [one for one in folder.iterdir() if one.name[:4].isdigit()]
    return sorted((int(one.name[:4]), one.read_text(encoding="utf-8")) for one in scripts)
