"""Subscribers, lists, subscriptions and suppressions in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from newsletter.errors import ListNotFoundError, SubscriberNotFoundError
from newsletter.model.people import (
    ListCount,
    MailingList,
    Subscriber,
    SubscriberRecord,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    canonical_key,
)
from newsletter.store import records
from newsletter.store.database import Connection, Store
from newsletter.store.dialect import two

#: People fetched at a time: the list may have a million, memory must not know.
PAGE = 1000

_ADD_LIST = """
INSERT INTO lists (key, title, language, form, created)
VALUES (:key, :title, :language, :form, :now) ON CONFLICT (key) DO NOTHING
"""

# What is known of a person is only ever filled in, never emptied.
_ADD_SUBSCRIBER = """
INSERT INTO subscribers (canonical, address, name, language, form, fields, created)
VALUES (:canonical, :address, :name, :language, :form, :fields, :now)
ON CONFLICT (canonical) DO UPDATE SET
  name = CASE WHEN excluded.name = '' THEN subscribers.name ELSE excluded.name END,
  language =
    CASE WHEN excluded.language = '' THEN subscribers.language ELSE excluded.language END,
  form = CASE WHEN excluded.form = '' THEN subscribers.form ELSE excluded.form END,
  fields = json_patch(subscribers.fields, excluded.fields)
"""

# Who unsubscribed stays unsubscribed, who never confirmed stays unconfirmed.
_ADD_SUBSCRIPTION = """
INSERT INTO subscriptions (subscriber_id, list_id, status, since, how)
SELECT id, :list, :status, :now, :how FROM subscribers WHERE canonical = :canonical
ON CONFLICT (subscriber_id, list_id) DO NOTHING
"""

# Who stands so already keeps since when and how: of two equal wishes at once one counts.
_SET_STATUS = """
UPDATE subscriptions SET status = :status, since = :now, how = :how
WHERE list_id = :list AND status <> :status
  AND subscriber_id = (SELECT id FROM subscribers WHERE canonical = :canonical)
"""

# The first reason stays: a complaint is not forgotten for a later bounce.
_SUPPRESS = """
INSERT INTO suppressions (canonical, address, reason, since, note)
VALUES (:canonical, :address, :reason, :now, :note) ON CONFLICT (canonical) DO NOTHING
"""

_REMEMBER = """
INSERT INTO events (at, kind, canonical, list_key, note)
VALUES (:at, :kind, :canonical, :list_key, :note)
"""

_COUNTS = """
SELECT l.*,
  COUNT(*) FILTER (WHERE u.status = 'confirmed') AS confirmed,
  COUNT(*) FILTER (WHERE u.status = 'unconfirmed') AS unconfirmed,
  COUNT(*) FILTER (WHERE u.status = 'unsubscribed') AS unsubscribed,
  COUNT(*) FILTER (WHERE u.status = 'confirmed' AND p.canonical IS NOT NULL) AS suppressed
FROM lists AS l
LEFT JOIN subscriptions AS u ON u.list_id = l.id
LEFT JOIN subscribers AS s ON s.id = u.subscriber_id
LEFT JOIN suppressions AS p ON p.canonical = s.canonical
GROUP BY l.id ORDER BY l.key
"""

# What is not given (NULL) stays as it is.
_CHANGE_LIST = """
UPDATE lists SET title = COALESCE(:title, title), language = COALESCE(:language, language),
  form = COALESCE(:form, form)
WHERE key = :key
"""

_FIELD_NAMES = """
SELECT DISTINCT f.key FROM subscribers AS s, json_each(s.fields) AS f
WHERE :list = 0 OR EXISTS (
  SELECT 1 FROM subscriptions AS u WHERE u.subscriber_id = s.id AND u.list_id = :list)
