"""A mailing while it is being prepared: frozen in bounded steps, sendable only when whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from newsletter.errors import MailingStateError, WorkspaceBusyError
from newsletter.model.mailing import Recipient, UnknownPolicy
from newsletter.model.people import canonical_key
from newsletter.store import senders
from newsletter.store.database import Connection, Store
from newsletter.store.dialect import together, two
from newsletter.store.moments import to_number

#: Recipients written in one transaction: whoever unsubscribes meanwhile waits for one of
#: these at most, some hundredths of a second.
CHUNK = 1000

_ADD_MAILING = """
INSERT INTO mailings
  (issue, state, is_test, policy, lists, settings, machine, created, starts, canary)
VALUES (:issue, 'preparing', :is_test, :policy, :lists, :settings, :machine, :now, :starts,
  :canary)
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

_ADD_DELIVERY = together(
    _ADD_DELIVERY,
    """
INSERT INTO deliveries
  (id, mailing, person, address, domain, edition, message_id, sender, personal)
SELECT r.number, :mailing, r.person, r.address, r.domain, r.edition, r.message_id, r.sender,
  r.personal
FROM {rows}
WHERE NOT EXISTS (
  SELECT 1 FROM deliveries AS d
  WHERE d.mailing = ANY (:earlier::bigint[]) AND d.person = r.person AND d.state <> 'skipped')
ORDER BY r.number
ON CONFLICT (mailing, person) DO NOTHING
""",
    {
        **{"number": "bigint", "person": "text", "address": "text", "domain": "text"},
        **{"edition": "text", "message_id": "text", "sender": "text", "personal": "text"},
    },
)

# What is not wholly prepared has not been sent to anybody.
_EARLIER = """
SELECT id FROM mailings WHERE issue = :issue AND is_test = 0 AND state <> 'preparing' ORDER BY id
"""

_HAS_HAD = """
SELECT 1 FROM json_each(:earlier) AS m
JOIN deliveries AS d ON d.mailing = m.value AND d.person = :person
WHERE d.state <> 'skipped'
"""

_PREPARING = "SELECT id, issue, is_test FROM mailings WHERE state = 'preparing' ORDER BY id"

_STATE = "SELECT state FROM mailings WHERE id = :mailing"

# Nobody cancels it in the middle of a step; on SQLite nobody could anyway.
_STATE_NOW = two(_STATE, f"{_STATE} FOR NO KEY UPDATE")

_COMPLETE = """
UPDATE mailings SET state = 'prepared',
  starts = CASE WHEN starts < :starts THEN :starts ELSE starts END
WHERE id = :mailing AND state = 'preparing'
"""

# PostgreSQL plans with what it knows of a table: that it has just grown, for instance.
_LOOK_OVER = two("SELECT 1", "ANALYZE deliveries")

_FORGET_SOME = """
DELETE FROM deliveries WHERE id IN (
  SELECT id FROM deliveries WHERE mailing = :mailing LIMIT :count)
"""

# A mailing that was never whole: nobody has heard of it.
_FORGET_REST = (
    "DELETE FROM mailing_editions WHERE mailing = :mailing",
    "DELETE FROM senders WHERE mailing = :mailing",
    "DELETE FROM mailings WHERE id = :mailing AND state = 'preparing'",
)

#: From the number of a delivery to the address that returned mail goes to.
ReturnsTo = Callable[[int], str]


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

    def __init__(self, store: Store, earlier: str) -> None:
        self._store = store
        self._earlier = earlier

    def __bool__(self) -> bool:
        return self._earlier != "[]"

    def has(self, address: str) -> bool:
        """Say whether this person has."""
        values = {"earlier": self._earlier, "person": canonical_key(address)}
        return bool(self._store.rows(_HAS_HAD, values))


def served(store: Store, issue: str) -> Served:
    """Return who already has a delivery of this issue; false where nobody has."""
    return Served(store, json.dumps(earlier_mailings(store, issue)))


def earlier_mailings(store: Store, issue: str) -> list[int]:
    """Return the mailings of an issue that count, tests left out."""
    return [row["id"] for row in store.rows(_EARLIER, {"issue": issue})]


