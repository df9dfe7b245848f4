"""Look after people one by one: add, remove, suppress, show, list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.audience.addresses import parse_address
from newsletter.audience.list_keys import parse_list_key
from newsletter.audience.row_values import clean_cell, read_language
from newsletter.errors import AddressError, SubscriberNotFoundError
from newsletter.model.people import (
    ListCount,
    Subscriber,
    SubscriberRecord,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from newsletter.store.people import People
from newsletter.workspace import Workspace

FORMS = ("full", "light", "text")


class Added(StrEnum):
    """What adding one person did."""

    ADDED = "added"
    #: Was on the list already.
    ALREADY = "already"
    #: Had left; asked to come back.
    REJOINED = "rejoined"
    #: Had left, and nobody said that they asked to come back.
    HAD_LEFT = "had left"
    #: Asked for it and never confirmed.
    UNCONFIRMED = "unconfirmed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Addition:
    """What adding one person did, and what looks odd about the address."""

    record: SubscriberRecord
    outcome: Added
    warning: str = ""
    makes_list: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a person beside the address."""

    name: str = ""
    language: str = ""
    form: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def add_subscriber(
    workspace: Workspace,
    address: str,
    list_key: str,
    *,
    now: datetime,
    about: About | None = None,
    rejoin: bool = False,
) -> Addition:
    """Put one person on a list by hand and return what that did.

    Who left stays away unless `rejoin` says that they asked to come back; who is
    suppressed is not added. Raises AddressError.
    """
    parsed, key, known = parse_address(address), parse_list_key(list_key), about or About()
    person = Subscriber(
        parsed.address,
        clean_cell(known.name) or parsed.name,
        _language(known.language),
        known.form,
        {name: clean_cell(value) for name, value in known.fields.items()},
    )
    with workspace.open_store(create=True) as store:
        people = People(store)
        makes_list = key not in people.list_keys()
        if people.suppression(parsed.address):
            return Addition(people.find(parsed.address), Added.SUPPRESSED, parsed.warning)
        people.ensure_list(key, now=now)
        outcome = Added.ADDED
        if not people.add(person, key, now=now, how="added by hand"):
            outcome = _again(people, parsed.address, key, now, rejoin)
        return Addition(people.find(parsed.address), outcome, parsed.warning, makes_list)


def lists_left(workspace: Workspace, address: str, list_key: str | None) -> tuple[str, ...]:
    """Return the lists that `remove_subscriber` would take the person off.

    Raises SubscriberNotFoundError, ListNotFoundError.
    """
    parsed = parse_address(address)
    with _people(workspace) as people:
        key = people.list_named(parse_list_key(list_key)).key if list_key else None
        record = people.find(parsed.address)
    return tuple(
        one.mailing_list
        for one in record.subscriptions
        if one.status is not SubscriptionStatus.UNSUBSCRIBED and key in (None, one.mailing_list)
    )


def remove_subscriber(
    workspace: Workspace, address: str, list_key: str | None, *, now: datetime
) -> tuple[str, ...]:
    """Take a person off a list, or off all, for good; return the lists they left."""
    parsed = parse_address(address)
    with workspace.open_store(create=True) as store:
        key = parse_list_key(list_key) if list_key else None
        return People(store).unsubscribe(parsed.address, key, now=now, how="removed by hand")


def suppress_address(
    workspace: Workspace, address: str, reason: SuppressionReason, *, now: datetime, note: str = ""
) -> Suppression:
    """Never write to an address again, whether it is a subscriber's or not."""
    parsed = parse_address(address)
    with workspace.open_store(create=True) as store:
        people = People(store)
        people.suppress(parsed.address, reason, now=now, note=note)
        found = people.suppression(parsed.address)
    assert found is not None  # noqa: S101 - just written
    return found


def lift_suppression(workspace: Workspace, address: str, *, now: datetime, note: str = "") -> bool:
    """Allow writing to an address again; say whether it had been suppressed."""
    parsed = parse_address(address)
    with _people(workspace) as people:
        if people.suppression(parsed.address) is None:
            return False
        return people.lift_suppression(parsed.address, now=now, note=note)


def show_subscriber(workspace: Workspace, address: str) -> SubscriberRecord:
    """Return all that is kept of one person; raises SubscriberNotFoundError."""
    try:
        parsed = parse_address(address).address
    except AddressError as error:
        raise SubscriberNotFoundError(f"nobody with the address {address!r} is known") from error
    with _people(workspace) as people:
        return people.find(parsed)


def list_subscribers(
    workspace: Workspace, list_key: str | None = None, status: SubscriptionStatus | None = None
) -> Iterator[SubscriberRecord]:
    """Return everybody, or everybody of a list, or only those with a status on it."""
    key = parse_list_key(list_key) if list_key else None
    with _people(workspace) as people:
        for record in people.everyone(key):
            statuses = {
                one.status for one in record.subscriptions if key in (None, one.mailing_list)
            }
            if status is None or status in statuses:
                yield record


def lists(workspace: Workspace) -> tuple[ListCount, ...]:
    """Return every list with how many people stand to it in which way."""
    with _people(workspace) as people:
        return people.lists()


@contextmanager
def _people(workspace: Workspace) -> Iterator[People]:
    with workspace.open_store(create=False) as store:
        yield People(store)


def _again(people: People, address: str, key: str, now: datetime, rejoin: bool) -> Added:
    """Return what adding does to somebody who has stood on the list before."""
    subscriptions = people.find(address).subscriptions
    status = next(one.status for one in subscriptions if one.mailing_list == key)
    if status is SubscriptionStatus.CONFIRMED:
        return Added.ALREADY
    if not rejoin:
        return Added.UNCONFIRMED if status is SubscriptionStatus.UNCONFIRMED else Added.HAD_LEFT
    people.rejoin(address, key, now=now, how="asked to come back, by hand")
    return Added.REJOINED


def _language(written: str) -> str:
    found = read_language(written)
    if written and not found:
        raise AddressError(
            f"language {written!r} is not understood",
            hint="Write a code: en, fr, es, de, ru, ar, zh.",
        )
    return found
