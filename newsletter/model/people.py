"""Subscriber, list, subscription, suppression: who a newsletter is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class SubscriptionStatus(StrEnum):
    """How a person stands to one list."""

    #: Asked for it, has not confirmed yet: is not written to.
    UNCONFIRMED = "unconfirmed"
    #: Is written to.
    CONFIRMED = "confirmed"
    #: Left. Never revived by an import.
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    """Why an address must not be written to at all."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ASKED = "asked"
    MANUAL = "manual"


def canonical_key(address: str) -> str:
    """Return what tells whether two addresses are the same person's.

    For addresses that are valid already, with their domain as an A-label: letter
    case does not count. RFC 5321 2.4 lets a server tell A from a in a local part;
    none that people write from does, and two copies annoy a reader.
    """
    return address.lower() if address.isascii() else address.casefold()


class EmailAddress(NamedTuple):
    """An address that was checked: it can be written to, as far as its form says.

    A tuple, because an import makes one for each row and there may be a million.
    """

    #: As it is written to: local part as given, domain as a lower-case A-label.
    address: str
    #: The display name it came with: `Ana Ruiz <ana@example.org>`.
    name: str = ""
    #: The server must offer SMTPUTF8: the local part is not ASCII.
    needs_smtputf8: bool = False
    #: What looks like a typing mistake: "did you mean gmail.com?"; empty: nothing.
    warning: str = ""

    @property
    def key(self) -> str:
        """Return the canonical key: two forms of one address have the same."""
        return canonical_key(self.address)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person known by an address."""

    #: As it is written to: local part as given, domain in lower case.
    address: str
    name: str = ""
    #: BCP 47; empty: the list's language, else the newsletter's.
    language: str = ""
    #: "full", "light", "text"; empty: the list's.
    form: str = ""
    #: Extra columns of the import, kept as they came.
    fields: Mapping[str, str] = field(default_factory=dict)
    #: The store's own number; 0 before it is stored.
    id: int = 0


@dataclass(frozen=True, slots=True)
class SubscriberRecord:
    """All that is kept of one person."""

    subscriber: Subscriber
    subscriptions: tuple[Subscription, ...] = ()
    suppression: Suppression | None = None


@dataclass(frozen=True, slots=True)
class MailingList:
    """A named group people subscribe to."""

    #: Stable for ever (`List-Id`): letters, digits, hyphens.
    key: str
    title: str = ""
    language: str = ""
    form: str = ""
    id: int = 0


class ImportedPerson(NamedTuple):
    """One person as a file gives them. A tuple: there may be a million."""

    line: int
    address: EmailAddress
    name: str = ""
    language: str = ""
    form: str = ""
    fields: Mapping[str, str] = {}
    consent: Mapping[str, str] = {}
    #: What the file says of them: written to, left, or must not be written to.
    status: SubscriptionStatus = SubscriptionStatus.CONFIRMED
    suppression: SuppressionReason | None = None
    #: Name of the file inside an archive; empty: there is only one.
    file: str = ""


class RefusedRow(NamedTuple):
    """One row of a file that gives no person, and why."""

    line: int
    reason: str
    file: str = ""


class Judgement(StrEnum):
    """What importing one person does, or why it does nothing."""

    NEW = "new"
    #: On the list already; the file knows more or something else of them.
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    #: The file says that they left.
    UNSUBSCRIBED = "unsubscribed"
    #: The file says that mail came back or that they complained.
    SUPPRESSED = "suppressed"
    #: They left, are suppressed or never confirmed: the file changes nothing.
    LEFT_ALONE = "left alone"


class LeftAlone(NamedTuple):
    """Someone in a file whom the import does not touch, and why."""

    line: int
    address: str
    reason: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber who is to get an issue, by the first list that they are confirmed on."""

    #: With language and form already taken from the list where the person has none.
    subscriber: Subscriber
    mailing_list: MailingList


@dataclass(frozen=True, slots=True)
class ListCount:
    """A list and how many people stand to it in which way."""

    mailing_list: MailingList
    confirmed: int = 0
    unconfirmed: int = 0
    unsubscribed: int = 0
    #: Of the confirmed: those we must not write to.
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Subscriber x list."""

    subscriber: str
    mailing_list: str
    status: SubscriptionStatus
    since: datetime
    #: How it came about: "import members.csv", "added by hand".
    how: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address we must not write to, and why."""

    address: str
    reason: SuppressionReason
    since: datetime
    note: str = ""
