-- Who the newsletter is for. One person is one canonical address: the local part
-- case-folded, the domain as a lower-case A-label. Times are ISO 8601 in UTC.

CREATE TABLE subscribers (
  id        INTEGER PRIMARY KEY,
  canonical TEXT NOT NULL UNIQUE,
  -- As it is written to: the local part as the person wrote it.
  address   TEXT NOT NULL,
  name      TEXT NOT NULL DEFAULT '',
  language  TEXT NOT NULL DEFAULT '',
  form      TEXT NOT NULL DEFAULT '',
  -- Extra columns of an import as a JSON object of texts.
  fields    TEXT NOT NULL DEFAULT '{}',
  created   TEXT NOT NULL
) STRICT;

CREATE TABLE lists (
  id       INTEGER PRIMARY KEY,
  key      TEXT NOT NULL UNIQUE,
  title    TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  form     TEXT NOT NULL DEFAULT '',
  created  TEXT NOT NULL
) STRICT;

CREATE TABLE subscriptions (
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
  list_id       INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  status        TEXT NOT NULL CHECK (status IN ('unconfirmed', 'confirmed', 'unsubscribed')),
  since         TEXT NOT NULL,
  how           TEXT NOT NULL DEFAULT '',
  -- The proof kept with the subscription (time, IP, form) as a JSON object of texts.
  consent       TEXT NOT NULL DEFAULT '{}',
  -- This order serves "which of these lists is this person on", asked once per reader.
  PRIMARY KEY (subscriber_id, list_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_by_list ON subscriptions (list_id, status);

-- By address, not by subscriber: it must outlive the subscriber and meet the next import.
CREATE TABLE suppressions (
  canonical TEXT PRIMARY KEY,
  address   TEXT NOT NULL,
  reason    TEXT NOT NULL CHECK (reason IN ('bounced', 'complained', 'asked', 'manual')),
  since     TEXT NOT NULL,
  note      TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What happened to people and their subscriptions; never changed, only added.
CREATE TABLE events (
  id        INTEGER PRIMARY KEY,
  at        TEXT NOT NULL,
  kind      TEXT NOT NULL,
  canonical TEXT NOT NULL DEFAULT '',
  list_key  TEXT NOT NULL DEFAULT '',
  note      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX events_by_person ON events (canonical, id) WHERE canonical <> '';