ORDER BY f.key
"""
_FIELD_NAMES = two(
    _FIELD_NAMES,
    {
        "json_each(s.fields) AS f": "json_object_keys(s.fields::json) AS f (key)",
        "DISTINCT f.key": 'DISTINCT f.key COLLATE "C" AS key',
        "ORDER BY f.key": "ORDER BY key",
    },
)


class People:
    """Everyone the store knows, and how they stand to the lists.

    Addresses handed in are valid already (`audience.addresses.parse_address`).
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def ensure_list(self, key: str, *, now: datetime, title: str = "") -> MailingList:
        """Return the list with this key, made now where there is none; case does not count."""
        values = {"key": key.lower(), "title": title, "language": "", "form": ""}
        with self._store.transaction() as connection:
            connection.execute(_ADD_LIST, {**values, "now": now.isoformat()})
        return self.list_named(key)

    def list_named(self, key: str) -> MailingList:
        """Return the list with this key, or raise ListNotFoundError."""
        values = {"key": key.lower()}
        found = self._store.rows("SELECT * FROM lists WHERE key = :key", values)
        if not found:
            raise ListNotFoundError(f"there is no list {key!r}")
        return records.read_list(found[0])

    def change_list(
        self,
        key: str,
        *,
        title: str | None = None,
        language: str | None = None,
        form: str | None = None,
    ) -> MailingList:
        """Set what is given of a list and return it; ListNotFoundError where there is none."""
        values = {"key": key.lower(), "title": title, "language": language, "form": form}
        with self._store.transaction() as connection:
            connection.execute(_CHANGE_LIST, values)
        return self.list_named(key)

    def lists(self) -> tuple[ListCount, ...]:
        """Return every list with how many people stand to it in which way."""
        states = ("confirmed", "unconfirmed", "unsubscribed", "suppressed")
        return tuple(
            ListCount(records.read_list(row), *(row[state] for state in states))
            for row in self._store.rows(_COUNTS, {})
        )

    def list_keys(self) -> tuple[str, ...]:
        """Return the keys of all lists; quick, because nobody is counted."""
        return tuple(row["key"] for row in self._store.rows("SELECT key FROM lists", {}))

    def find(self, address: str) -> SubscriberRecord:
        """Return all that is kept of the person with this address.

        A suppression is kept even of an address that never was a subscriber's. Raises
        SubscriberNotFoundError.
        """
        canonical = canonical_key(address)
        for row in self._store.rows(records.ONE_RECORD, {"canonical": canonical}):
            return records.read_record(row)
        suppression = self.suppression(address)
        if suppression is None:
            raise SubscriberNotFoundError(f"nobody with the address {address!r} is known")
        return SubscriberRecord(Subscriber(suppression.address), suppression=suppression)

    def numbered(
        self, person: int, mailing_list: int
    ) -> tuple[SubscriberRecord, MailingList] | None:
        """Return the person and the list with these numbers; None where there is none."""
        found = self._store.rows(records.NUMBERED, {"id": person})
        lists = self._store.rows("SELECT * FROM lists WHERE id = :id", {"id": mailing_list})
        if not found or not lists:
            return None
        return records.read_record(found[0]), records.read_list(lists[0])

    def everyone(self, list_key: str | None = None) -> Iterator[SubscriberRecord]:
        """Return all subscribers, or all who ever were on a list, a page at a time."""
        number = self.list_named(list_key).id if list_key else 0
        values = {"list": number, "after": 0, "page": PAGE}
        while rows := self._store.rows(records.PAGE_OF_RECORDS, values):
            yield from map(records.read_record, rows)
            values["after"] = rows[-1]["id"]

    def field_names(self, list_key: str | None = None) -> tuple[str, ...]:
        """Return the names of all extra fields that anybody has."""
        number = self.list_named(list_key).id if list_key else 0
        return tuple(row["key"] for row in self._store.rows(_FIELD_NAMES, {"list": number}))

    def suppression(self, address: str) -> Suppression | None:
        """Return why this address must not be written to, or None."""
        rows = self._store.rows(
            "SELECT * FROM suppressions WHERE canonical = :canonical",
            {"canonical": canonical_key(address)},
        )
        return records.read_suppression(rows[0]) if rows else None

    def add(
        self,
        subscriber: Subscriber,
        list_key: str,
        *,
        now: datetime,
        how: str,
        status: SubscriptionStatus = SubscriptionStatus.CONFIRMED,
    ) -> bool:
        """Put a person on a list; say whether they were not on it in any way before.

        Who unsubscribed stays so: `rejoin` is for those who asked to come back.
        """
        canonical = canonical_key(subscriber.address)
        values = {
            "canonical": canonical,
            "address": subscriber.address,
            "name": subscriber.name,
            "language": subscriber.language,
            "form": subscriber.form,
            "fields": json.dumps(dict(subscriber.fields), ensure_ascii=False),
            "list": self.list_named(list_key).id,
            "status": status,
            "now": now.isoformat(),
            "how": how,
        }
        with self._store.transaction() as connection:
            connection.execute(_ADD_SUBSCRIBER, values)
            is_new = connection.execute(_ADD_SUBSCRIPTION, values).rowcount > 0
            if is_new:
                remember(connection, f"added {status}", canonical, now, list_key, how)
        return is_new

    def rejoin(self, address: str, list_key: str, *, now: datetime, how: str) -> None:
        """Confirm someone again who had left the list and asked to come back."""
        self._set_status(address, [list_key], SubscriptionStatus.CONFIRMED, now, how)

    def unsubscribe(
        self, address: str, list_key: str | None = None, *, now: datetime, how: str
    ) -> tuple[str, ...]:
        """Take the person off the list, or off all; return the keys of the lists they left."""
        left = tuple(
            one.mailing_list
            for one in self._subscriptions(address)
            if one.status is not SubscriptionStatus.UNSUBSCRIBED
            and list_key in (None, one.mailing_list)
        )
        self._set_status(address, left, SubscriptionStatus.UNSUBSCRIBED, now, how)
        return left

    def suppress(
        self, address: str, reason: SuppressionReason, *, now: datetime, note: str = ""
    ) -> bool:
        """Never write to this address again, known or not; say whether that is new."""
        suppression = Suppression(address, reason, now, note)
        with self._store.transaction() as connection:
            return write_suppression(connection, canonical_key(address), suppression)

    def lift_suppression(self, address: str, *, now: datetime, note: str = "") -> bool:
        """Allow writing to this address again; say whether it had been suppressed."""
        canonical = canonical_key(address)
        with self._store.transaction() as connection:
            lifted = connection.execute(
                "DELETE FROM suppressions WHERE canonical = :canonical", {"canonical": canonical}
            ).rowcount
            if lifted:
                remember(connection, "suppression lifted", canonical, now, note=note)
        return lifted > 0

    def _subscriptions(self, address: str) -> tuple[Subscription, ...]:
        try:
            return self.find(address).subscriptions
        except SubscriberNotFoundError:
            return ()

    def _set_status(
        self,
        address: str,
        list_keys: Sequence[str],
        status: SubscriptionStatus,
        now: datetime,
        how: str,
    ) -> None:
        canonical = canonical_key(address)
        values = {"canonical": canonical, "status": status, "now": now.isoformat(), "how": how}
        with self._store.transaction() as connection:
            for key in list_keys:
                numbered = {**values, "list": self.list_named(key).id}
                if connection.execute(_SET_STATUS, numbered).rowcount:
                    remember(connection, status, canonical, now, key, how)


def write_suppression(connection: Connection, canonical: str, suppression: Suppression) -> bool:
    """Suppress an address inside a transaction; say whether that is new."""
    values = {
        "canonical": canonical,
        "address": suppression.address,
        "reason": suppression.reason,
        "now": suppression.since.isoformat(),
        "note": suppression.note,
    }
    is_new = connection.execute(_SUPPRESS, values).rowcount > 0
    if is_new:
        kind = f"suppressed {suppression.reason}"
        remember(connection, kind, canonical, suppression.since, note=suppression.note)
    return is_new


def remember(
    connection: Connection,
    kind: str,
    canonical: str,
    at: datetime,
    list_key: str = "",
    note: str = "",
) -> None:
    """Add an event inside the transaction of the change that it tells of."""
    values = {"kind": kind, "canonical": canonical, "at": at.isoformat()}
    connection.execute(_REMEMBER, {**values, "list_key": list_key, "note": note})
