"""A connection to PostgreSQL on which locks hang that end with its process."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from newsletter.errors import StoreError
from newsletter.store.postgres_connecting import driver
from newsletter.store.postgres_errors import told

if TYPE_CHECKING:
    import psycopg

#: So often the server is asked for a sign of life of its own, and gets one.
BEAT_SECONDS = 3.0

# Every lock is a number of a table: the table's own number keeps two newsletters in two
# schemas of one database apart.
_HELD = """
SELECT l.objid::bigint AS number, l.pid, l.pid = pg_backend_pid() AS is_ours,
  EXTRACT(EPOCH FROM clock_timestamp() - a.state_change) AS silent
FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = '{table}'::regclass::oid AND l.objid::bigint BETWEEN %s AND %s
"""

_TAKE = """
SELECT n FROM unnest(%s::integer[]) AS n
WHERE pg_try_advisory_lock('{table}'::regclass::oid::integer, n)
"""

_GIVE_UP = """
SELECT pg_advisory_unlock('{table}'::regclass::oid::integer, n) FROM unnest(%s::integer[]) AS n
"""


class Holding:
    """A connection for locks only. It is never in a transaction, so nothing ever ends it but us.

    Others see what it holds on any machine; the server lets go of it when the process dies.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._raw: psycopg.Connection[Any] | None = None
        self._told = 0.0

    @property
    def is_whole(self) -> bool:
        """Say whether the server still keeps what is held; asks the network, not the server."""
        if self._raw is None or self._raw.closed or self._raw.broken:
            return False
        poll = select.poll()
        poll.register(self._raw.fileno(), select.POLLIN | select.POLLHUP)
        if poll.poll(0):
            # A server that goes away says so, or the system does.
            with suppress(driver().Error):
                self._raw.execute(b"SELECT 1", prepare=False)
        return not (self._raw.closed or self._raw.broken)

    def beat(self) -> bool:
        """Let the server know now and then that we are not stopped; False: it is gone."""
        if monotonic() - self._told < BEAT_SECONDS:
            return self.is_whole
        self._told = monotonic()
        with suppress(driver().Error):
            if self._raw is not None:
                self._raw.execute(b"SELECT 1", prepare=False)
        return self.is_whole

    def renew(self) -> int:
        """Connect again; return the number of the server's process that we had before."""
        before = self._raw.info.backend_pid if self._raw is not None and self._raw.pgconn else 0
        self.close()
        self._raw = self._connect()
        _refuse_pooler(self._raw)
        return before

    def held(self, table: str, first: int, last: int) -> list[Any]:
        """Return which numbers of a table are held by anybody, and how long they are silent."""
        return self._ask(_HELD.format(table=table), first, last)

    def take(self, table: str, numbers: Iterable[int]) -> list[int]:
        """Take numbers of a table; return those that were free."""
        return [row[0] for row in self._ask(_TAKE.format(table=table), list(numbers))]

    def give_up(self, table: str, numbers: Iterable[int]) -> None:
        """Leave numbers to others."""
        self._ask(_GIVE_UP.format(table=table), list(numbers))

    def dismiss(self, process: int) -> None:
        """Let the server end a connection of ours that it has not seen broken yet."""
        self._ask("SELECT pg_terminate_backend(%s::integer)", process)

    def close(self) -> None:
        """Let go of everything."""
        if self._raw is not None:
            self._raw.close()

    def _ask(self, statement: str, *values: object) -> list[Any]:
        if self._raw is None or self._raw.closed:
            self.renew()
        assert self._raw is not None  # noqa: S101 - renew has just made it
        try:
            return self._raw.execute(statement.encode(), values).fetchall()
        except driver().Error as error:
            raise told(error, "the locks in the database cannot be read") from error


def _refuse_pooler(raw: psycopg.Connection[Any]) -> None:
    """Raise StoreError where the connection leads to one process now, to another later.

    Locks that hang on it would outlive us, or be somebody else's.
    """
    row = raw.execute(b"SELECT pg_backend_pid()").fetchall()[0]
    if row[0] != raw.info.backend_pid:
        raw.close()
        raise StoreError(
            "there is a connection pooler between here and the database",
            hint="Sending needs the server itself: give its own port in NEWSLETTER_DATABASE_URL.",
        )
