"""Mailing, recipient, delivery, event: the act of sending and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailingState(StrEnum):
    """Where a mailing stands; its content and recipients are frozen from the start."""

    #: Its recipients are being written down; nothing of it can be sent yet.
    PREPARING = "preparing"
    PREPARED = "prepared"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where one recipient's delivery stands."""

    #: Owed.
    QUEUED = "queued"
    #: Taken by a sender, nothing promised yet; its lease may run out.
    CLAIMED = "claimed"
    #: The intent is durable; from now on the message may leave.
    IN_FLIGHT = "in_flight"
    #: The next server said 2xx after the dot.
    ACCEPTED = "accepted"
    #: Refused for now; due again later.
    DEFERRED = "deferred"
    #: Refused for good.
    REFUSED = "refused"
    #: The connection died between our dot and the answer.
    UNKNOWN = "unknown"
    #: Not written to, on purpose; the reason says why.
    SKIPPED = "skipped"


class UnknownPolicy(StrEnum):
    """What to do with deliveries whose answer was lost."""

    #: Send again: better twice than never.
    RESEND = "resend"
    #: Leave them, list every address.
    HOLD = "hold"
    #: Wait for `newsletter reconcile` to settle them from the server's log.
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address, frozen into one mailing with its edition."""

    address: str
    #: Key of the edition: "fr" or "fr-light".
    edition: str
    #: The same on every attempt.
    message_id: str
    #: Envelope sender.
    sender: str
    #: Everything else that is filled into the message.
    personal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """Something that happened to a delivery; never changed, only added."""

    at: datetime
    state: DeliveryState
    #: Of the SMTP session; or who decided: person, policy, log.
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    #: The server's own words, or ours where it said nothing.
    words: str = ""
    queue_id: str = ""
    route: str = ""
    #: The run of the sender that did it.
    sender: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's row in the ledger."""

    id: int
    address: str
    state: DeliveryState
    edition: str = ""
    attempts: int = 0
    message_id: str = ""
    #: The server's last words with their code, or ours where it said nothing.
    reply: str = ""
    reason: str = ""
    updated: datetime | None = None
    due: datetime | None = None
    domain: str = ""
    #: Where in the SMTP session the last answer came.
    stage: str = ""
    queue_id: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """How many recipients stand in which state; `planned` always equals the sum."""

    queued: int = 0
    claimed: int = 0
    in_flight: int = 0
    accepted: int = 0
    deferred: int = 0
    refused: int = 0
    unknown: int = 0
    skipped: int = 0

    @property
    def waiting(self) -> int:
        """Return those that have not been tried to the end yet."""
        return self.queued + self.claimed + self.in_flight

    @property
    def planned(self) -> int:
        """Return how many recipients were frozen into the mailing."""
        return (
            self.waiting
            + self.accepted
            + self.deferred
            + self.refused
            + self.unknown
            + self.skipped
        )

    @property
    def is_open(self) -> bool:
        """Say whether somebody is still owed an answer."""
        return bool(self.waiting or self.deferred or self.unknown)


@dataclass(frozen=True, slots=True)
class Mailing:
    """The act of sending one issue to lists at a time."""

    id: int
    issue: str
    state: MailingState
    created: datetime
    lists: tuple[str, ...] = ()
    policy: UnknownPolicy = UnknownPolicy.RESEND
    balance: Balance = field(default_factory=Balance)
    #: Why it is paused or was cancelled, as a sentence.
    reason: str = ""
    #: The real thing to named addresses only.
    is_test: bool = False
    #: Not before this moment.
    starts: datetime | None = None
    ended: datetime | None = None
    #: Every n-th delivery goes first; 1: the canary has come back, or there is none.
    canary: int = 1
    #: The frozen settings of this mailing.
    settings: Mapping[str, object] = field(default_factory=dict)
    machine: str = ""
    #: Processes that are sending it now.
    senders: tuple[int, ...] = ()
    #: It is to be paused or cancelled as soon as the database can be written to.
    ordered: MailingState | None = None

    @property
    def is_open(self) -> bool:
        """Say whether there is still something to do for it."""
        return self.state not in {MailingState.FINISHED, MailingState.CANCELLED}

    @property
    def has_begun(self) -> bool:
        """Say whether anybody has been tried, skipped or taken in hand yet."""
        return self.balance.queued < self.balance.planned


@dataclass(frozen=True, slots=True)
class Progress:
    """A glimpse of a run, for a bar, a line or a page."""

    mailing: int
    balance: Balance
    #: Messages a second, over the last seconds.
    rate: float = 0.0
    connections: int = 0
    #: What the run is waiting for, as a sentence; empty: it is sending.
    waiting_for: str = ""

    @property
    def seconds_left(self) -> float | None:
        """Return how long the rest takes at this rate; None: there is no telling."""
        if self.rate <= 0:
            return None
        return self.balance.waiting / self.rate
