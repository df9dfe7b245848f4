"""Who takes the mail of readers' domains, kept with the time at which it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from newsletter.model.mailhost import MailHost
from newsletter.store.database import Store
from newsletter.store.moments import to_moment, to_number

#: Longer than any answer is used: what nobody has asked about since is forgotten.
FORGET = timedelta(days=90)

# Domains with many readers first: they matter most where not all can be asked about.
_OPEN = """
SELECT domain FROM deliveries WHERE mailing = :mailing
  AND state IN ('queued', 'claimed', 'in_flight', 'deferred', 'unknown')
GROUP BY domain ORDER BY COUNT(*) DESC, domain
"""

_KNOWN = """
SELECT domain, host, asked, is_answer FROM mail_hosts
WHERE domain IN (SELECT value FROM json_each(:domains))
"""

_KEEP = """
INSERT INTO mail_hosts (domain, host, asked, is_answer)
VALUES (:domain, :host, :asked, :is_answer)
ON CONFLICT (domain) DO UPDATE
SET host = excluded.host, asked = excluded.asked, is_answer = excluded.is_answer
"""

_FORGET = "DELETE FROM mail_hosts WHERE asked < :before"


class MailHosts:
    """What is remembered of the readers' domains."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open_domains(self, mailing: int) -> tuple[str, ...]:
        """Return the domains a mailing may still write to, those with most readers first."""
        rows = self._store.rows(_OPEN, {"mailing": mailing})
        return tuple(row["domain"] for row in rows)

    def known(self, domains: Iterable[str]) -> dict[str, MailHost]:
        """Return what is remembered of these domains, however old."""
        rows = self._store.rows(_KNOWN, {"domains": json.dumps(list(domains))})
        return {
            row["domain"]: MailHost(row["host"], to_moment(row["asked"]), bool(row["is_answer"]))
            for row in rows
        }

    def keep(self, hosts: Mapping[str, MailHost], *, now: datetime) -> None:
        """Remember who takes the mail of these domains."""
        rows = [
            {
                "domain": domain,
                "host": host.name,
                "asked": to_number(host.asked),
                "is_answer": int(host.is_answer),
            }
            for domain, host in hosts.items()
        ]
        with self._store.transaction() as connection:
            connection.executemany(_KEEP, rows)
            connection.execute(_FORGET, {"before": to_number(now - FORGET)})
