-- A mailing is prepared in bounded steps, so that nobody waits long for the database: while
-- it is "preparing" nothing of it can be sent. SQLite cannot change a CHECK: the table is
-- made anew. Nothing else changes.

CREATE TABLE mailings_anew (
  id       INTEGER PRIMARY KEY,
  issue    TEXT NOT NULL,
  state    TEXT NOT NULL CHECK (
    state IN ('preparing', 'prepared', 'sending', 'paused', 'finished', 'cancelled')),
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

INSERT INTO mailings_anew SELECT id, issue, state, reason, is_test, policy, lists, settings,
  machine, created, starts, canary, ended FROM mailings;

DROP TABLE mailings;

ALTER TABLE mailings_anew RENAME TO mailings;

CREATE INDEX mailings_by_issue ON mailings (issue);

-- A mailing with anything open is not finished, whoever says so.
CREATE TRIGGER mailings_finish BEFORE UPDATE OF state ON mailings
WHEN NEW.state = 'finished' AND EXISTS (
  SELECT 1 FROM deliveries WHERE mailing = NEW.id
  AND state IN ('queued', 'claimed', 'in_flight', 'deferred', 'unknown'))
BEGIN
  SELECT RAISE(ABORT, 'a mailing with open deliveries is not finished');
END;

-- What is not wholly prepared is not sent, whoever says so.
CREATE TRIGGER mailings_prepare BEFORE UPDATE OF state ON mailings
WHEN OLD.state = 'preparing' AND NEW.state NOT IN ('preparing', 'prepared', 'cancelled')
BEGIN
  SELECT RAISE(ABORT, 'a mailing that is not wholly prepared cannot be sent');
END;
