"""Who gets an issue: the readers of some lists, who is left out, who left meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from newsletter.model.people import MailingList, Reader, canonical_key
from newsletter.store.database import Row, Store
from newsletter.store.dialect import two
from newsletter.store.people import PAGE, People
from newsletter.store.records import read_subscriber

# The rank picks the first of the lists asked for that the person is confirmed on.
_READERS = """
SELECT s.id, s.address, s.name, s.language, s.form, s.fields,
  (SELECT MIN(wanted.key) FROM json_each(:lists) AS wanted
   JOIN subscriptions AS u ON u.subscriber_id = s.id AND u.list_id = wanted.value
   WHERE u.status = 'confirmed') AS rank
FROM subscribers AS s
WHERE s.id > :after AND rank IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM suppressions AS p WHERE p.canonical = s.canonical)
ORDER BY s.id LIMIT :page
"""
_READERS = two(
    _READERS,
    """
SELECT s.id, s.address, s.name, s.language, s.form, s.fields, best.place - 1 AS rank
FROM subscribers AS s
CROSS JOIN LATERAL (
  SELECT MIN(wanted.place) AS place
  FROM unnest(:lists::bigint[]) WITH ORDINALITY AS wanted (list, place)
  JOIN subscriptions AS u ON u.subscriber_id = s.id AND u.list_id = wanted.list
  WHERE u.status = 'confirmed') AS best
WHERE s.id > :after AND best.place IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM suppressions AS p WHERE p.canonical = s.canonical)
ORDER BY s.id LIMIT :page
""",
)

# A person counts once, by the best that any of the lists says: confirmed (2) with a
# suppression is "suppressed", else unconfirmed (1), else unsubscribed (0).
_LEFT_OUT = """
SELECT CASE
    WHEN p.reason IS NOT NULL THEN 'suppressed: ' || p.reason
    WHEN best.standing = 1 THEN 'unconfirmed'
    ELSE 'unsubscribed' END AS why, COUNT(*) AS people
FROM (SELECT subscriber_id, MAX(CASE status
        WHEN 'confirmed' THEN 2 WHEN 'unconfirmed' THEN 1 ELSE 0 END) AS standing
      FROM subscriptions WHERE list_id IN (SELECT value FROM json_each(:lists))
      GROUP BY subscriber_id) AS best
JOIN subscribers AS s ON s.id = best.subscriber_id
LEFT JOIN suppressions AS p ON p.canonical = s.canonical AND best.standing = 2
WHERE best.standing < 2 OR p.reason IS NOT NULL
GROUP BY why ORDER BY why
"""

# Asked again just before writing: what changed since the recipients were frozen.
_UNWANTED = """
SELECT asked.value AS canonical, p.reason, s.id IS NOT NULL AS is_known
FROM json_each(:people) AS asked
LEFT JOIN suppressions AS p ON p.canonical = asked.value
LEFT JOIN subscribers AS s ON s.canonical = asked.value
WHERE p.reason IS NOT NULL OR :asks_lists = 1 AND NOT EXISTS (
  SELECT 1 FROM subscriptions AS u
  WHERE u.subscriber_id = s.id AND u.status = 'confirmed'
    AND u.list_id IN (SELECT value FROM json_each(:lists)))
"""


class Readers:
    """The people of some lists as a mailing sees them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        #: Lists asked for together -> their numbers, which never change.
        self._numbers: dict[tuple[str, ...], str] = {}

    def recipients(self, list_keys: Sequence[str]) -> Iterator[Reader]:
        """Return everyone who is to get an issue for these lists, each person once.

        The order is stable; the people come from the store a page at a time.
        Raises ListNotFoundError.
        """
        lists = self._lists(list_keys)
        values = {"lists": json.dumps([one.id for one in lists]), "after": 0, "page": PAGE}
        while rows := self._store.rows(_READERS, values):
            for row in rows:
                yield _reader(row, lists[row["rank"]])
            values["after"] = rows[-1]["id"]

    def left_out(self, list_keys: Sequence[str]) -> dict[str, int]:
        """Return how many people of these lists are not written to, by reason.

        Reasons: "unconfirmed", "unsubscribed", "suppressed: bounced" and so on. Who
        is confirmed on one of the lists is not left out for having left another.
        """
        numbers = json.dumps([one.id for one in self._lists(list_keys)])
        return {
            row["why"]: row["people"] for row in self._store.rows(_LEFT_OUT, {"lists": numbers})
        }

    def unwanted(self, addresses: Iterable[str], list_keys: Sequence[str]) -> dict[str, str]:
        """Return those of the addresses that must not be written to now, with the reason.

        To be asked during a mailing: people unsubscribe and bounce while it runs.
        Without lists (a test to named addresses) only suppressions count.
        """
        asked = {canonical_key(address): address for address in addresses}
        lists = tuple(list_keys)
        if lists not in self._numbers:
            self._numbers[lists] = json.dumps([one.id for one in self._lists(lists)])
        values = {
            "people": json.dumps(list(asked)),
            "lists": self._numbers[lists],
            "asks_lists": int(bool(lists)),
        }
        rows = self._store.rows(_UNWANTED, values)
        return {asked[row["canonical"]]: _why_unwanted(row) for row in rows}

    def _lists(self, list_keys: Sequence[str]) -> list[MailingList]:
        people = People(self._store)
        return [people.list_named(key) for key in dict.fromkeys(list_keys)]


def _reader(row: Row, mailing_list: MailingList) -> Reader:
    person = read_subscriber(row)
    return Reader(
        replace(
            person,
            language=person.language or mailing_list.language,
            form=person.form or mailing_list.form,
        ),
        mailing_list,
    )


def _why_unwanted(row: Row) -> str:
    if row["reason"]:
        return f"suppressed: {row['reason']}"
    return "unsubscribed" if row["is_known"] else "no longer a subscriber"
