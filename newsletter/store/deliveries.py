"""Deliveries as people ask for them: listed, counted, decided on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.model.mailing import Delivery, DeliveryEvent, DeliveryState
from newsletter.model.people import canonical_key
from newsletter.store.database import Row, Store
from newsletter.store.moments import to_moment, to_moment_or_none, to_number
from newsletter.store.statements import STAND_BY_ALL

#: Rows fetched at a time: a mailing may have a million.
PAGE = 1000

# The last event has the last words; a delivery nothing has happened to has none.
_LISTED = """
SELECT d.id, d.address, d.domain, d.state, d.edition, d.attempts, d.message_id, d.reason, d.due,
  e.at, e.stage, e.code, e.enhanced, e.words, e.queue_id
FROM deliveries AS d
LEFT JOIN delivery_events AS e ON e.delivery = d.id AND e.number = d.events
"""

# In the order of the table itself. The plus keeps SQLite from the index on (mailing, state,
# id), by which it would sort the whole mailing again for each page.
_LISTING = f"""{_LISTED}
WHERE +d.mailing = :mailing AND d.id > :after AND d.id <= :last
ORDER BY d.id LIMIT :page
"""

_LISTING_STATE = f"""{_LISTED}
WHERE d.mailing = :mailing AND d.state = :state AND d.id > :after
ORDER BY d.id LIMIT :page
"""

_ENDS = """
SELECT COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last FROM deliveries
WHERE mailing = :mailing
"""

_ONE = """
SELECT id FROM deliveries WHERE mailing = :mailing AND person = :person
"""

_HISTORY = """
SELECT * FROM delivery_events WHERE delivery = :delivery ORDER BY number
"""

_ANY_DUE = """
SELECT 1 FROM deliveries WHERE mailing = :mailing AND state = 'deferred' AND due <= :now LIMIT 1
"""

# What is counted, and for whom, in the words of the report.
_BY_EDITION = """
SELECT edition AS name, state, COUNT(*) AS n FROM deliveries
WHERE mailing = :mailing GROUP BY edition, state ORDER BY edition, state
"""

_BY_DOMAIN = """
SELECT domain AS name, state, COUNT(*) AS n FROM deliveries
WHERE mailing = :mailing GROUP BY domain, state
"""

# One example of the server's own words for each reason.
_BY_REASON = """
SELECT d.state, d.reason, COUNT(*) AS n,
  MIN(TRIM(CASE e.code WHEN 0 THEN '' ELSE CAST(e.code AS TEXT) END
    || ' ' || e.enhanced || ' ' || e.words)) AS words
FROM deliveries AS d
LEFT JOIN delivery_events AS e ON e.delivery = d.id AND e.number = d.events
WHERE d.mailing = :mailing AND d.state IN ('refused', 'deferred', 'skipped', 'unknown')
GROUP BY d.state, d.reason ORDER BY d.state, n DESC, d.reason
"""

# Who was deferred before the clock was set back.
_ANY_LATER = """
SELECT 1 FROM deliveries WHERE mailing = :mailing AND state = 'deferred' AND due > :latest LIMIT 1
"""

_DRAW_IN = """
UPDATE deliveries SET due = :latest
WHERE mailing = :mailing AND state = 'deferred' AND due > :latest
"""

# What a server is known to have taken, nearest in time to what nobody knows.
_TAKEN = """
SELECT d.message_id, e.at FROM deliveries AS d
JOIN delivery_events AS e ON e.delivery = d.id AND e.number = d.events
WHERE d.mailing = :mailing AND d.state = 'accepted' AND e.stage = 'dot' AND e.route = :route
ORDER BY ABS(e.at - :at) LIMIT :most
"""

# Somebody decides on what nobody has in hand.
_DECIDE = """
UPDATE deliveries SET state = :to, reason = :reason, due = NULL, owner = 0, events = events + 1
WHERE mailing = :mailing AND state = :from AND (:key = 0 OR id = :key)
  AND (:why = '' OR reason = :why)
  AND (:most = 0 OR :most >= (SELECT COUNT(*) FROM delivery_events AS e
    WHERE e.delivery = deliveries.id AND e.state = 'unknown'))
