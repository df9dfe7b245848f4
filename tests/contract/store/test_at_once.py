"""Senders that really work at the same time: nothing is ever on its way twice."""

from __future__ import annotations

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise

import psycopg
import pytest

from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.model.people import SuppressionReason
from newsletter.store import Store, statements
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.people import People
from tests.databases import Database
from tests.frozen import frozen

pytestmark = pytest.mark.xdist_group("postgres")

SENDERS, STEPS = 4, 60
READERS = [f"r{number}@{'xyz'[number % 3]}.example" for number in range(400)]
ANSWERS = (
    *[DeliveryState.ACCEPTED] * 6,
    DeliveryState.REFUSED,
    DeliveryState.DEFERRED,
    DeliveryState.UNKNOWN,
)


def _now() -> datetime:
    return datetime.now(UTC)


def _frozen(store: Store) -> int:
    now = _now()
    new = NewMailing(
        "2016-05", (), (FrozenEdition("en", b"", ""),), UnknownPolicy.RESEND, "here", now
    )
    people = [Recipient(one, "en", f"<{one}>", "news@example.org") for one in READERS]
    mailing = frozen(store, new, people, now=now)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=now)
    return mailing.id


class Hands:
    """One sender after the other, each on its own connection; most die."""

    def __init__(self, database: Database, mailing: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.database = database
        self.mailing = mailing
        #: What this hand has let go, as a mail server would count it.
        self.gone: list[int] = []

    def work(self) -> list[int]:
        for _ in range(4):
            with self.database.open() as store:
                ledger = StoreLedger(store, self.mailing, "here", _now())
                ledger.recover(_now())
                self._resend(store)
                for _ in range(STEPS // 4):
                    self._round(ledger)
                if self.chance.random() < 0.3:
                    ledger.close(_now())
                else:
                    # What it intends now it never answers for.
                    self._intend(ledger)
                ledger.abandon()
        return self.gone

    def _resend(self, store: Store) -> None:
        deliveries = Deliveries(store, self.mailing)
        deliveries.decide(
            DeliveryState.UNKNOWN, DeliveryState.QUEUED, now=_now(), who="policy", words="again"
        )
        reader = self.chance.choice(READERS)
        People(store).suppress(reader, SuppressionReason.BOUNCED, now=_now())

    def _round(self, ledger: StoreLedger) -> None:
        now, intended = _now(), self._intend(ledger)
        said = [
            Settlement(one.key, answer, due=now if answer is DeliveryState.DEFERRED else None)
            for one in intended
            for answer in [self.chance.choice(ANSWERS)]
        ]
        with ledger.round(now) as step:
            step.settle(said)
            step.use("main", len(said))
            step.use(f"domain:{self.chance.choice('xyz')}", 1)

    def _intend(self, ledger: StoreLedger) -> list[Owed]:
        with ledger.round(_now()) as step:
            claimed = list(step.claim(Wish(self.chance.randint(1, 12))))
            kept = [one for one in claimed if self.chance.random() < 0.9]
            step.release([one.key for one in claimed if one not in kept])
            intended = list(step.intend(kept, "main"))
        self.gone += [one.key for one in intended]
        return intended


def test_senders_at_the_same_time_never_have_one_delivery_on_its_way_twice(
    store: Store, database: Database
) -> None:
    mailing = _frozen(store)
    hands = [Hands(database, mailing, seed) for seed in range(SENDERS)]

    with ThreadPoolExecutor(SENDERS) as pool:
        gone = [key for done in pool.map(Hands.work, hands) for key in done]
    heir = StoreLedger(store, mailing, "here", _now())
    heir.recover(_now())

    told: dict[int, list[str]] = defaultdict(list)
    for event in store.rows("SELECT * FROM delivery_events ORDER BY delivery, number", {}):
        told[event["delivery"]].append(event["state"])
    intents = [state for states in told.values() for state in states if state == "in_flight"]
    assert len(intents) == len(gone) > len(READERS) // 2
    for states in told.values():
        assert ("in_flight", "in_flight") not in list(pairwise(states)), states
        assert states.count("accepted") <= 1
    assert heir.balance().planned == len(READERS)
    assert heir.balance().in_flight == 0
    used = store.rows("SELECT SUM(used) AS n FROM pace WHERE name = 'main'", {})[0]["n"]
    settled = sum(
        state not in {"in_flight", "skipped", "queued"} for s in told.values() for state in s
    )
    assert used <= settled
    heir.close(_now())
    heir.abandon()


def test_a_commit_that_is_still_on_its_way_is_waited_for(store: Store, database: Database) -> None:
    mailing = _frozen(store)
    ledger = StoreLedger(store, mailing, "here", _now())
    late, lease = psycopg.connect(database.url), 4_000_000_000_000
    late.execute("UPDATE senders SET lease = %s WHERE id = %s", (lease, ledger.sender))

    def asked() -> int:
        with database.open() as other, other.transaction() as connection:
            values = {"sender": ledger.sender}
            return int(connection.execute(statements.LAST_LEASE, values).fetchall()[0]["lease"])

    with ThreadPoolExecutor(1) as pool, psycopg.connect(database.url, autocommit=True) as watch:
        answer = pool.submit(asked)
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while watch.execute(waits).fetchone() is None:
            assert not answer.done()
        late.commit()

        assert answer.result(60) == lease
    late.close()
    ledger.abandon()
