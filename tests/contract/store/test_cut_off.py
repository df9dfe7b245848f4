"""A sender whose connection is cut: it sends nothing that others may take, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.store import Store, open_store
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.people import People
from tests.databases import Database, PostgresDatabase
from tests.frozen import frozen
from tests.servers.cutting import Moment, Wire, wire

pytestmark = pytest.mark.xdist_group("postgres")

NOW = datetime(2016, 5, 20, 9, 0, tzinfo=UTC)
_SENDERS_LOCKS = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND classid = 'senders'::regclass::oid
"""


@pytest.fixture
def laid(database: Database) -> Iterator[Wire]:
    assert isinstance(database, PostgresDatabase)
    with wire(database.server.port) as one:
        yield one


@pytest.fixture
def far(database: Database, laid: Wire) -> Iterator[Store]:
    """The store at the other end of the wire."""
    assert isinstance(database, PostgresDatabase)
    url = database.url.replace(f":{database.server.port}/", f":{laid.port}/")
    with open_store(url, root=Path(), create=True) as opened:
        yield opened


def _mailing(store: Store, count: int = 6) -> int:
    new = NewMailing(
        "2016-05", (), (FrozenEdition("en", b"", ""),), UnknownPolicy.RESEND, "here", NOW
    )
    people = [
        Recipient(f"reader{n}@x.example", "en", f"<{n}>", "n@x.example") for n in range(count)
    ]
    mailing = frozen(store, new, people, now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=NOW)
    return mailing.id


def _taken(owed: Owed) -> Settlement:
    return Settlement(owed.key, DeliveryState.ACCEPTED, stage="dot", code=250, words="Ok")


def _states(store: Store, mailing: int) -> list[str]:
    return sorted(one.state for one in Deliveries(store, mailing).listed())


def test_a_round_whose_commit_was_done_unheard_is_a_round_that_is_written(
    store: Store, far: Store, laid: Wire
) -> None:
    mailing = _mailing(store)
    ledger = StoreLedger(far, mailing, "here", NOW)
    with ledger.round(NOW) as step:
        claimed = step.claim(Wish(2))

    laid.cut_at_next_commit("done")
    with ledger.round(NOW) as step:
        intended = step.intend(claimed, "main")

    assert [one.key for one in intended] == [one.key for one in claimed]
    with ledger.round(NOW) as step:
        step.settle([_taken(one) for one in intended])
    assert _states(store, mailing) == ["accepted"] * 2 + ["queued"] * 4
    assert [len(Deliveries(store, mailing).history(one.address)) for one in intended] == [2, 2]
    ledger.close(NOW)
    ledger.abandon()


def test_a_round_whose_commit_never_arrived_lets_nothing_leave(
    store: Store, far: Store, laid: Wire
) -> None:
    mailing = _mailing(store)
    ledger = StoreLedger(far, mailing, "here", NOW)

    laid.cut_at_next_commit("asked")
    with pytest.raises(StoreError, match="cut"), ledger.round(NOW) as step:
        step.intend(step.claim(Wish(2)), "main")

    assert _states(store, mailing) == ["queued"] * 6
    with ledger.round(NOW) as step:
        assert len(step.intend(step.claim(Wish(6)), "main")) == 6
    ledger.abandon()


@pytest.mark.parametrize("moment", ["asked", "done"])
def test_a_change_of_a_person_whose_answer_was_lost_says_so_and_can_be_made_again(
    store: Store, far: Store, laid: Wire, moment: Moment
) -> None:
    laid.cut_at_next_commit(moment)

    with pytest.raises(StoreError, match="cut"):
        People(far).ensure_list("members", now=NOW)

    assert People(far).ensure_list("members", now=NOW).key == "members"
    assert len(People(store).lists()) == 1


def test_a_sender_whose_sign_was_cut_off_takes_it_anew_and_goes_on(
    store: Store, database: Database
) -> None:
    mailing = _mailing(store)
    with database.open() as other:
        ledger = StoreLedger(store, mailing, "here", NOW)
        with ledger.round(NOW) as step:
            claimed = step.claim(Wish(2))
        other.rows(_SENDERS_LOCKS, {})

        with ledger.round(NOW) as step:
            intended = step.intend(claimed, "main")

        assert len(intended) == 2
        assert len(Mailings(other).named(mailing).senders) == 1
        ledger.close(NOW)
        ledger.abandon()
        assert Mailings(other).named(mailing).senders == ()


def test_a_sign_that_is_cut_off_while_a_round_is_written_is_taken_anew_before_anything_leaves(
    store: Store, database: Database
) -> None:
    mailing = _mailing(store)
    with database.open() as other:
        ledger = StoreLedger(store, mailing, "here", NOW)

        with ledger.round(NOW) as step:
            intended = step.intend(step.claim(Wish(2)), "main")
            other.rows(_SENDERS_LOCKS, {})
            while store.signs.is_held():
                other.rows("SELECT pg_sleep(0.01)", {})

        assert len(intended) == 2
        assert len(Mailings(other).named(mailing).senders) == 1
        ledger.abandon()


def test_who_was_taken_for_dead_claims_nothing_more_but_tells_what_it_knows(
    store: Store, database: Database
) -> None:
    mailing = _mailing(store)
    with database.open() as other:
        ledger = StoreLedger(store, mailing, "here", NOW)
        with ledger.round(NOW) as step:
            intended = step.intend(step.claim(Wish(2)), "main")
        other.rows(_SENDERS_LOCKS, {})
        heir = StoreLedger(other, mailing, "here", NOW)

        lost = heir.recover(NOW)
        with pytest.raises(StoreError, match="sign of life"), ledger.round(NOW) as step:
            step.claim(Wish(2))
        with ledger.round(NOW) as step:
            step.settle([_taken(intended[0])])

        assert sorted(lost) == sorted(one.address for one in intended)
        assert _states(other, mailing) == ["accepted"] + ["queued"] * 4 + ["unknown"]
        for one in (ledger, heir):
            one.abandon()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_is_restarted_between_two_rounds_is_not_noticed(
    store: Store, database: Database, mode: str
) -> None:
    assert isinstance(database, PostgresDatabase)
    mailing = _mailing(store)
    ledger = StoreLedger(store, mailing, "here", NOW)
    with ledger.round(NOW) as step:
        claimed = step.claim(Wish(2))

    database.server.restart("fast" if mode == "fast" else "immediate")

    with ledger.round(NOW) as step:
        intended = step.intend(claimed, "main")
    with database.open() as other:
        assert len(Mailings(other).named(mailing).senders) == 1
    assert len(intended) == 2
    ledger.abandon()
