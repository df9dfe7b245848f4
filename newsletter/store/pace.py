"""How much has gone by each route and to each domain: limits outlive the process."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.store.database import Connection
from newsletter.store.dialect import two
from newsletter.store.moments import to_moment, to_number

_MINUTE = 60_000

# On SQLite nobody else is in a transaction.
_QUEUE = two("SELECT 1", "SELECT pg_advisory_xact_lock('pace_next'::regclass::oid::integer, 0)")

_USED = "SELECT COALESCE(SUM(used), 0) FROM pace WHERE name = :name AND minute >= :since"

# What went in minutes that are still to come went before the clock was set back. When that
# was nobody knows: counted as of now the limit is kept, and is not shut for days.
_AHEAD = "DELETE FROM pace WHERE name = :name AND minute > :next RETURNING used"

_USE = """
INSERT INTO pace (name, minute, used) VALUES (:name, :minute, :count)
ON CONFLICT (name, minute) DO UPDATE SET used = pace.used + excluded.used
"""

# Nothing looks further back than a day; two are kept for a clock that was set back.
_FORGET = "DELETE FROM pace WHERE name = :name AND minute < :before"

_NEXT = "SELECT at FROM pace_next WHERE name = :name"

# A first time that is still to come was written by a clock that was ahead.
_SET_FIRST = """
INSERT INTO pace_next (name, at) VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET at =
  CASE WHEN excluded.at < pace_next.at THEN excluded.at ELSE pace_next.at END
"""

_SET_NEXT = """
INSERT INTO pace_next (name, at) VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET at = excluded.at
"""


class Pace:
    """The counters, inside one transaction."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._has_queued = False

    def queue(self) -> None:
        """Let nobody else look at a limit until what goes now is counted towards it."""
        if not self._has_queued:
            self._connection.execute(_QUEUE)
            self._has_queued = True

    def used(self, name: str, since: datetime) -> int:
        """Return how many messages went since that moment, its whole minute included."""
        self.queue()
        self._take_back(name)
        values = {"name": name, "since": to_number(since) // _MINUTE}
        return int(self._connection.execute(_USED, values).fetchone()[0])

    def _take_back(self, name: str) -> None:
        minute = to_number(self._now) // _MINUTE
        values = {"name": name, "next": minute + 1}
        if ahead := sum(row["used"] for row in self._connection.execute(_AHEAD, values).fetchall()):
            self._connection.execute(_USE, {"name": name, "minute": minute, "count": ahead})

    def use(self, name: str, count: int) -> None:
        """Count messages in this minute."""
        self.queue()
        minute = to_number(self._now) // _MINUTE
        before = to_number(self._now - timedelta(days=2)) // _MINUTE
        values = {"name": name, "minute": minute, "count": count, "before": before}
        self._connection.execute(_USE, values)
        self._connection.execute(_FORGET, values)

    def next_at(self, name: str) -> datetime | None:
        """Return when the next message may go; None: now."""
        self.queue()
        row = self._connection.execute(_NEXT, {"name": name}).fetchone()
        return to_moment(row["at"]) if row and row["at"] > to_number(self._now) else None

    def first_at(self, name: str, now: datetime) -> datetime:
        """Return when this name was first seen, now if never before."""
        self.queue()
        values = {"name": name, "at": to_number(now)}
        self._connection.execute(_SET_FIRST, values)
        row = self._connection.execute(_NEXT, values).fetchone()
        return to_moment(row["at"])

    def set_next_at(self, name: str, moment: datetime) -> None:
        """Remember when the next message may go."""
        self.queue()
        self._connection.execute(_SET_NEXT, {"name": name, "at": to_number(moment)})
