"""Many people at once: judged before anything is written, then all or nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.errors import StoreError
from newsletter.model.people import (
    EmailAddress,
    ImportedPerson,
    Judgement,
    Subscriber,
    SubscriptionStatus,
    SuppressionReason,
)
from newsletter.store import Store
from newsletter.store.importing import Import
from newsletter.store.people import People
from newsletter.store.readers import Readers

NOW = datetime(2016, 5, 20, 9, 0, tzinfo=UTC)
LATER = datetime(2016, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def people(store: Store) -> People:
    found = People(store)
    found.ensure_list("members", now=NOW)
    return found


def _person(address: str, **more: object) -> ImportedPerson:
    return ImportedPerson(1, EmailAddress(address), **more)  # type: ignore[arg-type]


def _import(store: Store, *rows: ImportedPerson, list_key: str = "members") -> dict[str, int]:
    batch = Import(store, list_key)
    batch.add(rows)
    tried = batch.judge()
    done = batch.write(now=LATER, how="import")
    assert tried == done
    return {str(judgement): count for judgement, count in done.items()}


def _addresses(store: Store, *lists: str) -> list[str]:
    return [reader.subscriber.address for reader in Readers(store).recipients(lists or ["members"])]


def test_new_people_are_on_the_list_in_the_order_of_the_file(store: Store) -> None:
    done = _import(store, _person("bo@example.org"), _person("ana@example.org"))

    assert done == {"new": 2}
    assert _addresses(store) == ["bo@example.org", "ana@example.org"]


def test_judging_writes_nothing(store: Store) -> None:
    batch = Import(store, "members")
    batch.add([_person("ana@example.org")])

    assert batch.judge() == {Judgement.NEW: 1}

    assert store.rows("SELECT * FROM subscribers", {}) == []
    assert People(store).lists() == ()


def test_the_same_person_in_another_form_is_merged_and_gaps_are_filled(
    store: Store, people: People
) -> None:
    batch = Import(store, "members")
    batch.add(
        [
            _person("Ana@example.org", name="Ana", fields={"town": "Quito"}),
            _person(
                "ana@example.org", name="Other", language="es", fields={"town": "x", "age": "7"}
            ),
        ]
    )
    batch.write(now=NOW, how="import")

    (record,) = people.everyone()
    assert batch.repeated() == 1
    assert record.subscriber.address == "Ana@example.org"
    assert (record.subscriber.name, record.subscriber.language) == ("Ana", "es")
    assert record.subscriber.fields == {"town": "Quito", "age": "7"}


def test_who_unsubscribed_or_is_suppressed_is_left_alone(store: Store, people: People) -> None:
    for name in ("left", "bounced", "stays"):
        people.add(Subscriber(f"{name}@example.org"), "members", now=NOW, how="x")
    people.unsubscribe("left@example.org", "members", now=NOW, how="by link")
    people.suppress("bounced@example.org", SuppressionReason.BOUNCED, now=NOW)
    people.suppress("stranger@example.org", SuppressionReason.ASKED, now=NOW)

    batch = Import(store, "members")
    names = ("LEFT", "bounced", "stays", "stranger")
    batch.add(_person(f"{name}@example.org", name="New name") for name in names)
    done = batch.write(now=LATER, how="import")

    assert done == {Judgement.LEFT_ALONE: 3, Judgement.CHANGED: 1}
    assert [(one.address, one.reason) for one in batch.left_alone(10)] == [
        ("LEFT@example.org", "unsubscribed"),
        ("bounced@example.org", "suppressed, bounced"),
        ("stranger@example.org", "suppressed, asked"),
    ]
    assert _addresses(store) == ["stays@example.org"]
    assert people.find("left@example.org").subscriber.name == ""


def test_who_left_altogether_does_not_come_back_by_another_list(
    store: Store, people: People
) -> None:
    people.add(Subscriber("ana@example.org"), "members", now=NOW, how="x")
    people.unsubscribe("ana@example.org", now=NOW, how="by link")

    assert _import(store, _person("ana@example.org"), list_key="members-2") == {"left alone": 1}


def test_who_left_one_list_and_stays_on_another_may_join_a_third(
    store: Store, people: People
) -> None:
    people.ensure_list("press", now=NOW)
    for key in ("members", "press"):
        people.add(Subscriber("ana@example.org"), key, now=NOW, how="x")
    people.unsubscribe("ana@example.org", "press", now=NOW, how="by link")

    assert _import(store, _person("ana@example.org"), list_key="third") == {"new": 1}


def test_a_file_confirms_nobody_who_never_confirmed(store: Store, people: People) -> None:
    people.add(
        Subscriber("ana@example.org"),
        "members",
        now=NOW,
        how="form",
        status=SubscriptionStatus.UNCONFIRMED,
    )

    assert _import(store, _person("ana@example.org")) == {"left alone": 1}
    assert _addresses(store) == []


def test_importing_the_same_file_again_changes_nothing(store: Store) -> None:
    row = _person("ana@example.org", name="Ana", fields={"quote": 'a "b" \\ ü\n'})
    _import(store, row)

    assert _import(store, row) == {"unchanged": 1}


def test_what_the_file_knows_anew_is_taken_and_nothing_is_emptied(
    store: Store, people: People
) -> None:
    _import(store, _person("ana@example.org", name="Ana", fields={"town": "Quito"}))

    assert _import(store, _person("ana@example.org", language="es", fields={"age": "7"})) == {
        "changed": 1
    }

    person = people.find("ana@example.org").subscriber
    assert (person.name, person.language) == ("Ana", "es")
    assert person.fields == {"town": "Quito", "age": "7"}


def test_people_whom_the_file_calls_unsubscribed_leave_or_never_join(
    store: Store, people: People
) -> None:
    people.add(Subscriber("ana@example.org"), "members", now=NOW, how="x")
    gone = SubscriptionStatus.UNSUBSCRIBED
    rows = [_person(f"{name}@example.org", status=gone) for name in ("ana", "bo")]

    assert _import(store, *rows) == {"unsubscribed": 2}

    assert _addresses(store) == []
    assert _import(store, _person("bo@example.org")) == {"left alone": 1}
    assert _import(store, *rows) == {"unchanged": 2}


def test_of_two_rows_of_one_person_the_more_careful_counts(store: Store) -> None:
    gone = SubscriptionStatus.UNSUBSCRIBED

    done = _import(store, _person("ana@example.org", status=gone), _person("ANA@example.org"))

    assert done == {"unsubscribed": 1}


def test_people_whom_the_file_calls_bounced_are_suppressed(store: Store, people: People) -> None:
    row = _person("ana@example.org", suppression=SuppressionReason.BOUNCED)

    assert _import(store, row) == {"suppressed": 1}

    assert people.find("ana@example.org").suppression is not None
    assert _addresses(store) == []
    assert _import(store, row) == {"unchanged": 1}


def test_the_import_and_what_it_took_away_leave_events(store: Store) -> None:
    gone = SubscriptionStatus.UNSUBSCRIBED
    _import(store, _person("ana@example.org"), _person("bo@example.org", status=gone))

    rows = store.rows("SELECT kind, canonical, list_key FROM events ORDER BY id", {})

    assert [(row["kind"], row["canonical"], row["list_key"]) for row in rows] == [
        ("unsubscribed", "bo@example.org", "members"),
        ("import", "", "members"),
    ]


def test_a_known_person_joins_another_list_and_keeps_their_number(
    store: Store, people: People
) -> None:
    _import(store, _person("ana@example.org"))
    known = people.find("ana@example.org").subscriber.id

    done = _import(store, _person("new@example.org"), _person("ana@example.org"), list_key="press")

    assert done == {"new": 2}
    assert people.find("ana@example.org").subscriber.id == known
    assert _addresses(store, "members", "press") == ["ana@example.org", "new@example.org"]


def test_a_store_that_cannot_be_used_any_more_is_a_store_error(store: Store) -> None:
    batch = Import(store, "members")
    store.close()

    with pytest.raises(StoreError):
        batch.add([_person("ana@example.org")])
