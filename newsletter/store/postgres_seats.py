"""The connections to each server, shared out among all processes on all machines."""

from __future__ import annotations

from contextlib import suppress
from zlib import crc32

from newsletter.errors import StoreError
from newsletter.store.postgres_holding import BEAT_SECONDS, Holding
from newsletter.store.seats import MOST_PROCESSES, PRESENCE, ROOM, Share

#: Who has not asked the server anything for so long was stopped (Ctrl-Z, SIGSTOP).
STOPPED_SECONDS = 4 * BEAT_SECONDS
#: Places are numbers from 0 to 2**31: so many routes can be told apart.
_ROUTES = 2**31 // ROOM


class PostgresSeats:
    """All seats; the server gives up those of a process that has ended."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._shares: list[PostgresShare] = []

    def __enter__(self) -> PostgresSeats:
        """Return them."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave all places."""
        with suppress(StoreError):
            for share in self._shares:
                share.leave()

    def of(self, route: str, most: int) -> PostgresShare:
        """Return the share that this process has of a route's connections."""
        share = PostgresShare(self._holding, route, most)
        self._shares.append(share)
        return share


class PostgresShare(Share):
    """The share that one process has; see `seats.Share`."""

    def __init__(self, holding: Holding, route: str, most: int) -> None:
        super().__init__(min(most, PRESENCE))
        self._holding = holding
        self._first = crc32(route.encode()) % _ROUTES * ROOM
        self._signs = range(self._first + PRESENCE, self._first + PRESENCE + MOST_PROCESSES)

    def leave(self) -> None:
        """Leave the seats, and be no longer counted."""
        if not self._holding.is_whole:
            return  # The server has let go of them already.
        held = self._holding.held("pace", self._first, self._first + ROOM - 1)
        self._holding.give_up("pace", [row["number"] for row in held if row["is_ours"]])

    def _look(self, wanted: int) -> None:
        """Take what is wanted and free; leave what is too much once as few connections are open.

        Where the server cannot be asked the share stays as it was: the ledger, which is
        asked next, tells of it.
        """
        with suppress(StoreError):
            self._look_at_all(wanted)

    def _look_at_all(self, wanted: int) -> None:
        rows = self._holding.held("pace", self._first, self._first + ROOM - 1)
        ours = {row["number"] for row in rows if row["is_ours"]}
        others = {row["number"]: row["silent"] for row in rows if not row["is_ours"]}
        stopped = {place for place, silent in others.items() if (silent or 0) > STOPPED_SECONDS}
        if not ours.intersection(self._signs):
            self._sign(others)
        signs = [place for place in others if place in self._signs and place not in stopped]
        due = self._due(wanted, len(signs))
        seats = range(self._first, self._first + self._most)
        self._held = [place for place in seats if place in ours]
        free = [place for place in seats if place not in ours and place not in others]
        self._held += self._holding.take("pace", free[: max(0, due - len(self._held))])
        lendable = sum(place in stopped for place in seats)
        self._lent = min(lendable, max(0, due - len(self._held)))
        if self._sitting <= due < len(self._held):
            surplus, self._held = self._held[due:], self._held[:due]
            self._holding.give_up("pace", surplus)

    def _sign(self, others: dict[int, float]) -> None:
        """Let the others count us."""
        free = (place for place in self._signs if place not in others)
        for place in free:
            if self._holding.take("pace", [place]):
                return
