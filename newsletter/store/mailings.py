"""Mailings in the store: frozen once, then only their state moves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.errors import MailingNotFoundError
from newsletter.model.mailing import Mailing, MailingState, Recipient, UnknownPolicy
from newsletter.model.people import canonical_key
from newsletter.store import senders
from newsletter.store.ledger import count_by_state
from newsletter.store.moments import to_moment, to_moment_or_none, to_number
from newsletter.store.sqlite import SqliteStore

_ADD_MAILING = """
INSERT INTO mailings
  (issue, state, is_test, policy, lists, settings, machine, created, starts, canary)
VALUES (:issue, 'prepared', :is_test, :policy, :lists, :settings, :machine, :now, :starts, :canary)
RETURNING id
"""

_ADD_EDITION = """
INSERT INTO mailing_editions (mailing, edition, template, fingerprint)
VALUES (:mailing, :edition, :template, :fingerprint)
"""

# Nobody twice: neither in this mailing, nor in an earlier one of the same issue, whatever
# became of it there; only who was skipped then, or was in a test, is still owed one.
_ADD_DELIVERY = """
INSERT INTO deliveries
  (id, mailing, person, address, domain, edition, message_id, sender, personal)
SELECT :number, :mailing, :person, :address, :domain, :edition, :message_id, :sender, :personal
WHERE NOT EXISTS (
  SELECT 1 FROM json_each(:earlier) AS m
  JOIN deliveries AS d ON d.mailing = m.value AND d.person = :person
  WHERE d.state <> 'skipped')
ON CONFLICT (mailing, person) DO NOTHING
"""

_EARLIER = """
SELECT id FROM mailings WHERE issue = :issue AND is_test = 0 ORDER BY id
"""

_HAS_HAD = """
SELECT 1 FROM json_each(:earlier) AS m
JOIN deliveries AS d ON d.mailing = m.value AND d.person = :person
WHERE d.state <> 'skipped'
"""

_MOVE = """
UPDATE mailings SET state = :to, reason = :reason,
  ended = CASE WHEN :to IN ('finished', 'cancelled') THEN :now ELSE NULL END
WHERE id = :mailing AND state IN (SELECT value FROM json_each(:from))
"""

# A person cancelled: whatever nobody has in hand is not sent any more.
_SKIP_REST = """
UPDATE deliveries SET state = 'skipped', reason = 'cancelled', events = events + 1
WHERE mailing = :mailing AND state IN ('queued', 'deferred') RETURNING id
"""

_SKIP_EVENT = """
INSERT INTO delivery_events (delivery, number, at, state, stage, words)
SELECT id, events, :now, state, 'person', 'cancelled' FROM deliveries WHERE id = :key
"""


@dataclass(frozen=True, slots=True)
class FrozenEdition:
    """An edition's message as it will be sent, for ever."""

    key: str
    template: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NewMailing:
    """What a mailing is made of when it is frozen."""

    issue: str
    lists: tuple[str, ...]
    editions: tuple[FrozenEdition, ...]
    policy: UnknownPolicy
    machine: str
    starts: datetime
    is_test: bool = False
    #: Every n-th delivery goes first; 1: all at once.
    canary: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)


class Served:
    """Who already has a delivery of an issue by an earlier mailing."""

    def __init__(self, store: SqliteStore, earlier: str) -> None:
        self._store = store
        self._earlier = earlier

    def __bool__(self) -> bool:
        return self._earlier != "[]"

    def has(self, address: str) -> bool:
        """Say whether this person has."""
        values = {"earlier": self._earlier, "person": canonical_key(address)}
        return bool(self._store.rows(_HAS_HAD, values))


class _NobodyError(Exception):
    """Nobody is left to send to: undo."""


class Mailings:
    """All mailings of a workspace."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def freeze(
        self, new: NewMailing, recipients: Iterable[Recipient], *, now: datetime
    ) -> Mailing | None:
        """Write a mailing with its content and its recipients, all of it or nothing.

        The same person is taken once; who has a delivery of this issue by an earlier
        mailing is left out. Where nobody is left nothing is written: None.
        """
        try:
            return self.named(self._freeze(new, recipients, now))
        except _NobodyError:
            return None

    def _freeze(self, new: NewMailing, recipients: Iterable[Recipient], now: datetime) -> int:
        with self._store.transaction() as connection:
            earlier = self._earlier(new.issue) if not new.is_test else []
            mailing = int(connection.execute(_ADD_MAILING, _mailing_row(new, now)).fetchone()[0])
            for edition in new.editions:
                connection.execute(_ADD_EDITION, _edition_row(mailing, edition))
            added = connection.executemany(
                _ADD_DELIVERY,
                (_delivery_row(mailing, one, json.dumps(earlier)) for one in recipients),
            ).rowcount
            if added < 1:
                raise _NobodyError
        return mailing

    def _earlier(self, issue: str) -> list[int]:
        return [row["id"] for row in self._store.rows(_EARLIER, {"issue": issue})]

    def next_delivery(self) -> int:
        """Return the number of the next delivery; sure only while a mailing is being frozen."""
        rows = self._store.rows("SELECT MAX(id) AS last FROM deliveries", {})
        return int(rows[0]["last"] or 0) + 1

    def served(self, issue: str) -> Served:
        """Return who already has a delivery of this issue; false where nobody has."""
        return Served(self._store, json.dumps(self._earlier(issue)))

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
        return tuple(self.named(one) for one in self._earlier(issue))

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
        values: dict[str, object] = {"mailing": mailing, "now": to_number(now)}
        with self._store.transaction() as connection:
            rows = connection.execute(_SKIP_REST, values).fetchall()
            connection.executemany(_SKIP_EVENT, ({**values, "key": row["id"]} for row in rows))
        return len(rows)

    def end_canary(self, mailing: int) -> None:
        """Let all the others follow the canary."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE mailings SET canary = 1 WHERE id = :id", {"id": mailing})

    def settle_machine(self, mailing: int, machine: str) -> None:
        """Take a mailing over from another machine, because a person said that only we send."""
        with self._store.transaction() as connection:
            values = {"id": mailing, "machine": machine}
            connection.execute("UPDATE mailings SET machine = :machine WHERE id = :id", values)

    def _mailing(self, row: sqlite3.Row) -> Mailing:
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


def _mailing_row(new: NewMailing, now: datetime) -> dict[str, object]:
    return {
        "issue": new.issue,
        "is_test": int(new.is_test),
        "policy": new.policy,
        "lists": json.dumps(new.lists),
        "settings": json.dumps(dict(new.settings)),
        "machine": new.machine,
        "now": to_number(now),
        "starts": to_number(new.starts),
        "canary": new.canary,
    }


def _edition_row(mailing: int, edition: FrozenEdition) -> dict[str, object]:
    return {
        "mailing": mailing,
        "edition": edition.key,
        "template": edition.template,
        "fingerprint": edition.fingerprint,
    }


def _delivery_row(mailing: int, one: Recipient, earlier: str) -> dict[str, object]:
    return {
        "number": one.number or None,
        "mailing": mailing,
        "person": canonical_key(one.address),
        "address": one.address,
        "domain": one.address.rpartition("@")[2].lower(),
        "edition": one.edition,
        "message_id": one.message_id,
        "sender": one.sender,
        "personal": json.dumps(dict(one.personal), ensure_ascii=False),
        "earlier": earlier,
    }
