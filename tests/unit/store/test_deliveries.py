"""Deliveries as people ask for them: one mailing's, by state, by reason, by domain, by person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model.ledger import Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.store import Store
from newsletter.store.deliveries import _LISTING, _LISTING_STATE, Choice, Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger, count_by_state
from newsletter.store.mailings import Mailings
from newsletter.store.sqlite import SqliteStore
from tests.databases import Database
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PEOPLE = ["ana@a.example", "ben@a.example", "cy@b.example"]
S = DeliveryState


def _sent(store: Store, issue: str, *answers: Settlement) -> int:
    """Freeze a mailing to everybody and settle the first of its deliveries like this."""
    edition = FrozenEdition("en", b"", "")
    new = NewMailing(issue, (), (edition,), UnknownPolicy.HOLD, "here", NOW)
    people = [Recipient(one, "en", f"<{one}>", "news@example.org") for one in PEOPLE]
    mailing = frozen(store, new, people, now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=NOW)
    if answers:
        _answer(store, mailing.id, *answers)
    return mailing.id


def _answer(store: Store, mailing: int, *answers: Settlement) -> None:
    ledger = StoreLedger(store, mailing, "here", NOW)
    with ledger.round(NOW) as step:
        owed = step.intend(step.claim(Wish(len(answers))), "main")
        step.settle(
            [
                Settlement(one.key, said.state, said.reason, due=said.due, words=said.words)
                for one, said in zip(owed, answers, strict=False)
            ]
        )
    ledger.close(NOW)
    ledger.abandon()


def test_two_mailings_never_mix_in_any_list_or_count(store: Store) -> None:
    refused = Settlement(0, S.REFUSED, "mailbox-full", words="full")
    deferred = Settlement(0, S.DEFERRED, "greylisted", due=NOW)
    one = _sent(store, "2016-05", refused, deferred)
    other = _sent(store, "2016-06")
    mine, theirs = Deliveries(store, one), Deliveries(store, other)

    assert [row.state for row in theirs.listed()] == [S.QUEUED] * 3
    assert theirs.by_reason() == []
    assert theirs.by_edition() == [("en", "queued", 3)]
    assert sorted(theirs.by_domain()) == [("a.example", "queued", 2), ("b.example", "queued", 1)]
    assert not theirs.is_any_due(LATER)
    assert mine.key_of(PEOPLE[0]) != theirs.key_of(PEOPLE[0])
    assert theirs.history(PEOPLE[0]) == ()
    assert [(state, reason, count) for state, reason, count, _ in mine.by_reason()] == [
        ("deferred", "greylisted", 1),
        ("refused", "mailbox-full", 1),
    ]


def test_a_list_by_state_has_those_in_it_alone_page_after_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.store.deliveries.PAGE", 1)
    mailing = _sent(store, "2016-05", Settlement(0, S.ACCEPTED))
    deliveries = Deliveries(store, mailing)

    assert [row.address for row in deliveries.listed(S.ACCEPTED)] == PEOPLE[:1]
    assert [row.address for row in deliveries.listed(S.QUEUED)] == PEOPLE[1:]
    assert [row.address for row in deliveries.listed()] == PEOPLE


@pytest.mark.parametrize("statement", [_LISTING, _LISTING_STATE])
def test_no_page_of_a_list_sorts_the_whole_mailing(tmp_path: Path, statement: str) -> None:
    values = {"mailing": 1, "state": "refused", "after": 0, "last": 9, "page": 1000}
    with SqliteStore.open(tmp_path / "newsletter.db", create=True) as store:
        plan = store.rows(f"EXPLAIN QUERY PLAN {statement}", values)

    assert not [step["detail"] for step in plan if "ORDER BY" in step["detail"]]


def test_somebody_deferred_is_due_when_the_time_has_come_and_not_before(
    store: Store,
) -> None:
    mailing = _sent(store, "2016-05", Settlement(0, S.DEFERRED, due=LATER))
    deliveries = Deliveries(store, mailing)

    assert not deliveries.is_any_due(LATER - timedelta(seconds=1))
    assert deliveries.is_any_due(LATER)

    deliveries.decide(S.DEFERRED, S.REFUSED, now=LATER, who="person", choice=Choice(key=0))
    assert not deliveries.is_any_due(LATER)


def test_lost_answers_are_counted_and_not_how_often_a_server_put_somebody_off(
    store: Store,
) -> None:
    mailing = _sent(store, "2016-05")
    for answer in (S.DEFERRED, S.DEFERRED, S.DEFERRED, S.UNKNOWN):
        _answer(store, mailing, *[Settlement(0, answer, due=NOW)] * 3)
    books = Deliveries(store, mailing)

    once = Choice(most_losses=1)
    first = books.decide(S.UNKNOWN, S.QUEUED, now=NOW, who="policy", choice=once)
    _answer(store, mailing, *[Settlement(0, S.UNKNOWN)] * 3)
    second = books.decide(S.UNKNOWN, S.QUEUED, now=NOW, who="policy", choice=once)
    third = books.decide(S.UNKNOWN, S.QUEUED, now=NOW, who="policy", choice=Choice(most_losses=2))

    assert (len(first), len(second), len(third)) == (3, 0, 3)


def test_whoever_is_not_in_a_mailing_has_no_number_and_no_history(store: Store) -> None:
    deliveries = Deliveries(store, _sent(store, "2016-05"))

    assert deliveries.key_of("nobody@a.example") == 0
    assert deliveries.history("nobody@a.example") == ()


def test_the_time_of_a_canary_and_of_a_move_are_one_mailings_own(
    store: Store, database: Database
) -> None:
    one, other = _sent(store, "2016-05"), _sent(store, "2016-06")
    mailings = Mailings(store)
    database.change("UPDATE mailings SET canary = 10")

    mailings.end_canary(one)
    mailings.settle_machine(one, "there")
    moved = mailings.move(one, MailingState.PAUSED, since=[MailingState.SENDING], now=NOW)

    assert moved
    assert [mailings.named(key).canary for key in (one, other)] == [1, 10]
    assert [mailings.named(key).machine for key in (one, other)] == ["there", "here"]
    assert mailings.named(other).state is MailingState.SENDING
    assert not mailings.move(one, MailingState.SENDING, since=[MailingState.PREPARED], now=NOW)


def test_planned_is_the_sum_of_its_parts_in_every_table(database: Database) -> None:
    @settings(max_examples=database.examples)
    @given(st.lists(st.sampled_from([S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN]), max_size=3))
    def check(states: list[DeliveryState]) -> None:
        with database.fresh_store() as store:
            _check_the_sums(store, states)

    check()


def _check_the_sums(store: Store, states: list[DeliveryState]) -> None:
    answers = [
        Settlement(0, state, f"reason-{number}", due=NOW if state is S.DEFERRED else None)
        for number, state in enumerate(states)
    ]
    mailing = _sent(store, "2016-05", *answers)
    deliveries = Deliveries(store, mailing)
    balance = count_by_state(store, mailing)

    parts = (
        balance.accepted
        + balance.refused
        + balance.skipped
        + balance.unknown
        + balance.deferred
        + balance.waiting
    )
    assert balance.planned == parts == len(PEOPLE)
    assert sum(count for _, _, count in deliveries.by_edition()) == len(PEOPLE)
    assert sum(count for _, _, count in deliveries.by_domain()) == len(PEOPLE)
    explained = balance.refused + balance.deferred + balance.skipped + balance.unknown
    assert sum(count for _, _, count, _ in deliveries.by_reason()) == explained
    assert len(list(deliveries.listed())) == len(PEOPLE)
    assert Mailings(store).finish(mailing, now=NOW) == (not balance.is_open)
