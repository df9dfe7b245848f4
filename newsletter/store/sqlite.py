"""The embedded default: one SQLite file, write-ahead log, every commit synced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from newsletter.errors import StoreError

#: How long to wait for another process's write before giving up, in seconds.
BUSY_SECONDS = 10.0


class SqliteStore:
    """An open SQLite file with the current schema."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.connection = connection
        #: None: an empty store in memory, made because a read must not create a file.
        self.path = path

    @classmethod
    def open(cls, path: Path, *, create: bool) -> SqliteStore:
        """Return the store at `path`, migrated; see `open_store` for `create`."""
        exists = path.is_file()
        target = str(path) if exists or create else ":memory:"
        try:
            connection = sqlite3.connect(target, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            if target != ":memory:":
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the database {str(path)!r}: {error}") from error
        return cls(connection, path if target != ":memory:" else None)

    def close(self) -> None:
        """Close the file; the store is unusable afterwards."""
        self.connection.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one write transaction: all of it is durable, or nothing."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"the database cannot be written: {error}") from error


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date: sql/NNNN-name.sql in order, each in one transaction."""
    done = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for number, script in _migrations():
        if number <= done:
            continue
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version = {number};\nCOMMIT;"
        )


def _migrations() -> list[tuple[int, str]]:
    folder = files("newsletter.store") / "sql"
    scripts = [one for one in folder.iterdir() if one.name[:4].isdigit()]
    return sorted((int(one.name[:4]), one.read_text(encoding="utf-8")) for one in scripts)
