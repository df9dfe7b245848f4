"""For many workers: a PostgreSQL server, every commit on its disk before it is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from zlib import crc32

from newsletter.errors import StoreError
from newsletter.store.postgres_connecting import PATIENCE, Again, connect, driver
from newsletter.store.postgres_errors import told, unsure
from newsletter.store.postgres_holding import Holding
from newsletter.store.postgres_seats import PostgresSeats
from newsletter.store.postgres_signs import PostgresSigns
from newsletter.store.postgres_values import Connection
from newsletter.store.sqlite import BUSY_SECONDS

if TYPE_CHECKING:
    pass

#: The number of the last script in sql/postgres/.
NEWEST = 2

#: Locks every migration: two commands that start at once do not trip over each other.
_MIGRATION_LOCK = crc32(b"newsletter migration")


# Not to_regclass: under the lock it would still say what it was told before.
_HAS_VERSION = b"""
SELECT 1 FROM pg_class WHERE relname = 'newsletter_schema' AND pg_table_is_visible(oid)
"""

_SET_VERSION = "UPDATE newsletter_schema SET version = :number"

_FINGERPRINT = """
SELECT (SELECT system_identifier FROM pg_control_system()) AS server,
  (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
  oid::bigint AS number, datname AS name
FROM pg_database WHERE datname = current_database()
"""


class PostgresStore:
    """An open connection to a PostgreSQL database with the current schema."""

    #: There is no file.
    path = None
    is_there = True

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.connection = Connection(connect(url, patience))
        self._again = Again(url, patience)
        self._holding = Holding(self._again.connect)
        self.signs = PostgresSigns(self._holding, self.rows)
        #: Inside a transaction nothing is tried again on another connection.
        self._is_writing = False
        self._is_closed = False

    @classmethod
    def open(cls, url: str, *, create: bool, patience: float) -> PostgresStore | None:
        """Return the store at `url`, migrated; None: there is none, and none is to be made."""
        store = cls(url, patience if patience < BUSY_SECONDS else PATIENCE)
        try:
            with store.errors("opened"):
                if not create and not store._version():
                    store.close()
                    return None
                store._migrate()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Say good-bye to the server; the store is unusable afterwards."""
        self._is_closed = True
        self._holding.close()
        self.connection.raw.close()

    def seats(self) -> PostgresSeats:
        """Return the connections shared with the other processes, on whichever machine."""
        return PostgresSeats(self._holding)

    def fingerprint(self, name: str = "") -> str:
        """Return what tells this database from any copy of it, the same on every machine.

        A dump that is read in elsewhere has another server or another number there; a
        copy of the whole server that was made the main one has another timeline. A
        `name` tells copies apart that have all of that in common.
        """
        row = self.rows(_FINGERPRINT, {})[0]
        told = f"postgresql {row['server']}-{row['timeline']} {row['name']}-{row['number']}"
        return f"{name} {told}".strip()

    def relieve(self) -> None:
        """Do nothing: whoever looks after the server must make room there."""

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[Any]:
        """Return all rows that a reading statement gives; StoreError where it cannot."""
        with self.errors("read"):
            try:
                return self.connection.execute(statement, parameters).fetchall()
            except driver().OperationalError:
                if not self._is_cut or self._is_writing:
                    raise
            self._reconnect()
            return self.connection.execute(statement, parameters).fetchall()

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn what the server raises in the block into a StoreError: "cannot be read"."""
        try:
            yield
        except driver().Error as error:
            raise told(error, f"the database cannot be {doing}", is_cut=self._is_cut) from error

    @contextmanager
    def transaction(self, queue: str = "") -> Iterator[Connection]:
        """Run the block in one write transaction: all of it is durable, or nothing.

        Those of one queue wait for one another. Raises StoreUnsureError where the
        answer to the COMMIT was lost.
        """
        with self.errors("written"):
            self._begin(queue)
            try:
                yield self.connection
            except BaseException:
                self._roll_back()
                raise
            self._commit()

    @property
    def _is_cut(self) -> bool:
        raw = self.connection.raw
        return bool(raw.closed or raw.broken)

    def _begin(self, queue: str) -> None:
        steps = "BEGIN"
        if queue:
            steps += (
                "; SELECT pg_advisory_xact_lock("
                f"'deliveries'::regclass::oid::integer, {crc32(queue.encode()) >> 1:d})"
            )
        try:
            self._say(steps)
        except driver().Error:
            if not self._is_cut:
                self._roll_back()
                raise
            # The server was restarted while nothing was asked of it.
            self._reconnect()
            self._say(steps)
        self._is_writing = True

    def _roll_back(self) -> None:
        self._is_writing = False
        # Where the connection was cut the server has done it already.
        with suppress(driver().Error):
            self._say("ROLLBACK")

    def _commit(self) -> None:
        self._is_writing = False
        try:
            done = self._say("COMMIT")
        except driver().Error as error:
            if not self._is_cut:
                raise
            raise unsure(error) from error
        if done != "COMMIT":
            # Something in the block went on after an error: the server has undone all of it.
            raise StoreError("the database cannot be written: an earlier step had failed")

    def _say(self, steps: str) -> str:
        """Run steps without parameters in one journey; return what the last one did."""
        cursor = self.connection.raw.execute(steps.encode(), prepare=False)
        while cursor.nextset():
            pass
        return cursor.statusmessage or ""

    def _reconnect(self) -> None:
        """Connect again, waiting for a server that is being restarted."""
        if self._is_closed:
            raise driver().OperationalError("the connection is closed")
        self.connection.raw.close()
        self.connection = Connection(self._again.connect())

    def _version(self) -> int:
        """Return the number of the last migration; 0: nothing is there yet."""
        execute = self.connection.raw.execute
        if not execute(_HAS_VERSION).fetchall():
            return 0
        return int(execute("SELECT version FROM newsletter_schema").fetchall()[0][0])

    def _migrate(self) -> None:
        """Bring the schema up to date: sql/postgres/NNNN-name.sql in order, all or nothing."""
        if self._version() >= NEWEST:
            return
        self._say(f"BEGIN; SELECT pg_advisory_xact_lock({_MIGRATION_LOCK:d})")
        try:
            # Asked again under the lock: another process may just have done it.
            version = self._version()
            if not version:
                self._say("CREATE TABLE newsletter_schema (version integer NOT NULL)")
                self._say("INSERT INTO newsletter_schema (version) VALUES (0)")
            for number, script in migrations():
                if number > version:
                    self._say(script)
                    values = {"number": number}
                    self.connection.execute(_SET_VERSION, values)
            self._say("COMMIT")
        except BaseException:
            with suppress(driver().Error):
                self._say("ROLLBACK")
            raise


def migrations() -> list[tuple[int, str]]:
    """Return the numbered scripts in their order."""
    from importlib.resources import files

    folder = files("newsletter.store") / "sql" / "postgres"
    scripts = [one for one in folder.iterdir() if one.name[:4].isdigit()]
    return sorted((int(one.name[:4]), one.read_text(encoding="utf-8")) for one in scripts)
