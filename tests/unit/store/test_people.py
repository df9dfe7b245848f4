"""The people half of the store: once, never revived, never lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.errors import ListNotFoundError, StoreError, SubscriberNotFoundError
from newsletter.model.people import Subscriber, SubscriptionStatus, SuppressionReason
from newsletter.store import Store
from newsletter.store.people import People
from newsletter.store.readers import Readers
from tests.databases import Database

NOW = datetime(2016, 5, 20, 9, 0, tzinfo=UTC)
LATER = datetime(2016, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def people(store: Store) -> People:
    found = People(store)
    found.ensure_list("members", now=NOW, title="Members")
    found.ensure_list("press", now=NOW)
    return found


@pytest.fixture
def readers(store: Store) -> Readers:
    return Readers(store)


def _add(people: People, address: str, list_key: str = "members", **more: str) -> bool:
    return people.add(Subscriber(address, **more), list_key, now=NOW, how="by hand")  # type: ignore[arg-type]


def _addresses(readers: Readers, *lists: str) -> list[str]:
    return [reader.subscriber.address for reader in readers.recipients(lists)]


def test_a_confirmed_subscriber_of_two_lists_is_written_to_once(
    people: People, readers: Readers
) -> None:
    _add(people, "ana@example.org")
    _add(people, "ANA@example.org", "press")

    assert _addresses(readers, "press", "members") == ["ana@example.org"]


def test_the_first_list_asked_for_says_why_one_gets_it(people: People, readers: Readers) -> None:
    _add(people, "ana@example.org", "members")
    _add(people, "ana@example.org", "press")
    _add(people, "bo@example.org", "members")

    found = [reader.mailing_list.key for reader in readers.recipients(["press", "members"])]

    assert found == ["press", "members"]


def test_recipients_come_page_by_page_without_a_gap(
    people: People, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.store.readers.PAGE", 3)
    names = [f"p{number}@example.org" for number in range(10)]
    for name in names:
        _add(people, name)

    assert _addresses(readers, "members") == names


def test_a_reader_without_a_language_has_that_of_the_list(
    people: People, database: Database, readers: Readers
) -> None:
    database.change("UPDATE lists SET language = 'fr', form = 'light'")
    _add(people, "ana@example.org")
    _add(people, "bo@example.org", language="ar")

    found = [(r.subscriber.language, r.subscriber.form) for r in readers.recipients(["members"])]

    assert found == [("fr", "light"), ("ar", "light")]


def test_an_unknown_list_is_an_error_not_an_empty_mailing(readers: Readers) -> None:
    with pytest.raises(ListNotFoundError, match="'membres'"):
        list(readers.recipients(["membres"]))


def test_who_is_left_out_is_counted_once_by_reason(people: People, readers: Readers) -> None:
    for name in ("stays", "left", "bounced", "both"):
        _add(people, f"{name}@example.org")
    _add(people, "both@example.org", "press")
    people.add(
        Subscriber("waits@example.org"),
        "members",
        now=NOW,
        how="form",
        status=SubscriptionStatus.UNCONFIRMED,
    )
    people.unsubscribe("left@example.org", "members", now=NOW, how="by link")
    people.unsubscribe("both@example.org", "members", now=NOW, how="by link")
    people.suppress("Bounced@example.org", SuppressionReason.BOUNCED, now=NOW)

    found = readers.left_out(["members", "press"])

    assert found == {"suppressed: bounced": 1, "unconfirmed": 1, "unsubscribed": 1}
    assert _addresses(readers, "members", "press") == ["stays@example.org", "both@example.org"]


def test_adding_again_does_not_bring_back_who_unsubscribed(
    people: People, readers: Readers
) -> None:
    _add(people, "ana@example.org")
    people.unsubscribe("ana@example.org", now=NOW, how="by link")

    assert not _add(people, "Ana@example.org")

    assert _addresses(readers, "members") == []


def test_who_asked_to_come_back_is_written_to_again(people: People, readers: Readers) -> None:
    _add(people, "ana@example.org")
    people.unsubscribe("ana@example.org", now=NOW, how="by link")

    people.rejoin("ana@example.org", "members", now=LATER, how="asked by letter")

    assert _addresses(readers, "members") == ["ana@example.org"]
    assert people.find("ana@example.org").subscriptions[0].since == LATER


def test_who_leaves_or_bounces_during_a_mailing_is_unwanted_at_once(
    people: People, readers: Readers
) -> None:
    for name in ("stays", "left", "bounced"):
        _add(people, f"{name}@example.org")
    people.unsubscribe("left@example.org", "members", now=LATER, how="by link")
    people.suppress("bounced@example.org", SuppressionReason.BOUNCED, now=LATER)

    asked = ["stays@example.org", "Left@example.org", "bounced@example.org", "new@example.org"]

    assert readers.unwanted(asked, ["members"]) == {
        "Left@example.org": "unsubscribed",
        "bounced@example.org": "suppressed: bounced",
        "new@example.org": "no longer a subscriber",
    }


def test_a_test_to_named_addresses_asks_only_the_suppressions(
    people: People, readers: Readers
) -> None:
    people.suppress("no@example.org", SuppressionReason.ASKED, now=NOW)

    assert readers.unwanted(["me@example.org", "no@example.org"], []) == {
        "no@example.org": "suppressed: asked"
    }


def test_the_first_reason_of_a_suppression_stays(people: People) -> None:
    assert people.suppress("a@example.org", SuppressionReason.COMPLAINED, now=NOW)

    assert not people.suppress("A@example.org", SuppressionReason.BOUNCED, now=LATER)

    found = people.suppression("a@example.org")
    assert found is not None
    assert (found.reason, found.since) == (SuppressionReason.COMPLAINED, NOW)


def test_a_lifted_suppression_lets_mail_through(people: People, readers: Readers) -> None:
    _add(people, "ana@example.org")
    people.suppress("ana@example.org", SuppressionReason.MANUAL, now=NOW)

    assert people.lift_suppression("ana@example.org", now=LATER)
    assert not people.lift_suppression("ana@example.org", now=LATER)

    assert _addresses(readers, "members") == ["ana@example.org"]


def test_what_is_known_of_a_person_is_filled_in_never_emptied(people: People) -> None:
    people.add(
        Subscriber("ana@example.org", "Ana", "es", fields={"country": "CL"}),
        "members",
        now=NOW,
        how="by hand",
    )

    people.add(Subscriber("ana@example.org", fields={"town": "Arica"}), "press", now=NOW, how="x")

    found = people.find("ANA@example.org").subscriber
    assert (found.name, found.language) == ("Ana", "es")
    assert found.fields == {"country": "CL", "town": "Arica"}


def test_nobody_known_by_an_address_is_an_error(people: People) -> None:
    with pytest.raises(SubscriberNotFoundError, match=r"'who@example\.org'"):
        people.find("who@example.org")


def test_lists_are_counted_by_status(people: People) -> None:
    _add(people, "a@example.org")
    _add(people, "b@example.org")
    _add(people, "c@example.org")
    people.unsubscribe("b@example.org", now=NOW, how="by link")
    people.suppress("c@example.org", SuppressionReason.BOUNCED, now=NOW)

    members, press = people.lists()

    assert (members.mailing_list.title, members.confirmed, members.unsubscribed) == (
        "Members",
        2,
        1,
    )
    assert members.suppressed == 1
    assert (press.confirmed, press.unconfirmed, press.unsubscribed) == (0, 0, 0)


def test_everyone_comes_in_order_page_by_page(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.store.people.PAGE", 2)
    for name in "abcde":
        _add(people, f"{name}@example.org", "members" if name != "c" else "press")

    assert [one.subscriber.address[0] for one in people.everyone()] == list("abcde")
    assert [one.subscriber.address[0] for one in people.everyone("members")] == list("abde")


def test_every_change_of_a_subscription_leaves_an_event(people: People, store: Store) -> None:
    _add(people, "ana@example.org")
    people.unsubscribe("ana@example.org", now=LATER, how="by link")
    people.suppress("ana@example.org", SuppressionReason.ASKED, now=LATER, note="letter")

    rows = store.rows("SELECT kind, note FROM events ORDER BY id", {})

    assert [(row["kind"], row["note"]) for row in rows] == [
        ("added confirmed", "by hand"),
        ("unsubscribed", "by link"),
        ("suppressed asked", "letter"),
    ]


def test_a_closed_store_cannot_be_read(people: People, store: Store) -> None:
    store.close()

    with pytest.raises(StoreError, match="cannot be read"):
        people.lists()


def test_a_person_and_a_list_are_found_by_their_numbers(people: People) -> None:
    people.add(Subscriber("ana@example.org"), "members", now=NOW, how="by hand")
    person, members = people.find("ana@example.org").subscriber, people.list_named("members")

    found = people.numbered(person.id, members.id)

    assert found == (people.find("ana@example.org"), members)
    assert people.numbered(person.id + 1, members.id) is None
    assert people.numbered(person.id, 99) is None


def test_leaving_twice_is_remembered_once(store: Store, people: People) -> None:
    people.add(Subscriber("ana@example.org"), "members", now=NOW, how="by hand")

    for moment in (NOW, LATER):
        people.unsubscribe("ana@example.org", "members", now=moment, how="by link")
    # Two processes that both saw the person on the list.
    people._set_status("ana@example.org", ["members"], SubscriptionStatus.UNSUBSCRIBED, LATER, "x")

    (subscription,) = people.find("ana@example.org").subscriptions
    assert (subscription.since, subscription.how) == (NOW, "by link")
    kinds = [row["kind"] for row in store.rows("SELECT kind FROM events ORDER BY id", {})]
    assert kinds == ["added confirmed", "unsubscribed"]


def test_only_what_is_given_of_a_list_is_changed(people: People) -> None:
    changed = people.change_list("Members", language="fr")

    assert (changed.title, changed.language) == ("Members", "fr")
    with pytest.raises(ListNotFoundError, match="'nobody'"):
        people.change_list("nobody", title="Nobody")


def test_a_suppression_is_found_though_nobody_with_that_address_ever_subscribed(
    people: People,
) -> None:
    people.suppress("Stranger@Example.org", SuppressionReason.ASKED, now=NOW, note="letter")

    found = people.find("stranger@example.org")

    assert found.suppression is not None
    assert found.subscriptions == ()


def test_unsubscribing_somebody_unknown_changes_nothing(people: People, store: Store) -> None:
    assert not people.unsubscribe("nobody@example.org", now=NOW, how="by link")

    assert store.rows("SELECT kind FROM events", {}) == []


def test_the_names_of_extra_fields_are_those_that_somebody_of_the_list_has(
    people: People,
) -> None:
    people.add(
        Subscriber("ana@example.org", fields={"town": "Biel"}), "members", now=NOW, how="by hand"
    )
    people.add(
        Subscriber("ben@example.org", fields={"desk": "News"}), "press", now=NOW, how="by hand"
    )

    assert people.field_names("members") == ("town",)
    assert sorted(people.field_names()) == ["desk", "town"]
    with pytest.raises(ListNotFoundError):
        people.field_names("nobody")
