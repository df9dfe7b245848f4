"""A database that is older than what was sent from it is noticed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.model.mailing import Recipient, UnknownPolicy
from newsletter.store import Store
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.last_run import LastRun
from newsletter.store.ledger import StoreLedger
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def ledger(store: Store) -> StoreLedger:
    edition = FrozenEdition("en", b"template", "fingerprint")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", NOW)
    ana = Recipient("ana@example.org", "en", "<1@example.org>", "news@example.org", {})
    mailing = frozen(store, new, [ana], now=NOW)
    assert mailing is not None
    return StoreLedger(store, mailing.id, "machine", NOW)


@pytest.fixture
def last_run(tmp_path: Path) -> LastRun:
    return LastRun(tmp_path)


def test_nothing_is_known_before_anything_was_sent(store: Store, last_run: LastRun) -> None:
    assert not last_run.is_ahead_of(store, "here")


def test_a_database_knows_the_sender_that_is_at_work_or_was_killed(
    store: Store, ledger: StoreLedger, last_run: LastRun
) -> None:
    last_run.note("here", ledger.sender, has_ended=False)

    assert not last_run.is_ahead_of(store, "here")


def test_a_database_that_does_not_know_the_last_sender_is_older(
    store: Store, ledger: StoreLedger, last_run: LastRun
) -> None:
    last_run.note("here", ledger.sender + 1, has_ended=False)

    assert last_run.is_ahead_of(store, "here")


def test_a_database_in_which_the_last_sender_has_not_ended_is_older_if_it_has(
    store: Store, ledger: StoreLedger, last_run: LastRun
) -> None:
    last_run.note("here", ledger.sender, has_ended=True)

    assert last_run.is_ahead_of(store, "here")
    ledger.close(NOW)
    assert not last_run.is_ahead_of(store, "here")


def test_another_database_is_not_measured_by_it(store: Store, last_run: LastRun) -> None:
    last_run.note("there", 99, has_ended=True)

    assert not last_run.is_ahead_of(store, "here")


def test_a_sender_that_began_earlier_and_ends_later_changes_nothing(
    store: Store, ledger: StoreLedger, last_run: LastRun
) -> None:
    last_run.note("here", ledger.sender + 1, has_ended=False)

    last_run.note("here", ledger.sender, has_ended=True)

    assert last_run.is_ahead_of(store, "here")


def test_what_a_person_has_agreed_to_is_not_asked_again(store: Store, last_run: LastRun) -> None:
    last_run.note("here", 99, has_ended=True)

    last_run.forget()

    assert not last_run.is_ahead_of(store, "here")


@pytest.mark.parametrize("written", ["", "[]", "{", '{"database": "here", "sender": "x"}'])
def test_a_file_that_says_nothing_is_no_reason_to_ask(
    store: Store, last_run: LastRun, tmp_path: Path, written: str
) -> None:
    (tmp_path / ".last-run").write_text(written, encoding="utf-8")

    assert not last_run.is_ahead_of(store, "here")


def test_where_it_cannot_be_written_nothing_fails(tmp_path: Path) -> None:
    LastRun(tmp_path / "gone").note("here", 1, has_ended=False)
