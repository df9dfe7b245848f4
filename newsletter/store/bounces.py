"""Hard bounces in the session: what the ledger knows of them keeps the next mailing away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from newsletter.model.people import Suppression, SuppressionReason
from newsletter.store.database import Connection, Row, Store
from newsletter.store.dialect import two
from newsletter.store.moments import to_moment
from newsletter.store.people import remember, write_suppression

#: Suppressions written in one transaction.
CHUNK = 500

# The server itself, asked for this reader, said for good that there is nobody. Never what
# it says as a matter of policy (5.7.x): that is about us. What a person has lifted since
# stays lifted, and one mailing in which more came back than was taken proves nothing.
_BOUNCED = """
SELECT d.id, d.person, d.address, e.at,
  'mailing ' || m.id || ' (' || m.issue || '): '
    || TRIM(e.code || ' ' || e.enhanced || ' ' || e.words) AS note
FROM deliveries AS d
JOIN mailings AS m ON m.id = d.mailing
JOIN delivery_events AS e ON e.delivery = d.id AND e.number = d.events
WHERE d.mailing = :mailing AND d.state = 'refused' AND d.id > :after
  AND d.reason IN (SELECT value FROM json_each(:reasons))
  AND e.stage = 'rcpt' AND e.code BETWEEN 500 AND 599 AND e.enhanced NOT LIKE '5.7.%'
  AND NOT EXISTS (SELECT 1 FROM suppressions AS s WHERE s.canonical = d.person)
  AND NOT EXISTS (
    SELECT 1 FROM events AS lifted
    WHERE lifted.canonical = d.person AND lifted.kind = 'suppression lifted'
      AND (julianday(lifted.at) - 2440587.5) * 86400000 >= e.at)
ORDER BY d.id LIMIT :page
"""
_MILLISECONDS = "(julianday(lifted.at) - 2440587.5) * 86400000"
_BOUNCED = two(_BOUNCED, {_MILLISECONDS: "EXTRACT(EPOCH FROM lifted.at::timestamptz) * 1000"})

# The index by state serves both counts.
_PROVES = """
SELECT (SELECT COUNT(*) FROM deliveries WHERE mailing = :mailing AND state = 'accepted') >= (
  SELECT COUNT(*) FROM deliveries WHERE mailing = :mailing AND state = 'refused'
    AND reason IN (SELECT value FROM json_each(:reasons))) AS it
"""

# Mailings broken off: the end of a run does it itself, and what is paused waits for a
# person to look.
_BROKEN_OFF = """
SELECT id FROM mailings WHERE state IN ('sending', 'cancelled') AND EXISTS (
  SELECT 1 FROM deliveries WHERE mailing = mailings.id AND state = 'refused')
ORDER BY id
"""

# A person wants it tried again: what this mailing had suppressed is not in the way.
_LIFT = """
DELETE FROM suppressions WHERE reason = 'bounced' AND note LIKE 'mailing ' || :mailing || ' (%'
  AND canonical IN (SELECT person FROM deliveries
    WHERE mailing = :mailing AND address IN (SELECT value FROM json_each(:addresses)))
RETURNING canonical
"""


def suppress_bounced(store: Store, mailing: int, reasons: Sequence[str]) -> tuple[str, ...]:
    """Write to nobody again whose server said for good that there is nobody; return whom.

    The reply, the mailing and the time are kept with the suppression. `reasons` are
    those of a delivery that count.
    """
    values = {"mailing": mailing, "reasons": json.dumps(list(reasons)), "page": CHUNK, "after": 0}
    if not store.rows(_PROVES, values)[0]["it"]:
        return ()
    bounced: list[str] = []
    while rows := store.rows(_BOUNCED, values):
        with store.transaction() as connection:
            # Always in this order: two mailings that end at once wait for each other in turn.
            ordered = sorted(rows, key=lambda row: str(row["person"]))
            bounced += [row["address"] for row in ordered if _suppress(connection, row)]
        values["after"] = rows[-1]["id"]
    return tuple(bounced)


def suppress_all_bounced(store: Store, reasons: Sequence[str]) -> None:
    """Do it for every mailing whose sender was killed before it could."""
    for row in store.rows(_BROKEN_OFF, {}):
        suppress_bounced(store, row["id"], reasons)


def lift_bounced(store: Store, mailing: int, addresses: Sequence[str], *, now: datetime) -> None:
    """Take back what a mailing had suppressed, because it is to try these again."""
    values = {"mailing": mailing, "addresses": json.dumps(list(addresses))}
    with store.transaction() as connection:
        for row in connection.execute(_LIFT, values).fetchall():
            note = f"to be tried again by mailing {mailing}"
            remember(connection, "suppression lifted", row["canonical"], now, note=note)


def _suppress(connection: Connection, row: Row) -> bool:
    suppression = Suppression(
        row["address"], SuppressionReason.BOUNCED, to_moment(row["at"]), row["note"]
    )
    return write_suppression(connection, row["person"], suppression)