RETURNING id, address
"""

_DECIDED = """
INSERT INTO delivery_events (delivery, number, at, state, stage, words, queue_id)
SELECT id, events, :now, state, :who, :words, :queue_id FROM deliveries WHERE id = :key
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which deliveries a decision is about, and what it leaves behind."""

    #: One delivery; 0: all.
    key: int = 0
    #: Only with this reason; empty: any.
    reason: str = ""
    #: Only those whose answer was lost no oftener; 0: any.
    most_losses: int = 0
    #: The reason afterwards.
    new_reason: str = ""
    queue_id: str = ""


class Deliveries:
    """The deliveries of one mailing."""

    def __init__(self, store: Store, mailing: int) -> None:
        self._store = store
        self._mailing = mailing

    def listed(self, state: DeliveryState | None = None) -> Iterator[Delivery]:
        """Return every delivery, or those in one state, a page at a time."""
        values: dict[str, object] = {"mailing": self._mailing, "page": PAGE, "after": 0}
        statement = _LISTING_STATE
        if state:
            values["state"] = state
        else:
            # Not from the first row: those of earlier mailings may be millions.
            [ends] = self._store.rows(_ENDS, values)
            statement, values["after"], values["last"] = _LISTING, ends["first"] - 1, ends["last"]
        while rows := self._store.rows(statement, values):
            yield from map(_delivery, rows)
            values["after"] = rows[-1]["id"]

    def history(self, address: str) -> tuple[DeliveryEvent, ...]:
        """Return all that happened to one person's delivery, in order."""
        key = self.key_of(address)
        rows = self._store.rows(_HISTORY, {"delivery": key}) if key else []
        return tuple(map(_event, rows))

    def taken(self, route: str, near: datetime, most: int) -> dict[str, datetime]:
        """Return Message-IDs that a route took about that time, with when it said so."""
        values = {"mailing": self._mailing, "route": route, "at": to_number(near), "most": most}
        return {row["message_id"]: to_moment(row["at"]) for row in self._store.rows(_TAKEN, values)}

    def key_of(self, address: str) -> int:
        """Return the number of a person's delivery; 0: there is none."""
        values = {"mailing": self._mailing, "person": canonical_key(address)}
        rows = self._store.rows(_ONE, values)
        return int(rows[0]["id"]) if rows else 0

    def is_any_due(self, now: datetime) -> bool:
        """Say whether somebody deferred is to be tried again by now."""
        values = {"mailing": self._mailing, "now": to_number(now)}
        return bool(self._store.rows(_ANY_DUE, values))

    def draw_in(self, latest: datetime) -> None:
        """Let nobody deferred wait for longer than until then."""
        values = {"mailing": self._mailing, "latest": to_number(latest)}
        # Nearly always there is nobody, and a look takes no lock.
        if self._store.rows(_ANY_LATER, values):
            with self._store.transaction("deciding") as connection:
                connection.execute(_DRAW_IN, values)

    def by_edition(self) -> list[tuple[str, str, int]]:
        """Return edition, state and count."""
        return self._tally(_BY_EDITION)

    def by_domain(self) -> list[tuple[str, str, int]]:
        """Return domain, state and count."""
        return self._tally(_BY_DOMAIN)

    def by_reason(self) -> list[tuple[str, str, int, str]]:
        """Return state, reason, count and one example of the server's words."""
        rows = self._store.rows(_BY_REASON, {"mailing": self._mailing})
        return [(row["state"], row["reason"], row["n"], row["words"] or "") for row in rows]

    def _tally(self, statement: str) -> list[tuple[str, str, int]]:
        rows = self._store.rows(statement, {"mailing": self._mailing})
        return [(row["name"], row["state"], row["n"]) for row in rows]

    def decide(
        self,
        since: DeliveryState,
        to: DeliveryState,
        *,
        now: datetime,
        who: str,
        words: str = "",
        choice: Choice | None = None,
    ) -> tuple[str, ...]:
        """Move deliveries that nobody has in hand; return their addresses.

        `who` is "person", "policy" or "log"; the choice narrows it down.
        """
        chosen = choice or Choice()
        values = {
            "mailing": self._mailing,
            "from": since,
            "to": to,
            "reason": chosen.new_reason,
            "key": chosen.key,
            "why": chosen.reason,
            "most": chosen.most_losses,
        }
        event = {"now": to_number(now), "who": who, "words": words, "queue_id": chosen.queue_id}
        with self._store.transaction("deciding") as connection:
            # No round is in the middle of a late answer to one of these.
            connection.execute(STAND_BY_ALL, values)
            rows = connection.execute(_DECIDE, values).fetchall()
            connection.executemany(_DECIDED, ({**event, "key": row["id"]} for row in rows))
        return tuple(row["address"] for row in rows)


def _delivery(row: Row) -> Delivery:
    said = (str(row["code"] or ""), row["enhanced"], row["words"])
    return Delivery(
        id=row["id"],
        address=row["address"],
        state=DeliveryState(row["state"]),
        edition=row["edition"],
        attempts=row["attempts"],
        message_id=row["message_id"],
        reply=" ".join(part for part in said if part),
        reason=row["reason"],
        updated=to_moment_or_none(row["at"]),
        due=to_moment_or_none(row["due"]),
        domain=row["domain"],
        stage=row["stage"] or "",
        queue_id=row["queue_id"] or "",
    )


def _event(row: Row) -> DeliveryEvent:
    return DeliveryEvent(
        at=to_moment(row["at"]),
        state=DeliveryState(row["state"]),
        stage=row["stage"],
        code=row["code"],
        enhanced=row["enhanced"],
        words=row["words"],
        queue_id=row["queue_id"],
        route=row["route"],
        sender=row["sender"],
    )
