"""Mailings in the store: frozen once, then only their state moves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from newsletter.errors import MailingNotFoundError
from newsletter.model.mailing import Mailing, MailingState, UnknownPolicy
from newsletter.store import senders
from newsletter.store.database import Row, Store
from newsletter.store.freezing import earlier_mailings
from newsletter.store.ledger import count_by_state, take_back
from newsletter.store.moments import to_moment, to_moment_or_none, to_number

_MOVE = """
UPDATE mailings SET state = :to, reason = :reason,
  ended = CASE WHEN :to IN ('finished', 'cancelled') THEN :now ELSE NULL END
WHERE id = :mailing AND state IN (SELECT value FROM json_each(:from))
"""

#: Deliveries skipped in one transaction: others must not wait long for the database.
CHUNK = 1000

# A person cancelled: whatever nobody has in hand is not sent any more.
_SKIP_REST = """
UPDATE deliveries SET state = 'skipped', reason = 'cancelled', events = events + 1
WHERE id IN (SELECT id FROM deliveries
  WHERE mailing = :mailing AND state IN ('queued', 'deferred') LIMIT :count)
RETURNING id
"""

_SKIP_EVENT = """
INSERT INTO delivery_events (delivery, number, at, state, stage, words)
SELECT id, events, :now, state, 'person', 'cancelled' FROM deliveries WHERE id = :key
"""


class Mailings:
    """All mailings of a workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def named(self, mailing: int) -> Mailing:
        """Return one mailing with its counts, or raise MailingNotFoundError."""
        rows = self._store.rows("SELECT * FROM mailings WHERE id = :id", {"id": mailing})
        if not rows:
            raise MailingNotFoundError(f"there is no mailing {str(mailing)!r}")
        return self._mailing(rows[0])

    def all(self) -> tuple[Mailing, ...]:
        """Return every mailing with its counts, the newest last."""
        rows = self._store.rows("SELECT * FROM mailings ORDER BY id", {})
        return tuple(self._mailing(row) for row in rows)

    def of_issue(self, issue: str) -> tuple[Mailing, ...]:
        """Return the mailings of an issue that count, tests left out."""
        return tuple(self.named(one) for one in earlier_mailings(self._store, issue))

    def editions(self, mailing: int) -> dict[str, bytes]:
        """Return the frozen template of each edition."""
        rows = self._store.rows(
            "SELECT edition, template FROM mailing_editions WHERE mailing = :id", {"id": mailing}
        )
        return {row["edition"]: row["template"] for row in rows}

    def move(
        self,
        mailing: int,
        to: MailingState,
        *,
        since: Iterable[MailingState],
        now: datetime,
        reason: str = "",
    ) -> bool:
        """Bring a mailing into a state if it is in one of `since`; say whether it was."""
        values = {
            "mailing": mailing,
            "to": to,
            "reason": reason,
            "now": to_number(now),
            "from": json.dumps(list(since)),
        }
        with self._store.transaction() as connection:
            return connection.execute(_MOVE, values).rowcount > 0

    def finish(self, mailing: int, *, now: datetime) -> bool:
        """Declare a mailing finished; refused (False) while anything is open."""
        if count_by_state(self._store, mailing).is_open:
            return False
        open_states = (MailingState.PREPARED, MailingState.SENDING, MailingState.PAUSED)
        return self.move(mailing, MailingState.FINISHED, since=open_states, now=now)

    def skip_rest(self, mailing: int, *, now: datetime) -> int:
        """Skip whatever nobody has in hand, because the mailing is cancelled; return how many."""
        values: dict[str, object] = {"mailing": mailing, "now": to_number(now), "count": CHUNK}
        skipped, found = 0, CHUNK
        while found == CHUNK:
            with self._store.transaction("deciding") as connection:
                rows = connection.execute(_SKIP_REST, values).fetchall()
                connection.executemany(_SKIP_EVENT, ({**values, "key": row["id"]} for row in rows))
            found = len(rows)
            skipped += found
        return skipped

    def call_off(self, mailing: int, *, now: datetime) -> int:
        """Skip whatever no living sender has in hand; return how many.

        What a killed one had claimed is skipped, what it had in flight is unknown.
        """
        take_back(self._store, mailing, now)
        return self.skip_rest(mailing, now=now)

    def end_canary(self, mailing: int) -> None:
        """Let all the others follow the canary."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE mailings SET canary = 1 WHERE id = :id", {"id": mailing})

    def settle_machine(self, mailing: int, machine: str) -> None:
        """Take a mailing over from another machine, because a person said that only we send."""
        with self._store.transaction() as connection:
            values = {"id": mailing, "machine": machine}
            connection.execute("UPDATE mailings SET machine = :machine WHERE id = :id", values)

    def _mailing(self, row: Row) -> Mailing:
        return Mailing(
            id=row["id"],
            issue=row["issue"],
            state=MailingState(row["state"]),
            created=to_moment(row["created"]),
            lists=tuple(json.loads(row["lists"])),
            policy=UnknownPolicy(row["policy"]),
            balance=count_by_state(self._store, row["id"]),
            reason=row["reason"],
            is_test=bool(row["is_test"]),
            starts=to_moment(row["starts"]),
            canary=row["canary"],
            ended=to_moment_or_none(row["ended"]),
            settings=json.loads(row["settings"]),
            machine=row["machine"],
            senders=senders.living(self._store, row["id"]),
        )
