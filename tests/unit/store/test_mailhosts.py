"""Who takes the mail of readers' domains is remembered, with the time it was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.model.mailhost import MailHost
from newsletter.model.mailing import Recipient, UnknownPolicy
from newsletter.store import Store
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.mailhosts import FORGET, MailHosts
from newsletter.store.mailings import Mailings
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def _freeze(store: Store, issue: str, *addresses: str) -> int:
    new = NewMailing(issue, (), (FrozenEdition("en", b"", ""),), UnknownPolicy.HOLD, "here", NOW)
    people = [Recipient(one, "en", f"<{one}>", "news@example.org") for one in addresses]
    mailing = frozen(store, new, people, now=NOW)
    assert mailing is not None
    return mailing.id


def test_what_is_kept_is_known_the_newest_answer_only(store: Store) -> None:
    memory = MailHosts(store)

    memory.keep({"a.example": MailHost("old.example", NOW)}, now=NOW)
    memory.keep(
        {"a.example": MailHost("mx.a.example", LATER), "b.example": MailHost("", LATER, False)},
        now=LATER,
    )

    assert memory.known(["a.example", "b.example", "c.example"]) == {
        "a.example": MailHost("mx.a.example", LATER),
        "b.example": MailHost("", LATER, False),
    }


def test_what_nobody_has_asked_about_for_long_is_forgotten(store: Store) -> None:
    memory = MailHosts(store)
    memory.keep({"old.example": MailHost("mx.example", NOW)}, now=NOW)
    after = NOW + FORGET + timedelta(seconds=1)

    memory.keep({"new.example": MailHost("mx.example", after)}, now=after)

    assert list(memory.known(["old.example", "new.example"])) == ["new.example"]


def test_the_domains_of_one_mailing_come_once_those_with_most_readers_first(
    store: Store,
) -> None:
    first = _freeze(store, "2016-05", "ana@few.example", "ben@Many.example", "cy@many.example")
    _freeze(store, "2016-06", "dan@else.example")

    assert MailHosts(store).open_domains(first) == ("many.example", "few.example")


def test_a_domain_with_nobody_left_to_write_to_is_not_asked_about(store: Store) -> None:
    mailing = _freeze(store, "2016-05", "ana@a.example")

    Mailings(store).skip_rest(mailing, now=NOW)

    assert MailHosts(store).open_domains(mailing) == ()
