"""The kinds of database that a store can be kept in, as the tests of a store ask for them.

The suites in tests/unit/store ask for `database` or `store` and never say which kind it is;
tests/contract/store runs the same suites on PostgreSQL.
"""

from __future__ import annotations

import itertools
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from newsletter.store import Store, open_store
from tests.servers.postgres import Postgres


class Database(ABC):
    """An empty database of one test; what it can do beside being a store's."""

    #: Of the stories that hypothesis invents, so many: where each statement is a journey, fewer.
    examples = 50

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def open(self) -> Store:
        """Return a store of its own connection, as every process has one."""
        return open_store(self.url, root=self.folder, create=True)

    def change(self, statement: str) -> None:
        """Change something past the store, as another program with the password may.

        Raises what the driver raises, after a moment if somebody holds the rows.
        """
        assert self.changes(statement), statement

    @abstractmethod
    def changes(self, statement: str) -> bool:
        """Change something past the store; False: the rules of the database forbid it."""

    @abstractmethod
    def force(self, statement: str) -> None:
        """Change something past the rules of the database, too."""

    @property
    @abstractmethod
    def failure(self) -> Exception:
        """What its driver raises where a disk fails."""

    @abstractmethod
    def another(self) -> Database:
        """Return another empty database of this kind."""

    @abstractmethod
    def drop(self) -> None:
        """Take it away."""

    @contextmanager
    def fresh_store(self) -> Iterator[Store]:
        """Open a store in a new database: for one of many examples in one test."""
        new = self.another()
        try:
            with new.open() as store:
                yield store
        finally:
            new.drop()


class SqliteDatabase(Database):
    """A file."""

    def __init__(self, folder: Path, name: str = "newsletter.db") -> None:
        super().__init__(f"sqlite:///{name}", folder)
        self.file = folder / name
        self._numbers = itertools.count(2)

    def changes(self, statement: str) -> bool:
        connection = sqlite3.connect(self.file, timeout=0, isolation_level=None)
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError:
            return False
        finally:
            connection.close()
        return True

    def force(self, statement: str) -> None:
        connection = sqlite3.connect(self.file, timeout=0, isolation_level=None)
        named = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        rules = connection.execute(named).fetchall()
        for name, _ in rules:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for _, rule in rules:
            connection.execute(rule)
        connection.close()

    @property
    def failure(self) -> Exception:
        return sqlite3.OperationalError("disk I/O error")

    def another(self) -> SqliteDatabase:
        return SqliteDatabase(self.folder, f"newsletter-{next(self._numbers)}.db")

    def drop(self) -> None:
        for path in self.folder.glob(f"{self.file.name}*"):
            path.unlink()

    @contextmanager
    def fresh_store(self) -> Iterator[Store]:
        with super().fresh_store() as store:
            # Nobody pulls the plug between two examples.
            store.connection.execute("PRAGMA synchronous = OFF")
            yield store


class PostgresDatabase(Database):
    """A database of a server that the tests have started."""

    examples = 8

    def __init__(self, server: Postgres, template: str, folder: Path) -> None:
        super().__init__(server.create_database(template), folder)
        self.server = server
        self._template = template

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def changes(self, statement: str) -> bool:
        with psycopg.connect(self.url, autocommit=True) as connection:
            # Who waits for a lock here would wait for ever: its holder is this very test.
            connection.execute("SET lock_timeout = '5s'")
            try:
                connection.execute(statement.encode())
            except (psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
                return False
        return True

    def force(self, statement: str) -> None:
        # A replica applies what has been judged elsewhere: no trigger is asked.
        past_the_rules = f"SET session_replication_role = replica; {statement}"
        self.server.execute(past_the_rules.encode(), self.name)

    @property
    def failure(self) -> Exception:
        return psycopg.errors.DiskFull("could not extend file: No space left on device")

    def another(self) -> PostgresDatabase:
        return PostgresDatabase(self.server, self._template, self.folder)

    def drop(self) -> None:
        self.server.drop_database(self.url)
