"""Many people at once: staged beside the store, judged, then written in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from json.encoder import encode_basestring as _quoted

from newsletter.model.people import (
    ImportedPerson,
    Judgement,
    LeftAlone,
    canonical_key,
)
from newsletter.store.database import Connection, Store
from newsletter.store.dialect import together, two
from newsletter.store.people import People, remember

#: Rows handed to SQLite at a time.
BATCH = 2000

_STAGE = """
CREATE TEMP TABLE incoming (
  number INTEGER PRIMARY KEY,
  canonical TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  form TEXT NOT NULL,
  fields TEXT NOT NULL,
  consent TEXT NOT NULL,
  -- 0 confirmed, 1 unconfirmed, 2 unsubscribed: the most careful row counts.
  care INTEGER NOT NULL,
  -- Why it must not be written to; empty: nothing is said.
  reason TEXT NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  -- Of the subscriber; 0: there is none yet.
  known_id INTEGER NOT NULL DEFAULT 0,
  judgement TEXT NOT NULL DEFAULT 'new'
) STRICT
"""
_STAGE = two(
    _STAGE,
    {
        "number INTEGER": "number bigint GENERATED ALWAYS AS IDENTITY",
        " TEXT ": ' text COLLATE "C" ',
        "STRICT": "",
    },
)
_STAGING = (
    two("DROP TABLE IF EXISTS temp.incoming", "DROP TABLE IF EXISTS pg_temp.incoming"),
    # It is made anew for each import: there is nothing to roll back to.
    two("PRAGMA temp.journal_mode = OFF", "SELECT 1"),
    _STAGE,
)

# The same person again in the file: the first row speaks, later ones fill its gaps.
_INCOMING = """
INSERT INTO incoming
  (canonical, address, file, line, name, language, form, fields, consent, care, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (canonical) DO UPDATE SET
  repeats = incoming.repeats + 1,
  name = CASE WHEN incoming.name = '' THEN excluded.name ELSE incoming.name END,
  language = CASE WHEN incoming.language = '' THEN excluded.language ELSE incoming.language END,
  form = CASE WHEN incoming.form = '' THEN excluded.form ELSE incoming.form END,
  fields = json_patch(excluded.fields, incoming.fields),
  consent = json_patch(excluded.consent, incoming.consent),
  care = CASE WHEN incoming.care < excluded.care THEN excluded.care ELSE incoming.care END,
  reason = CASE WHEN incoming.reason = '' THEN excluded.reason ELSE incoming.reason END
"""
_COLUMNS = ("canonical", "address", "file", "line", "name", "language", "form", "fields", "consent")
_INCOMING = together(
    _INCOMING,
    _INCOMING.replace("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "SELECT * FROM {rows}"),
    {**dict.fromkeys(_COLUMNS, "text"), "line": "bigint", "care": "integer", "reason": "text"},
    once="canonical",
)

# What the file alone says of people; all others are new so far.
_JUDGE_BY_FILE = """
UPDATE incoming SET known_id = 0, judgement = CASE
  WHEN reason <> '' THEN 'suppressed' WHEN care = 2 THEN 'unsubscribed' ELSE 'new' END
WHERE care = 2 OR reason <> '' OR judgement <> 'new' OR known_id <> 0
"""

# What it would do to people of whom something is known. Who left or is suppressed is left
# alone, whatever the file says, and who left altogether does not come back by way of
# another list; who never confirmed is not confirmed by a file.
_JUDGE_KNOWN = """
UPDATE incoming SET known_id = COALESCE(known.id, 0), judgement = CASE
  WHEN reason <> '' THEN
    CASE WHEN known.suppressed IS NULL THEN 'suppressed' ELSE 'unchanged' END
  WHEN care = 2 THEN
    CASE WHEN known.status = 'unsubscribed' THEN 'unchanged' ELSE 'unsubscribed' END
  WHEN known.suppressed IS NOT NULL THEN 'left alone: suppressed, ' || known.suppressed
  WHEN known.status = 'unsubscribed' THEN 'left alone: unsubscribed'
  WHEN known.status = 'unconfirmed' THEN 'left alone: unconfirmed'
  WHEN known.status IS NULL AND known.left_all = 1 THEN
    'left alone: unsubscribed from every list they were on'
  WHEN known.status IS NULL THEN 'new'
  WHEN (incoming.name <> '' AND incoming.name <> known.name)
    OR (incoming.language <> '' AND incoming.language <> known.language)
    OR (incoming.form <> '' AND incoming.form <> known.form)
    OR json_patch(known.fields, incoming.fields) <> json(known.fields) THEN 'changed'
  ELSE 'unchanged' END
FROM (
  SELECT i.number, s.id, u.status, p.reason AS suppressed, s.name, s.language, s.form, s.fields,
    (SELECT MIN(CASE o.status WHEN 'unsubscribed' THEN 1 ELSE 0 END) FROM subscriptions AS o
     WHERE o.subscriber_id = s.id) AS left_all
  FROM incoming AS i
  LEFT JOIN suppressions AS p ON p.canonical = i.canonical
  LEFT JOIN subscribers AS s ON s.canonical = i.canonical
  LEFT JOIN subscriptions AS u ON u.subscriber_id = s.id AND u.list_id = :list
  WHERE p.canonical IS NOT NULL OR s.id IS NOT NULL
) AS known
WHERE known.number = incoming.number
"""
_JUDGE_KNOWN = two(
    _JUDGE_KNOWN,
    {
        "incoming.fields) <> json(known.fields)": "incoming.fields)::jsonb <> known.fields::jsonb",
    },
)

# Numbers are given out here, so that the subscriptions need not look their people up.
_WRITE_SUBSCRIBERS = """
INSERT INTO subscribers (id, canonical, address, name, language, form, fields, created)
SELECT :last_id + number, canonical, address, name, language, form, fields, :now FROM incoming
WHERE known_id = 0 AND judgement IN ('new', 'unsubscribed', 'suppressed') ORDER BY number
"""
# Others add people at the same time: there the numbers are the server's to give.
_WRITE_SUBSCRIBERS = two(
    _WRITE_SUBSCRIBERS,
    {
        "(id, canonical": "(canonical",
        ":last_id + number, ": "",
        "ORDER BY number": "ORDER BY number ON CONFLICT (canonical) DO NOTHING",
    },
)

_WRITE_CHANGES = """
UPDATE subscribers SET
  name = CASE WHEN i.name = '' THEN subscribers.name ELSE i.name END,
  language = CASE WHEN i.language = '' THEN subscribers.language ELSE i.language END,
  form = CASE WHEN i.form = '' THEN subscribers.form ELSE i.form END,
  fields = json_patch(subscribers.fields, i.fields)
FROM incoming AS i
WHERE i.known_id = subscribers.id AND i.judgement IN ('new', 'changed')
"""

_WRITE_SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscriber_id, list_id, status, since, how, consent)
SELECT CASE known_id WHEN 0 THEN :last_id + number ELSE known_id END, :list,
  CASE care WHEN 0 THEN 'confirmed' WHEN 1 THEN 'unconfirmed' ELSE 'unsubscribed' END,
  :now, :how, consent
FROM incoming WHERE judgement IN ('new', 'unsubscribed', 'suppressed') ORDER BY number
ON CONFLICT (subscriber_id, list_id) DO UPDATE
  SET status = excluded.status, since = excluded.since, how = excluded.how
  WHERE excluded.status = 'unsubscribed' AND subscriptions.status <> 'unsubscribed'
"""
_WRITE_SUBSCRIPTIONS = two(
    _WRITE_SUBSCRIPTIONS,
    {
        "CASE known_id WHEN 0 THEN :last_id + number ELSE known_id END": "s.id",
        "FROM incoming WHERE": "FROM incoming JOIN subscribers AS s USING (canonical) WHERE",
    },
)

_WRITE_SUPPRESSIONS = """
INSERT INTO suppressions (canonical, address, reason, since, note)
SELECT canonical, address, reason, :now, :how FROM incoming WHERE judgement = 'suppressed'
ORDER BY canonical ON CONFLICT (canonical) DO NOTHING
"""

_WRITE_EVENTS = """
INSERT INTO events (at, kind, canonical, list_key, note)
SELECT :now, CASE judgement WHEN 'suppressed' THEN 'suppressed ' || reason ELSE judgement END,
  canonical, :list_key, :how
FROM incoming WHERE judgement IN ('unsubscribed', 'suppressed') ORDER BY number
"""

# What PostgreSQL believes of a table that was empty a moment ago makes each page of readers
# a walk through all of them.
_LOOK_OVER = two("SELECT 1", "ANALYZE subscribers, subscriptions, suppressions")


# For speed alone. On PostgreSQL each batch is told in one statement, and nobody may rest in
# the middle of a transaction, as long as the file comes slowly.
_BEGIN, _COMMIT = two("BEGIN", "SELECT 1"), two("COMMIT", "SELECT 1")


class Import:
    """People on their way into a list; nothing of them is in the store until `write`."""

    def __init__(self, store: Store, list_key: str) -> None:
        self._store = store
        self._list_key = list_key
        # A table of this connection's own, on disk once it grows: it stops nobody.
        with store.errors("written"):
            for statement in _STAGING:
                store.connection.execute(statement)

    def add(self, people: Iterable[ImportedPerson]) -> None:
        """Stage people; the same person again only fills the gaps of the first row."""
        rows = map(_staged, people)
        connection = self._store.connection
        with self._store.errors("written"):
            connection.execute(_BEGIN)
            try:
                while batch := list(islice(rows, BATCH)):
                    connection.executemany(_INCOMING, batch)
            finally:
                connection.execute(_COMMIT)

    def judge(self) -> Counter[Judgement]:
        """Return how many people are new, changed and so on; nothing is written."""
        with self._store.errors("read"):
            self._judge(self._store.connection)
        return self._counted()

    def write(self, *, now: datetime, how: str) -> Counter[Judgement]:
        """Write all of it in one transaction and return what was done."""
        people = People(self._store)
        list_id = people.ensure_list(self._list_key, now=now).id
        values = {"list": list_id, "list_key": self._list_key, "now": now.isoformat(), "how": how}
        with self._store.transaction("importing") as connection:
            self._judge(connection)
            last = connection.execute("SELECT COALESCE(MAX(id), 0) FROM subscribers").fetchone()
            for statement in _WRITES:
                connection.execute(statement, {**values, "last_id": last[0]})
            counted = self._counted()
            note = ", ".join(f"{count} {judgement}" for judgement, count in counted.items())
            remember(connection, "import", "", now, self._list_key, f"{how}: {note}")
        return counted

    def repeated(self) -> int:
        """Return how many rows were of somebody who had come before in the file."""
        return int(self._store.rows(_REPEATED, {})[0]["n"])

    def left_alone(self, most: int) -> Iterator[LeftAlone]:
        """Return whom the import does not touch, in the order of the file."""
        mark = f"{Judgement.LEFT_ALONE}: "
        for row in self._store.rows(_LEFT_ALONE, {"mark": f"{mark}%", "most": most}):
            reason = row["judgement"].removeprefix(mark)
            yield LeftAlone(row["line"], row["address"], reason, row["file"])

    def _judge(self, connection: Connection) -> None:
        found = connection.execute("SELECT id FROM lists WHERE key = :key", {"key": self._list_key})
        row = found.fetchone()
        connection.execute(_JUDGE_BY_FILE)
        connection.execute(_JUDGE_KNOWN, {"list": row["id"] if row else 0})

    def _counted(self) -> Counter[Judgement]:
        counted: Counter[Judgement] = Counter()
        for row in self._store.rows(_COUNT, {}):
            counted[Judgement(row["judgement"].partition(":")[0])] += row["people"]
        return counted


_REPEATED = "SELECT COALESCE(SUM(repeats), 0) AS n FROM incoming"
_COUNT = "SELECT judgement, COUNT(*) AS people FROM incoming GROUP BY judgement"
_LEFT_ALONE = """
SELECT line, address, judgement, file FROM incoming WHERE judgement LIKE :mark
ORDER BY number LIMIT :most
"""
_WRITES = (
    _WRITE_SUBSCRIBERS,
    _WRITE_CHANGES,
    _WRITE_SUBSCRIPTIONS,
    _WRITE_SUPPRESSIONS,
    _WRITE_EVENTS,
    _LOOK_OVER,
)
# By their texts: hashing an enum's member runs Python code, a million times.
_CARE = {"confirmed": 0, "unconfirmed": 1, "unsubscribed": 2}


def _json(texts: Mapping[str, str]) -> str:
    """Return a JSON object of texts; three times as quick as the general way."""
    return (
        "{" + ",".join([f"{_quoted(key)}:{_quoted(value)}" for key, value in texts.items()]) + "}"
    )


def _staged(one: ImportedPerson) -> tuple[object, ...]:
    line, checked, name, language, form, fields, consent, status, suppression, file = one
    address = checked[0]
    return (
        canonical_key(address),
        address,
        file,
        line,
        name,
        language,
        form,
        _json(fields) if fields else "{}",
        _json(consent) if consent else "{}",
        _CARE[status],
        suppression or "",
    )
