"""Subscriber, list, subscription, suppression: who a newsletter is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
class MailingList:
    """A named group people subscribe to."""

    #: Stable for ever (`List-Id`): letters, digits, hyphens.
    key: str
    title: str = ""
    language: str = ""
    form: str = ""
    id: int = 0


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
