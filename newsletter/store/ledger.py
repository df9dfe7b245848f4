"""The ledger of one mailing in the store, as one sender sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from newsletter.errors import StoreError, StoreUnsureError
from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import Balance, DeliveryState, MailingState
from newsletter.store import senders
from newsletter.store import statements as sql
from newsletter.store.database import LEASE, Connection, OtherSender, Row, Store
from newsletter.store.moments import to_moment_or_none, to_number
from newsletter.store.pace import Pace
from newsletter.store.readers import Readers

_UNSEEN = "the sign of life in the database was lost; other processes may go on with the mailing"


def count_by_state(store: Store, mailing: int) -> Balance:
    """Return how many deliveries of a mailing stand in which state."""
    rows = store.rows(sql.COUNT, {"mailing": mailing})
    return Balance(**{row["state"]: row["n"] for row in rows})


class StoreLedger:
    """All deliveries of one mailing; the sender it was opened for owns what it claims."""

    def __init__(self, store: Store, mailing: int, machine: str, now: datetime) -> None:
        self._store = store
        self.mailing = mailing
        self._signs = store.signs
        row = store.rows("SELECT lists FROM mailings WHERE id = :id", {"id": mailing})[0]
        self._lists: tuple[str, ...] = tuple(json.loads(row["lists"]))
        self._machine = machine
        self._readers = Readers(store)
        #: As it stands in the database: that of the registration first.
        self._lease = to_number(now + LEASE)
        #: Intents of rounds of which nobody knows whether they are written: they never left.
        self._doubtful: list[int] = []
        #: Where the last claim of each kind ended (keyset cursor).
        self._cursors: dict[int, int] = {}
        self.sender, self._lock = senders.register(store, mailing, machine, now)
        try:
            self._reserve = self._signs.reserve(self.sender)
        except StoreError:
            self._lock.drop()
            raise

    @contextmanager
    def round(self, now: datetime) -> Iterator[StoreRound]:
        """Open one durable step: committed and synced at its end, or undone."""
        self._signs.check()
        before = dict(self._cursors)
        intended: list[int] = []
        lease = self._next_lease(now)
        try:
            with self._resolved(lease), self._store.transaction() as connection:
                values = {"sender": self.sender, "lease": lease}
                lives = connection.execute(sql.BEAT, values).rowcount > 0
                step = StoreRound(self, connection, now, intended, lives=lives)
                step.release(self._doubtful)
                yield step
        except BaseException as error:
            self._cursors = before
            if isinstance(error, StoreUnsureError):
                self._doubtful += intended
            raise
        self._doubtful.clear()
        if intended and not self._signs.is_held():
            self._be_seen(intended)

    def _be_seen(self, intended: list[int]) -> None:
        """Take our sign of life anew; what was intended stays where others took us for dead."""
        try:
            self._signs.check()
            with self._store.transaction() as connection:
                # Whoever is just burying us holds the row, and looks for the sign once more.
                if connection.execute(sql.LIVES, {"sender": self.sender}).rowcount:
                    return
        except StoreError:
            self._doubtful += intended
            raise
        self._doubtful += intended
        raise StoreError(_UNSEEN)

    def _next_lease(self, now: datetime) -> int:
        """Return a lease that was never written before: by it a round is known again."""
        lease = to_number(now + LEASE)
        self._lease = lease + (lease == self._lease)
        return self._lease

    @contextmanager
    def _resolved(self, lease: int) -> Iterator[None]:
        """Where the answer to a COMMIT was lost: find out whether it was done."""
        try:
            yield
        except StoreUnsureError as unsure:
            try:
                with self._store.transaction() as connection:
                    # The lock lets a COMMIT that is still on its way end first.
                    rows = connection.execute(sql.LAST_LEASE, {"sender": self.sender}).fetchall()
                is_done = [row["lease"] for row in rows] == [lease]
            except StoreError:
                raise unsure from None
            if not is_done:
                raise StoreError(f"{unsure}", hint=unsure.hint) from unsure

    def recover(self, now: datetime) -> Sequence[str]:
        """Take back what dead senders held; return the addresses whose answer was lost."""
        lost: list[str] = []
        found = list(senders.others(self._store, self.mailing, but=self.sender))
        dead = [one for one in found if not self._signs.is_alive(one)]
        stalled = [one for one in found if one not in dead and one.lease < to_number(now)]
        if not dead and not stalled:
            return lost
        with self._store.transaction("deciding") as connection:
            for one in stalled:
                values = {"mailing": self.mailing, "dead": one.id, "now": to_number(now)}
                # Its row first, as each of its rounds does: neither waits for the other's rows.
                connection.execute(sql.STAND_BY, values)
                connection.execute(sql.TAKE_BACK, values)
            for one in dead:
                lost += self._bury(connection, one, now)
        for one in dead:
            self._signs.forget(one.id)
        return lost

    def _bury(self, connection: Connection, one: OtherSender, now: datetime) -> list[str]:
        """Take back all that a dead sender had; return the addresses whose answer was lost."""
        values = {"mailing": self.mailing, "dead": one.id, "now": to_number(now)}
        if not connection.execute(sql.BURY, values).rowcount:
            return []
        # Asked again now that it cannot write a round: its connection may have come back.
        if self._signs.is_alive(one):
            connection.execute(sql.EXHUME, values)
            return []
        connection.execute(sql.TAKE_BACK, values)
        rows = connection.execute(sql.LOST, values).fetchall()
        said = {"stage": "dot", "words": "the sender was killed"}
        events = [{**_event(row["id"], values["now"], self.sender), **said} for row in rows]
        connection.executemany(sql.EVENT, events)
        return [row["address"] for row in rows]

    def hurry(self, now: datetime) -> None:
        """Make everything deferred due now."""
        values = {"mailing": self.mailing, "now": to_number(now)}
        with self._store.transaction("deciding") as connection:
            connection.execute(sql.HURRY, values)

    def balance(self) -> Balance:
        """Return the counts by state."""
        return count_by_state(self._store, self.mailing)

    def next_due(self) -> datetime | None:
        """Return when the next deferred delivery is due."""
        return to_moment_or_none(
            self._store.rows(sql.NEXT_DUE, {"mailing": self.mailing})[0]["due"]
        )

    def others(self) -> tuple[int, ...]:
        """Return the other processes that are sending this mailing, the stopped ones too."""
        found = senders.others(self._store, self.mailing, but=self.sender)
        return tuple(one.process for one in found if self._signs.is_alive(one))

    def relieve(self) -> None:
        """Make room where the disk is full, so that at least what is known can be written.

        The reserve is given up, and the database does what it can.
        """
        self._reserve.give_up()
        self._store.relieve()

    def close(self, now: datetime) -> None:
        """End this sender: what it still has claimed goes back, and its number is over."""
        with self._store.transaction() as connection:
            keys = [{"key": key, "sender": self.sender} for key in self._doubtful]
            connection.executemany(sql.RELEASE, keys)
            values = {"mailing": self.mailing, "dead": self.sender}
            connection.execute(sql.TAKE_BACK, values)
            senders.leave(connection, self.sender, now)

    def abandon(self) -> None:
        """Give up lock and reserve; without `close` before, as a killed process would."""
        self._reserve.give_up()
        self._lock.drop()


def take_back(store: Store, mailing: int, now: datetime) -> Sequence[str]:
    """Take back what dead senders held, without sending; return whose answer was lost."""
    if not any(senders.others(store, mailing)):
        return ()
    ledger = StoreLedger(store, mailing, "", now)
    try:
        lost = ledger.recover(now)
        ledger.close(now)
    finally:
        ledger.abandon()
    return lost


class StoreRound:
    """One durable step of a sender."""

    def __init__(
        self,
        ledger: StoreLedger,
        connection: Connection,
        now: datetime,
        intended: list[int],
        *,
        lives: bool,
    ) -> None:
        self._ledger = ledger
        #: Grows by what may leave after this round.
        self._intended = intended
        #: Others have not taken us for dead.
        self._lives = lives
        self._connection = connection
        self._now = to_number(now)
        self._pace = Pace(connection, now)

    @property
    def mailing_state(self) -> MailingState:
        """Return where the mailing stands now."""
        row = self._connection.execute(
            "SELECT state FROM mailings WHERE id = :id", {"id": self._ledger.mailing}
        ).fetchone()
        return MailingState(row["state"])

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of deliveries in flight, each with its event."""
        taken = [one for one in settlements if one.state is DeliveryState.ACCEPTED]
        others = [self._row(one) for one in settlements if one.state is not DeliveryState.ACCEPTED]
        answers = [
            (key, stage, code, enhanced, words, queue_id, route)
            for key, _, _, _, _, stage, code, enhanced, words, queue_id, route in taken
        ]
        accepted: dict[str, object] = {"sender": self._ledger.sender, "now": self._now}
        self._connection.execute(
            sql.ACCEPT, {**accepted, "keys": json.dumps([one.key for one in taken])}
        )
        self._connection.execute(sql.ACCEPTED, {**accepted, "answers": json.dumps(answers)})
        self._connection.executemany(sql.SETTLE, others)
        self._connection.executemany(sql.SETTLED, others)

    def _row(self, one: Settlement) -> dict[str, object]:
        return {
            "key": one.key,
            "sender": self._ledger.sender,
            "state": one.state.value,
            "reason": one.reason,
            "due": None if one.due is None else to_number(one.due),
            "counted": one.is_counted,
            "now": self._now,
            "stage": one.stage,
            "code": one.code,
            "enhanced": one.enhanced,
            "words": one.words,
            "queue_id": one.queue_id,
            "route": one.route,
        }

    def release(self, keys: Sequence[int]) -> None:
        """Give back what was claimed or intended and certainly never left."""
        values = [{"key": key, "sender": self._ledger.sender} for key in keys]
        self._connection.executemany(sql.RELEASE, values)

    def claim(self, wish: Wish) -> Sequence[Owed]:
        """Take deliveries: those deferred until now first, then those never tried."""
        if not self._lives:
            # What we had was taken back; what we took now nobody would ever take back.
            raise StoreError(_UNSEEN)
        values: dict[str, object] = {
            "mailing": self._ledger.mailing,
            "sender": self._ledger.sender,
            "now": self._now,
            "but": json.dumps(wish.not_domains),
            "every": wish.every,
            "count": wish.count,
        }
        rows = self._connection.execute(sql.CLAIM_DUE, values).fetchall()
        if len(rows) < wish.count:
            rows += self._claim_queued({**values, "count": wish.count - len(rows)})
        return sorted(map(_owed, rows), key=lambda owed: owed.key)

    def _claim_queued(self, values: dict[str, object]) -> list[Row]:
        cursors = self._ledger._cursors
        kind = int(str(values["every"]))
        found: list[Row] = []
        # Once from the cursor; at the end of the list once more from the top, where
        # something may have been given back.
        for after in (cursors.get(kind, 0), 0):
            wanted = int(str(values["count"])) - len(found)
            now = {**values, "after": after, "count": wanted}
            found += self._connection.execute(sql.CLAIM_QUEUED, now).fetchall()
            if len(found) == values["count"] or after == 0:
                break
        cursors[kind] = max((row["id"] for row in found), default=0)
        return found

    def intend(self, owed: Sequence[Owed], route: str) -> Sequence[Owed]:
        """Write the intent to send; return those that are still ours and still wanted."""
        unwanted = self._ledger._readers.unwanted(
            [one.address for one in owed], self._ledger._lists
        )
        for one in owed if unwanted else ():
            if reason := unwanted.get(one.address):
                self._skip(one.key, reason)
        values: dict[str, object] = {"now": self._now, "sender": self._ledger.sender}
        wanted = [one.key for one in owed if one.address not in unwanted]
        rows = self._connection.execute(
            sql.INTEND, {**values, "keys": json.dumps(wanted)}
        ).fetchall()
        ours = {row["id"] for row in rows}
        intended = {**values, "keys": json.dumps(list(ours)), "route": route}
        self._connection.execute(sql.INTENDED, intended)
        self._intended += sorted(ours)
        # What was taken back and claimed anew may be in the sender's hands twice.
        by_key = {one.key: one for one in owed}
        return [one for key, one in by_key.items() if key in ours]

    def _skip(self, key: int, reason: str) -> None:
        event = _event(key, self._now, self._ledger.sender)
        if self._connection.execute(sql.SKIP, {**event, "reason": reason}).rowcount:
            self._connection.execute(sql.EVENT, {**event, "stage": "policy", "words": reason})

    def under_way(self) -> Mapping[str, int]:
        """Return how many messages living senders have in flight, by domain."""
        self._pace.queue()
        rows = self._connection.execute(sql.UNDER_WAY, {"now": self._now}).fetchall()
        return {row["domain"]: row["n"] for row in rows}

    def used(self, name: str, since: datetime) -> int:
        """Return how many messages a route or domain has had since that moment."""
        return self._pace.used(name, since)

    def use(self, name: str, count: int) -> None:
        """Count messages towards the limits of a route or domain."""
        self._pace.use(name, count)

    def next_at(self, name: str) -> datetime | None:
        """Return when the next message of a route or domain may go; None: now."""
        return self._pace.next_at(name)

    def first_at(self, name: str, now: datetime) -> datetime:
        """Return when a route was used for the first time, now if never before."""
        return self._pace.first_at(name, now)

    def set_next_at(self, name: str, moment: datetime) -> None:
        """Remember when the next message of a route or domain may go."""
        self._pace.set_next_at(name, moment)


def _event(key: int, now: object, sender: int) -> dict[str, object]:
    """Return the parameters of an event in which nobody has spoken yet."""
    silent = {"stage": "", "code": 0, "enhanced": "", "words": "", "queue_id": "", "route": ""}
    return {"key": key, "now": now, "sender": sender, **silent}


_DECODE = json.JSONDecoder().raw_decode


def _owed(row: Row) -> Owed:
    key, address, domain, edition, sender, message_id, personal, attempts, tried = row
    values, _ = _DECODE(personal)
    values["message_id"], values["address"] = message_id, address
    return Owed(key, address, domain, edition, sender, values, attempts, to_moment_or_none(tried))
