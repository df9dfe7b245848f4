"""How long a claim of 100 takes on PostgreSQL, at the start and among half a million done."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psycopg

from bench.compare_start import in_checkout
from bench.contest import Aim, Comparison, Contender
from tests.frozen import frozen
from tests.servers.postgres import Postgres, found_binaries, postgres

READERS = 1_000_000
DONE = 500_000
#: So many are done by each statement: as a sender does it, only quicker.
_STEP = 1000
#: The copy that was measured last: a million rows are 300 MB.
_USED: list[str] = []
_RUNNING = ExitStack()
atexit.register(_RUNNING.close)

_CLAIMS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter.model.ledger import Wish
from newsletter.store import open_store
from newsletter.store.ledger import StoreLedger
now = datetime.now(UTC)
with open_store(sys.argv[1], root=Path(), create=False) as store:
    ledger = StoreLedger(store, 1, "bench", now)
    for _ in range(int(sys.argv[2])):
        with ledger.round(now) as step:
            assert len(step.claim(Wish(100))) == 100
"""

# As the manual and most queues have it: nothing remembers where the last claim ended.
_TEXTBOOK = """
import sys
import psycopg
with psycopg.connect(sys.argv[1]) as connection:
    for _ in range(int(sys.argv[2])):
        claimed = connection.execute(
            "UPDATE deliveries SET state = 'claimed', owner = 1 WHERE id IN ("
            " SELECT id FROM deliveries WHERE mailing = 1 AND state = 'queued'"
            " ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING id, address, personal"
        ).fetchall()
        assert len(claimed) == 100
        connection.commit()
"""

_MANY = f"""
INSERT INTO deliveries
  (id, mailing, person, address, domain, edition, message_id, sender, personal)
SELECT n, 1, 'reader' || n || '@town.example', 'reader' || n || '@town.example', 'town.example',
  'en', '<' || n || '@library.example>', 'news@library.example',
  '{{"name": "Reader ' || n || '", "language": "en"}}'
FROM generate_series(2, {READERS}) AS n
"""

#: What becomes of a delivery that goes well; each leaves a dead row and dead index entries.
_STEPS = (
    "SET state = 'claimed', owner = 1",
    "SET state = 'in_flight', events = events + 1, tried = 1",
    "SET state = 'accepted', events = events + 1, attempts = attempts + 1",
)


@cache
def _server() -> Postgres:
    """Return a server that never vacuums: the worst that a long mailing can meet."""
    server = _RUNNING.enter_context(postgres(found_binaries(is_ci=False), fsync=True))
    server.execute(b"ALTER SYSTEM SET autovacuum = off")
    server.execute(b"ALTER SYSTEM SET shared_buffers = '128MB'")
    server.restart("fast")
    return server


@cache
def _prepared() -> str:
    """Return the name of a database with a mailing to a million, of which none is sent."""
    from newsletter.model.mailing import MailingState, Recipient, UnknownPolicy
    from newsletter.store import open_store
    from newsletter.store.freezing import FrozenEdition, NewMailing
    from newsletter.store.mailings import Mailings

    url, now = _server().create_database(), datetime.now(UTC)
    edition = FrozenEdition("en", b"", "")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "bench", now)
    reader = Recipient("reader1@town.example", "en", "<1@library.example>", "news@library.example")
    with open_store(url, root=Path(), create=True) as store:
        frozen(store, new, [reader], now=now)
        Mailings(store).move(1, MailingState.SENDING, since=list(MailingState), now=now)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_MANY.encode())
        connection.execute("VACUUM ANALYZE deliveries")
    return url.rpartition("/")[2]


@cache
def _half_done() -> str:
    """Return the name of the same where half a million are done and nothing is cleared away."""
    url = _server().create_database(_prepared())
    with psycopg.connect(url, autocommit=True) as connection:
        for first in range(1, DONE, _STEP):
            for step in _STEPS:
                change = (
                    f"UPDATE deliveries {step} WHERE id BETWEEN {first} AND {first + _STEP - 1}"
                )
                connection.execute(change.encode())
    return url.rpartition("/")[2]


def _claims(
    script: str, count: int, database: Callable[[], str]
) -> Callable[[Path], Sequence[str]]:
    def prepare(_: Path) -> Sequence[str]:
        while _USED:
            _server().drop_database(_USED.pop())
        url = _server().create_database(database())
        _USED.append(url)
        _server().execute(b"CHECKPOINT")
        return [sys.executable, "-c", in_checkout(script), url, str(count)]

    return prepare


START, HALF = "newsletter, nothing sent yet", f"newsletter, {DONE:,} sent and no vacuum"
TEXTBOOK = f"FOR UPDATE SKIP LOCKED alone, {DONE:,} sent and no vacuum"

COMPARISONS = [
    Comparison(
        key="claim-postgres",
        title=f"Claiming 100 of {READERS:,} on PostgreSQL",
        work="A sender takes 100 deliveries at a time, each time in a durable transaction; "
        "start-up and connection are counted in. Seconds for 1,000 claims are milliseconds for "
        "one (aim: at most 1.5, good enough: 5). Rows that were sent leave dead entries in the "
        "index until the server vacuums: here it never does.",
        unit="1,000 claims",
        contenders=[
            Contender(START, _claims(_CLAIMS, 2000, _prepared), amount=2),
            Contender(HALF, _claims(_CLAIMS, 2000, _half_done), amount=2),
            Contender(TEXTBOOK, _claims(_TEXTBOOK, 30, _half_done), amount=0.03),
        ],
        aims=[
            Aim(HALF, START, at_most=1.1, floor=1.5),
            Aim(HALF, TEXTBOOK, at_most=0.2, floor=1),
        ],
        rounds=3,
    )
]
