"""All that is kept of one person, read in one statement."""

from __future__ import annotations

import json
from datetime import datetime

from newsletter.model.people import (
    MailingList,
    Subscriber,
    SubscriberRecord,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from newsletter.store.database import Row
from newsletter.store.dialect import two

_RECORD = """
SELECT s.*, p.reason, p.since AS suppressed_since, p.note, (
  SELECT json_group_array(json_object(
    'list', l.key, 'status', u.status, 'since', u.since, 'how', u.how))
  FROM (SELECT * FROM subscriptions WHERE subscriber_id = s.id ORDER BY list_id) AS u
  JOIN lists AS l ON l.id = u.list_id) AS subscriptions
FROM subscribers AS s
LEFT JOIN suppressions AS p ON p.canonical = s.canonical
"""

_RECORD_POSTGRES = """
SELECT s.*, p.reason, p.since AS suppressed_since, p.note, COALESCE((
  SELECT json_agg(json_build_object(
    'list', l.key, 'status', u.status, 'since', u.since, 'how', u.how) ORDER BY u.list_id)
  FROM subscriptions AS u JOIN lists AS l ON l.id = u.list_id
  WHERE u.subscriber_id = s.id)::text, '[]') AS subscriptions
FROM subscribers AS s
LEFT JOIN suppressions AS p ON p.canonical = s.canonical
"""


def _records(which: str) -> str:
    return two(_RECORD + which, _RECORD_POSTGRES + which)


ONE_RECORD = _records("WHERE s.canonical = :canonical")

NUMBERED = _records("WHERE s.id = :id")

# By keyset, so that the thousandth page costs what the first does.
PAGE_OF_RECORDS = _records(
    "WHERE s.id > :after AND (:list = 0 OR EXISTS (SELECT 1 FROM subscriptions AS u"
    " WHERE u.subscriber_id = s.id AND u.list_id = :list)) ORDER BY s.id LIMIT :page"
)


def read_list(row: Row) -> MailingList:
    """Return the list that a row of `lists` holds."""
    return MailingList(row["key"], row["title"], row["language"], row["form"], row["id"])


def read_subscriber(row: Row) -> Subscriber:
    """Return the subscriber that a row of `subscribers` holds."""
    return Subscriber(
        row["address"],
        row["name"],
        row["language"],
        row["form"],
        json.loads(row["fields"]),
        row["id"],
    )


def read_record(row: Row) -> SubscriberRecord:
    """Return all that a row of people holds."""
    subscriber = read_subscriber(row)
    subscriptions = tuple(
        Subscription(
            subscriber.address,
            one["list"],
            SubscriptionStatus(one["status"]),
            datetime.fromisoformat(one["since"]),
            one["how"],
        )
        for one in json.loads(row["subscriptions"])
    )
    if row["reason"] is None:
        return SubscriberRecord(subscriber, subscriptions)
    since = datetime.fromisoformat(row["suppressed_since"])
    suppression = Suppression(
        subscriber.address, SuppressionReason(row["reason"]), since, row["note"]
    )
    return SubscriberRecord(subscriber, subscriptions, suppression)


def read_suppression(row: Row) -> Suppression:
    """Return the suppression that a row of `suppressions` holds."""
    return Suppression(
        row["address"],
        SuppressionReason(row["reason"]),
        datetime.fromisoformat(row["since"]),
        row["note"],
    )