class Freezing:
    """The writing down of one mailing; as long as it is not `complete`, it is not sendable.

    Killed at any moment it leaves rows that nobody sends from, and that `tidy` of the
    next one takes away.
    """

    def __init__(self, store: Store, new: NewMailing, *, now: datetime) -> None:
        tidy(store)
        self._store = store
        #: How many recipients are written down.
        self.count = 0
        with store.transaction("preparing") as connection:
            if not new.is_test:
                _refuse_second(store, new.issue)
            earlier = [] if new.is_test else earlier_mailings(store, new.issue)
            self._earlier = json.dumps(earlier)
            row = connection.execute(_ADD_MAILING, _mailing_row(new, now)).fetchone()
            self.mailing = int(row["id"])
            for edition in new.editions:
                connection.execute(_ADD_EDITION, _edition_row(self.mailing, edition))
            self._sender, self._lock = senders.enter(
                store, connection, self.mailing, new.machine, now
            )

    def add(
        self, recipients: Iterable[Recipient], returns_to: ReturnsTo | None = None
    ) -> Iterator[int]:
        """Write recipients down, each person once; yield how many after each step.

        Who has a delivery of this issue by an earlier mailing is left out. Raises
        MailingStateError where a person has cancelled it meanwhile.
        """
        coming = iter(recipients)
        while chunk := [_delivery_row(self.mailing, one) for one in islice(coming, CHUNK)]:
            self._add(chunk, returns_to)
            yield self.count

    def _add(self, chunk: list[dict[str, object]], returns_to: ReturnsTo | None) -> None:
        # Who is not seen to live is taken for dead, and what it has written taken away.
        self._store.signs.check()
        with self._store.transaction("preparing") as connection:
            self._check(connection)
            # Numbers are sure only under the lock: others may be preparing something too.
            last = connection.execute("SELECT MAX(id) AS last FROM deliveries").fetchone()["last"]
            for number, row in enumerate(chunk, int(last or 0) + 1):
                row.update(number=number, earlier=self._earlier)
                row["sender"] = (returns_to(number) if returns_to else "") or row["sender"]
            added = connection.executemany(_ADD_DELIVERY, chunk).rowcount
        self.count += max(0, added)

    def complete(self, *, now: datetime, starts: datetime | None = None) -> bool:
        """Let the mailing be sent, not before `starts`; False where nobody is in it.

        Raises MailingStateError where a person has cancelled it meanwhile.
        """
        if not self.count:
            self.discard()
            return False
        with self._store.transaction() as connection:
            self._check(connection)
            values = {"mailing": self.mailing, "starts": to_number(starts) if starts else 0}
            connection.execute(_COMPLETE, values)
            connection.execute(_LOOK_OVER)
            senders.leave(connection, self._sender, now)
        self._lock.drop()
        return True

    def discard(self) -> None:
        """Take away what has been written, as if it had never been begun."""
        _forget(self._store, self.mailing)
        self._lock.drop()

    def _check(self, connection: Connection) -> None:
        state = connection.execute(_STATE_NOW, {"mailing": self.mailing}).fetchone()
        if state is None or state["state"] != "preparing":
            raise MailingStateError(
                f"mailing {str(self.mailing)!r} was cancelled while it was being prepared"
            )


def tidy(store: Store) -> int:
    """Take away what killed preparations have left; return how many there were."""
    abandoned = [
        row["id"] for row in store.rows(_PREPARING, {}) if not senders.living(store, row["id"])
    ]
    for mailing in abandoned:
        for left in senders.others(store, mailing):
            store.signs.forget(left.id)
        _forget(store, mailing)
    return len(abandoned)


def _refuse_second(store: Store, issue: str) -> None:
    """Let nobody prepare an issue that somebody else is preparing: they would be in both."""
    for row in store.rows(_PREPARING, {}):
        processes = senders.living(store, row["id"])
        if row["issue"] == issue and not row["is_test"] and processes:
            raise WorkspaceBusyError(
                f"issue {issue!r} is being prepared for sending by process {processes[0]}"
            )


def _forget(store: Store, mailing: int) -> None:
    """Delete a mailing that is not wholly prepared, in steps as short as those that wrote it."""
    values = {"mailing": mailing, "count": CHUNK}
    found = store.rows(_STATE, values)
    if not found or found[0]["state"] != "preparing":
        return
    deleted = CHUNK
    while deleted == CHUNK:
        with store.transaction() as connection:
            deleted = connection.execute(_FORGET_SOME, values).rowcount
    with store.transaction() as connection:
        for statement in _FORGET_REST:
            connection.execute(statement, {"mailing": mailing})


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


def _delivery_row(mailing: int, one: Recipient) -> dict[str, object]:
    return {
        "mailing": mailing,
        "person": canonical_key(one.address),
        "address": one.address,
        "domain": one.address.rpartition("@")[2].lower(),
        "edition": one.edition,
        "message_id": one.message_id,
        "sender": one.sender,
        "personal": json.dumps(dict(one.personal), ensure_ascii=False),
    }
