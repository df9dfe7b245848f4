-- The ledger: what is owed to whom and what happened. Times are whole milliseconds
-- since 1970 in UTC: there may be millions of rows, and they are compared all day.

CREATE TABLE mailings (
  id       INTEGER PRIMARY KEY,
  issue    TEXT NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('prepared', 'sending', 'paused', 'finished', 'cancelled')),
  -- Why it was paused or cancelled, as a sentence for staff.
  reason   TEXT NOT NULL DEFAULT '',
  -- 1: the real thing to named addresses only; never counts as "sent to the list".
  is_test  INTEGER NOT NULL DEFAULT 0,
  policy   TEXT NOT NULL CHECK (policy IN ('resend', 'hold', 'reconcile')),
  -- Keys of the lists as a JSON array.
  lists    TEXT NOT NULL,
  -- Settings of this mailing, frozen, as a JSON object.
  settings TEXT NOT NULL,
  -- Which machine and which file prepared it: a copy of the database must ask first.
  machine  TEXT NOT NULL,
  created  INTEGER NOT NULL,
  -- Not before this moment (--at, --hold).
  starts   INTEGER NOT NULL,
  -- Only every n-th delivery goes until the results of these are good (--canary); 1: all.
  canary   INTEGER NOT NULL DEFAULT 1,
  ended    INTEGER
) STRICT;

CREATE INDEX mailings_by_issue ON mailings (issue);

-- The frozen message of each edition: what a later edit of issue, theme or settings cannot reach.
CREATE TABLE mailing_editions (
  mailing     INTEGER NOT NULL REFERENCES mailings (id),
  edition     TEXT NOT NULL,
  template    BLOB NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (mailing, edition)
) STRICT, WITHOUT ROWID;

-- One run of a sender. Its number is the fencing token of everything it claims; it is
-- never given twice. Whether a sender lives is told by a lock on a file, not by this row.
CREATE TABLE senders (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  mailing INTEGER NOT NULL REFERENCES mailings (id),
  machine TEXT NOT NULL,
  process INTEGER NOT NULL,
  began   INTEGER NOT NULL,
  -- What it has claimed may be claimed by others after this moment; what it has in
  -- flight may not, as long as it lives.
  lease   INTEGER NOT NULL,
  ended   INTEGER
) STRICT;

CREATE TABLE deliveries (
  id         INTEGER PRIMARY KEY,
  mailing    INTEGER NOT NULL REFERENCES mailings (id),
  -- The canonical address: the same person is written to once.
  person     TEXT NOT NULL,
  address    TEXT NOT NULL,
  domain     TEXT NOT NULL,
  edition    TEXT NOT NULL,
  message_id TEXT NOT NULL,
  -- Envelope sender of this delivery.
  sender     TEXT NOT NULL,
  -- Everything that is filled into the message, as a JSON object.
  personal   TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'queued',
  -- In one word why: greylisted, full, unsubscribed ...
  reason     TEXT NOT NULL DEFAULT '',
  -- Attempts that count, that is those in which the server judged.
  attempts   INTEGER NOT NULL DEFAULT 0,
  -- The sender that has it claimed or in flight: its fencing token.
  owner      INTEGER NOT NULL DEFAULT 0,
  -- Number of the last event.
  events     INTEGER NOT NULL DEFAULT 0,
  -- When it was first tried: the end of patience is counted from here.
  tried      INTEGER,
  -- Deferred until then.
  due        INTEGER
) STRICT;

CREATE UNIQUE INDEX deliveries_once ON deliveries (mailing, person);
-- Serves the claim with its keyset cursor, the counts and the lists by state.
CREATE INDEX deliveries_by_state ON deliveries (mailing, state, id);
CREATE INDEX deliveries_due ON deliveries (mailing, due) WHERE state = 'deferred';

-- What happened to a delivery; never changed, only added. The intent (in_flight) is
-- written and synced before the message can leave.
CREATE TABLE delivery_events (
  delivery   INTEGER NOT NULL REFERENCES deliveries (id),
  number     INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL,
  -- Of the SMTP session, or who decided: person, policy, log.
  stage      TEXT NOT NULL DEFAULT '',
  code       INTEGER NOT NULL DEFAULT 0,
  enhanced   TEXT NOT NULL DEFAULT '',
  -- The server's own words, or ours where it said nothing.
  words      TEXT NOT NULL DEFAULT '',
  queue_id   TEXT NOT NULL DEFAULT '',
  route      TEXT NOT NULL DEFAULT '',
  sender     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- The only ways from one state to another; model/ledger.py says what each is for. Written
-- as plain comparisons: a list would be built anew for every row.
CREATE TRIGGER deliveries_move BEFORE UPDATE OF state ON deliveries
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
  WHEN 'queued' THEN NEW.state = 'claimed' OR NEW.state = 'skipped'
  WHEN 'claimed' THEN NEW.state = 'in_flight' OR NEW.state = 'queued' OR NEW.state = 'skipped'
  WHEN 'in_flight' THEN NEW.state = 'accepted' OR NEW.state = 'deferred' OR NEW.state = 'refused'
    OR NEW.state = 'unknown' OR NEW.state = 'queued'
  WHEN 'deferred' THEN NEW.state = 'claimed' OR NEW.state = 'queued' OR NEW.state = 'refused'
    OR NEW.state = 'skipped'
  WHEN 'unknown' THEN NEW.state = 'accepted' OR NEW.state = 'refused' OR NEW.state = 'queued'
    OR NEW.state = 'skipped'
  WHEN 'refused' THEN NEW.state = 'queued'
  ELSE FALSE END
BEGIN
  SELECT RAISE(ABORT, 'this change of state is not allowed');
END;

-- A mailing with anything open is not finished, whoever says so.
CREATE TRIGGER mailings_finish BEFORE UPDATE OF state ON mailings
WHEN NEW.state = 'finished' AND EXISTS (
  SELECT 1 FROM deliveries WHERE mailing = NEW.id
  AND state IN ('queued', 'claimed', 'in_flight', 'deferred', 'unknown'))
BEGIN
  SELECT RAISE(ABORT, 'a mailing with open deliveries is not finished');
END;

-- What was sent by a route or to a domain in each minute: limits hold across restarts
-- and across processes.
CREATE TABLE pace (
  name   TEXT NOT NULL,
  minute INTEGER NOT NULL,
  used   INTEGER NOT NULL,
  PRIMARY KEY (name, minute)
) STRICT, WITHOUT ROWID;

-- When the next message may go, for limits per second and after a "too fast"; how many
-- messages each route has sent in its life (warm-up).
CREATE TABLE pace_next (
  name TEXT PRIMARY KEY,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
