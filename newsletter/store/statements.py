"""What a ledger says to SQLite, statement by statement."""

from __future__ import annotations

from newsletter.store.dialect import together, two

COLUMNS = "id, address, domain, edition, sender, message_id, personal, attempts, tried"

# On PostgreSQL nobody waits for rows that another sender is just taking, not even where it
# was stopped in the middle of that. The array is made once, a subquery might be run again.
_SKIPPING = {
    "id IN (\n": "id = ANY (ARRAY(\n",
    "LIMIT :count)": "LIMIT :count FOR UPDATE SKIP LOCKED))",
}
# Compared as rows, so that only the index by state can serve it: by the primary key, which a
# planner may prefer, a claim would walk over everything that was ever sent.
_FROM_CURSOR = {
    "mailing = :mailing AND state = 'queued' AND id > :after": "(mailing, state, id) >"
    " (:mailing, 'queued', :after) AND (mailing, state, id) < (:mailing, 'queued', 9e18::bigint)",
    "ORDER BY id": "ORDER BY mailing, state, id",
}

# What waited longest first. The index on (mailing, due) serves it.
CLAIM_DUE = f"""
UPDATE deliveries SET state = 'claimed', owner = :sender WHERE id IN (
  SELECT id FROM deliveries
  WHERE mailing = :mailing AND state = 'deferred' AND due <= :now
    AND domain NOT IN (SELECT value FROM json_each(:but))
  ORDER BY due LIMIT :count)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own column names
CLAIM_DUE = two(CLAIM_DUE, _SKIPPING)

# The cursor keeps a claim from walking again over rows whose domain is at its limit.
CLAIM_QUEUED = f"""
UPDATE deliveries SET state = 'claimed', owner = :sender WHERE id IN (
  SELECT id FROM deliveries
  WHERE mailing = :mailing AND state = 'queued' AND id > :after
    AND domain NOT IN (SELECT value FROM json_each(:but))
    AND id % :every = 0
  ORDER BY id LIMIT :count)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own column names
CLAIM_QUEUED = two(CLAIM_QUEUED, {**_SKIPPING, **_FROM_CURSOR})

# The number of the sender is the fencing token: who lost a claim while it was stopped
# changes nothing.
INTEND = """
UPDATE deliveries SET state = 'in_flight', events = events + 1, tried = COALESCE(tried, :now)
WHERE id IN (SELECT value FROM json_each(:keys)) AND state = 'claimed' AND owner = :sender
RETURNING id
"""

INTENDED = """
INSERT INTO delivery_events (delivery, number, at, state, route, sender)
SELECT id, events, :now, state, :route, :sender
FROM deliveries WHERE id IN (SELECT value FROM json_each(:keys))
"""

SKIP = """
UPDATE deliveries SET state = 'skipped', reason = :reason, events = events + 1
WHERE id = :key AND state = 'claimed' AND owner = :sender
"""

# A late answer to what has been declared unknown meanwhile is still the truth, as long
# as nobody has decided otherwise and it is final.
SETTLE = """
UPDATE deliveries SET state = :state, reason = :reason, due = :due, events = events + 1,
  attempts = attempts + :counted
WHERE id = :key AND owner = :sender
  AND (state = 'in_flight' OR (state = 'unknown' AND :state IN ('accepted', 'refused')))
"""

# The same for what was accepted, all at once: that is nearly everything.
ACCEPT = """
UPDATE deliveries SET state = 'accepted', reason = '', due = NULL, events = events + 1,
  attempts = attempts + 1
WHERE id IN (SELECT value FROM json_each(:keys)) AND owner = :sender
  AND (state = 'in_flight' OR state = 'unknown')
"""

RELEASE = """
UPDATE deliveries SET state = 'queued', owner = 0
WHERE id = :key AND owner = :sender AND state IN ('claimed', 'in_flight')
"""

EVENT = """
INSERT INTO delivery_events
  (delivery, number, at, state, stage, code, enhanced, words, queue_id, route, sender)
SELECT id, events, :now, state, :stage, :code, :enhanced, :words, :queue_id, :route, :sender
FROM deliveries WHERE id = :key
"""

