"""Orders wait in small files for a database that is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.errors import FileWriteError
from newsletter.model.mailing import Mailing, MailingState, Recipient, UnknownPolicy
from newsletter.store import Store
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.mailings import Mailings
from newsletter.store.orders import Orders
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def mailing(store: Store) -> Mailing:
    edition = FrozenEdition("en", b"template", "fingerprint")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", NOW)
    ana = Recipient("ana@example.org", "en", "<1@example.org>", "news@example.org", {})
    prepared = frozen(store, new, [ana], now=NOW)
    assert prepared is not None
    return prepared


@pytest.mark.parametrize("to", [MailingState.PAUSED, MailingState.CANCELLED])
def test_an_order_that_was_left_is_carried_out_once_by_whoever_can_write(
    store: Store, mailing: Mailing, tmp_path: Path, to: MailingState
) -> None:
    orders = Orders(tmp_path)
    orders.leave(mailing, to)

    assert orders.shown(mailing).ordered is to
    found = orders.obey(Mailings(store), mailing, now=NOW)

    assert (found.state, found.ordered, orders.of(mailing)) == (to, None, None)
    assert found.balance.skipped == (to is MailingState.CANCELLED)


def test_without_an_order_nothing_changes(store: Store, mailing: Mailing, tmp_path: Path) -> None:
    orders = Orders(tmp_path)

    assert orders.obey(Mailings(store), mailing, now=NOW) is mailing
    assert orders.shown(mailing) is mailing


def test_an_order_is_for_one_mailing_and_not_for_a_later_one_of_its_number(
    mailing: Mailing, tmp_path: Path
) -> None:
    orders = Orders(tmp_path)
    orders.leave(mailing, MailingState.CANCELLED)

    assert orders.of(replace(mailing, created=NOW + timedelta(seconds=1))) is None
    assert orders.of(replace(mailing, id=2)) is None


def test_a_pause_does_not_take_back_a_cancellation(mailing: Mailing, tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.leave(mailing, MailingState.CANCELLED)

    orders.leave(mailing, MailingState.PAUSED)

    assert orders.of(mailing) is MailingState.CANCELLED


@pytest.mark.parametrize("written", ["", "paused", "dance 1463745600000", "\xff\x00", "paused x y"])
def test_a_file_that_is_no_order_is_none(mailing: Mailing, tmp_path: Path, written: str) -> None:
    (tmp_path / ".order-1").write_text(written, encoding="utf-8")

    assert Orders(tmp_path).of(mailing) is None


def test_an_order_that_cannot_be_left_is_an_error(mailing: Mailing, tmp_path: Path) -> None:
    with pytest.raises(FileWriteError, match="order-1"):
        Orders(tmp_path / "gone").leave(mailing, MailingState.PAUSED)
