"""A mailing is written down in bounded steps, and cannot be sent before it is whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.errors import MailingStateError, WorkspaceBusyError
from newsletter.model.ledger import Wish
from newsletter.model.mailing import MailingState, Recipient, UnknownPolicy
from newsletter.store import Store
from newsletter.store import freezing as freezing_module
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import (
    Freezing,
    FrozenEdition,
    NewMailing,
    earlier_mailings,
    tidy,
)
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from tests.databases import Database
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
PEOPLE = [f"r{number}@town.example" for number in range(7)]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing_module, "CHUNK", 3)


def _new(issue: str = "2016-05", *, is_test: bool = False) -> NewMailing:
    edition = FrozenEdition("en", b"template", "fingerprint")
    return NewMailing(issue, (), (edition,), UnknownPolicy.RESEND, "here", NOW, is_test=is_test)


def _recipients(*addresses: str) -> list[Recipient]:
    return [Recipient(one, "en", f"<{one}>", "news@example.org") for one in addresses]


def _addresses(store: Store, mailing: int) -> list[str]:
    return [one.address for one in Deliveries(store, mailing).listed()]


def _killed(freezing: Freezing) -> None:
    """Drop the sign of life as the kernel does; the file stays."""
    path = getattr(freezing._lock, "_path", None)
    freezing._lock.drop()
    if path is not None:
        path.write_bytes(b"")


def test_it_is_written_in_steps_and_tells_how_far_it_is(store: Store) -> None:
    freezing = Freezing(store, _new(), now=NOW)

    counts = list(freezing.add(_recipients(*PEOPLE)))
    assert freezing.complete(now=NOW)

    assert counts == [3, 6, 7]
    assert _addresses(store, freezing.mailing) == PEOPLE
    assert Mailings(store).named(freezing.mailing).state is MailingState.PREPARED


def test_between_two_steps_others_can_write(store: Store, database: Database) -> None:
    freezing = Freezing(store, _new(), now=NOW)
    steps = freezing.add(_recipients(*PEOPLE))
    next(steps)

    database.change("INSERT INTO lists (key, created) VALUES ('members', '2016')")

    assert list(steps)[-1] == len(PEOPLE)


def test_nothing_of_it_is_sent_before_it_is_whole(store: Store, database: Database) -> None:
    freezing = Freezing(store, _new(), now=NOW)
    next(freezing.add(_recipients(*PEOPLE)))
    sendable = [state for state in MailingState if state is not MailingState.PREPARING]

    assert not Mailings(store).move(freezing.mailing, MailingState.SENDING, since=sendable, now=NOW)
    for state in ("sending", "paused", "finished"):
        assert not database.changes(f"UPDATE mailings SET state = '{state}'")


def test_a_killed_preparation_is_taken_away_by_the_next(store: Store, tmp_path: Path) -> None:
    killed = Freezing(store, _new("2016-04"), now=NOW)
    list(killed.add(_recipients(*PEOPLE)))
    _killed(killed)

    again = Freezing(store, _new(), now=NOW)
    list(again.add(_recipients(*PEOPLE)))
    again.complete(now=NOW)

    assert [one.issue for one in Mailings(store).all()] == ["2016-05"]
    assert store.rows("SELECT COUNT(*) AS n FROM deliveries", {})[0]["n"] == len(PEOPLE)
    assert [one.name for one in tmp_path.glob("*-sender-*")] == []


def test_who_was_in_a_killed_preparation_has_not_had_the_issue(store: Store) -> None:
    killed = Freezing(store, _new(), now=NOW)
    list(killed.add(_recipients(*PEOPLE)))
    _killed(killed)

    mailing = frozen(store, _new(), _recipients(*PEOPLE), now=NOW)

    assert mailing is not None
    assert mailing.balance.queued == len(PEOPLE)


def test_a_living_preparation_is_left_alone(store: Store) -> None:
    living = Freezing(store, _new(), now=NOW)
    list(living.add(_recipients(*PEOPLE)))

    assert tidy(store) == 0
    assert living.complete(now=NOW)
    assert tidy(store) == 0


def test_an_issue_is_prepared_by_one_process_at_a_time(store: Store) -> None:
    first = Freezing(store, _new(), now=NOW)

    with pytest.raises(WorkspaceBusyError, match="'2016-05' is being prepared"):
        Freezing(store, _new(), now=NOW)
    Freezing(store, _new("2016-06"), now=NOW).discard()
    Freezing(store, _new(is_test=True), now=NOW).discard()

    first.discard()
    assert Mailings(store).all() == ()


def test_two_preparations_at_once_never_share_a_number(store: Store) -> None:
    senders: dict[str, str] = {}
    one, two = Freezing(store, _new(), now=NOW), Freezing(store, _new("2016-06"), now=NOW)
    steps = [
        freezing.add(_recipients(*PEOPLE), lambda number: f"back-{number}@example.org")
        for freezing in (one, two)
    ]

    while [next(step, None) for step in steps] != [None, None]:
        continue

    for row in store.rows("SELECT id, sender FROM deliveries", {}):
        senders[row["sender"]] = f"back-{row['id']}@example.org"
    assert len(senders) == 2 * len(PEOPLE)
    assert all(sender == named for sender, named in senders.items())


def test_cancelled_while_it_is_prepared_it_stops(store: Store) -> None:
    freezing = Freezing(store, _new(), now=NOW)
    steps = freezing.add(_recipients(*PEOPLE))
    next(steps)
    Mailings(store).move(
        freezing.mailing, MailingState.CANCELLED, since=[MailingState.PREPARING], now=NOW
    )

    with pytest.raises(MailingStateError, match="was cancelled"):
        next(steps)
    with pytest.raises(MailingStateError, match="was cancelled"):
        freezing.complete(now=NOW)

    freezing.discard()
    assert Mailings(store).named(freezing.mailing).state is MailingState.CANCELLED


def test_where_nobody_is_left_nothing_remains(store: Store) -> None:
    frozen(store, _new(), _recipients(*PEOPLE), now=NOW)
    again = Freezing(store, _new(), now=NOW)
    list(again.add(_recipients(*PEOPLE)))

    assert not again.complete(now=NOW)

    assert len(Mailings(store).all()) == 1


def test_a_hold_begins_when_everybody_is_written_down(store: Store) -> None:
    freezing = Freezing(store, _new(), now=NOW)
    list(freezing.add(_recipients(*PEOPLE)))
    done = NOW + timedelta(minutes=5)

    freezing.complete(now=done, starts=done + timedelta(minutes=10))

    assert Mailings(store).named(freezing.mailing).starts == NOW + timedelta(minutes=15)


def test_what_skips_the_rest_of_a_cancelled_mailing_leaves_nobody_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.store.mailings.CHUNK", 3)
    mailing = frozen(store, _new(), _recipients(*PEOPLE), now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.CANCELLED, since=list(MailingState), now=NOW)

    assert Mailings(store).skip_rest(mailing.id, now=NOW) == len(PEOPLE)

    assert Mailings(store).named(mailing.id).balance.skipped == len(PEOPLE)
    ledger = StoreLedger(store, mailing.id, "here", NOW)
    with ledger.round(NOW) as step:
        assert list(step.claim(Wish(10))) == []
    ledger.abandon()


def test_who_was_skipped_before_is_still_owed_the_issue(store: Store) -> None:
    first = frozen(store, _new(), _recipients(*PEOPLE), now=NOW)
    assert first is not None
    Mailings(store).skip_rest(first.id, now=NOW)

    again = frozen(store, _new(), _recipients(*PEOPLE), now=NOW)

    assert again is not None
    assert again.balance.queued == len(PEOPLE)


def test_a_mailing_of_another_issue_takes_this_one_from_nobody(store: Store) -> None:
    frozen(store, _new(), _recipients(PEOPLE[0]), now=NOW)
    frozen(store, _new("2016-06"), _recipients(PEOPLE[1]), now=NOW)

    rest = frozen(store, _new(), _recipients(*PEOPLE[:2]), now=NOW)

    assert rest is not None
    assert _addresses(store, rest.id) == [PEOPLE[1]]


def test_who_is_done_preparing_ends_nobody_else(store: Store) -> None:
    one, other = Freezing(store, _new(), now=NOW), Freezing(store, _new("2016-06"), now=NOW)
    list(one.add(_recipients(*PEOPLE)))

    one.complete(now=NOW)

    assert Mailings(store).named(one.mailing).senders == ()
    assert len(Mailings(store).named(other.mailing).senders) == 1
    other.discard()


def test_a_half_prepared_mailing_of_an_issue_has_served_nobody(store: Store) -> None:
    first = frozen(store, _new(), _recipients(PEOPLE[0]), now=NOW)
    test = frozen(store, _new(is_test=True), _recipients(PEOPLE[1]), now=NOW)
    half = Freezing(store, _new(), now=NOW)

    earlier = earlier_mailings(store, "2016-05")

    assert first is not None
    assert test is not None
    assert earlier == [first.id]
    half.discard()


def test_what_is_discarded_takes_nothing_of_another_with_it(store: Store) -> None:
    kept = Freezing(store, _new("2016-06"), now=NOW)
    list(kept.add(_recipients(*PEOPLE)))
    gone = Freezing(store, _new(), now=NOW)
    list(gone.add(_recipients(*PEOPLE)))

    gone.discard()

    assert _addresses(store, kept.mailing) == PEOPLE
    assert Mailings(store).editions(kept.mailing) == {"en": b"template"}
    assert len(Mailings(store).named(kept.mailing).senders) == 1
    assert kept.complete(now=NOW)


def test_the_end_of_one_preparation_is_not_the_end_of_another(store: Store) -> None:
    one, other = Freezing(store, _new(), now=NOW), Freezing(store, _new("2016-06"), now=NOW)
    list(one.add(_recipients(*PEOPLE)))

    one.complete(now=NOW)

    assert Mailings(store).named(other.mailing).state is MailingState.PREPARING
    other.discard()