# Only for what SETTLE has changed: who settles once owns the row from then on, and where
# nothing has changed (it was lost already) the last number has its event.
SETTLED = f"""{EVENT} AND owner = :sender AND state = :state
ON CONFLICT (delivery, number) DO NOTHING"""
_SAID = {
    **{"key": "bigint", "stage": "text", "code": "integer", "enhanced": "text"},
    **{"words": "text", "queue_id": "text", "route": "text"},
}
_ALL_EVENTS = """
INSERT INTO delivery_events
  (delivery, number, at, state, stage, code, enhanced, words, queue_id, route, sender)
SELECT d.id, d.events, :now, d.state, r.stage, r.code, r.enhanced, r.words, r.queue_id, r.route,
  :sender
FROM {rows} JOIN deliveries AS d ON d.id = r.key
"""
EVENT = together(EVENT, _ALL_EVENTS, _SAID)
SETTLED = together(
    SETTLED,
    f"""{_ALL_EVENTS} WHERE d.owner = :sender AND d.state = r.state
ON CONFLICT (delivery, number) DO NOTHING""",
    {**_SAID, "state": "text"},
)

# The same for what ACCEPT has changed: one statement, because binding a dozen names for each
# row takes longer than writing the row.
ACCEPTED = two(
    """
INSERT INTO delivery_events
  (delivery, number, at, state, stage, code, enhanced, words, queue_id, route, sender)
SELECT d.id, d.events, :now, d.state, r.value ->> 1, CAST(r.value ->> 2 AS INTEGER),
  r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6, :sender
FROM json_each(:answers) AS r CROSS JOIN deliveries AS d
WHERE d.id = CAST(r.value ->> 0 AS INTEGER) AND d.owner = :sender AND d.state = 'accepted'
ON CONFLICT (delivery, number) DO NOTHING
""",
    {
        "json_each(:answers) AS r": "json_array_elements(CAST(:answers AS json)) AS r (value)",
        "d.id = CAST(r.value ->> 0 AS INTEGER)": "d.id = CAST(r.value ->> 0 AS bigint)",
    },
)

# The dead had these in flight: the answer was lost, and only theirs.
LOST = """
UPDATE deliveries SET state = 'unknown', reason = 'answer lost', events = events + 1,
  attempts = attempts + 1
WHERE mailing = :mailing AND state = 'in_flight' AND owner = :dead
RETURNING id, address
"""

TAKE_BACK = """
UPDATE deliveries SET state = 'queued', owner = 0
WHERE mailing = :mailing AND state = 'claimed' AND owner = :dead
"""

# Whose lease is over was killed or stopped: nobody waits for its answers.
UNDER_WAY = """
SELECT d.domain AS domain, COUNT(*) AS n FROM deliveries AS d
JOIN senders AS s ON s.id = d.owner AND s.mailing = d.mailing
WHERE d.state = 'in_flight' AND s.ended IS NULL AND s.lease > :now
  AND d.mailing IN (SELECT mailing FROM senders WHERE ended IS NULL)
GROUP BY d.domain
"""

HURRY = """
UPDATE deliveries SET due = :now WHERE mailing = :mailing AND state = 'deferred' AND due > :now
"""

COUNT = "SELECT state, COUNT(*) AS n FROM deliveries WHERE mailing = :mailing GROUP BY state"

NEXT_DUE = "SELECT MIN(due) AS due FROM deliveries WHERE mailing = :mailing AND state = 'deferred'"

# Whoever was taken for dead has no lease any more.
BEAT = "UPDATE senders SET lease = :lease WHERE id = :sender AND ended IS NULL"

# Changes nothing, but waits for whoever holds the row.
STAND_BY = "UPDATE senders SET lease = lease WHERE id = :dead"

STAND_BY_ALL = """
UPDATE senders SET lease = lease WHERE mailing = :mailing AND ended IS NULL
"""

LIVES = "UPDATE senders SET lease = lease WHERE id = :sender AND ended IS NULL"

# By the number alone: a row that does not suit yet is not waited for, only one that does.
LAST_LEASE = "UPDATE senders SET lease = lease WHERE id = :sender RETURNING lease"

BURY = "UPDATE senders SET ended = :now WHERE id = :dead AND ended IS NULL"

EXHUME = "UPDATE senders SET ended = NULL WHERE id = :dead"
