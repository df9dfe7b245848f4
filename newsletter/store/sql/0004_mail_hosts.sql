-- Who takes the mail of the readers' domains, as the DNS said it: limits that count the domains
-- of one provider together hold across restarts, and a resumed mailing need not ask again.
CREATE TABLE mail_hosts (
  -- As in deliveries: lower case, A-labels.
  domain    TEXT PRIMARY KEY,
  -- Empty: nobody takes it, or it is not known.
  host      TEXT NOT NULL,
  asked     INTEGER NOT NULL,
  -- 0: there was no answer; asked again sooner.
  is_answer INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
