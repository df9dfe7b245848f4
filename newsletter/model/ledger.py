"""What passes between a sender and the ledger: what is owed, what became of it, what may follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from newsletter.model.mailing import DeliveryState

_S = DeliveryState

#: The only ways from one state to another; the store refuses every other.
ALLOWED: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    # A sender takes it; or it is not wanted any more.
    _S.QUEUED: frozenset({_S.CLAIMED, _S.SKIPPED}),
    # The intent becomes durable; or it is given back untouched; or it is not wanted.
    _S.CLAIMED: frozenset({_S.IN_FLIGHT, _S.QUEUED, _S.SKIPPED}),
    # The server judged; or the answer was lost; or it certainly never left (queued).
    _S.IN_FLIGHT: frozenset({_S.ACCEPTED, _S.DEFERRED, _S.REFUSED, _S.UNKNOWN, _S.QUEUED}),
    # Due again; or patience has ended; or it is not wanted any more.
    _S.DEFERRED: frozenset({_S.CLAIMED, _S.QUEUED, _S.REFUSED, _S.SKIPPED}),
    # A person, the policy or the server's log decides.
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.REFUSED, _S.QUEUED, _S.SKIPPED}),
    # A person asks to try again.
    _S.REFUSED: frozenset({_S.QUEUED}),
    _S.ACCEPTED: frozenset(),
    _S.SKIPPED: frozenset(),
}


class Owed(NamedTuple):
    """A delivery that a sender has claimed, with all that its message is made of."""

    key: int
    address: str
    domain: str
    edition: str
    #: Envelope sender.
    sender: str
    #: Everything that is filled into the message, the Message-ID included.
    personal: Mapping[str, str]
    attempts: int = 0
    #: When it was first tried; None: never.
    tried: datetime | None = None


class Settlement(NamedTuple):
    """What became of one delivery in flight, as the ledger is to remember it."""

    key: int
    state: DeliveryState
    reason: str = ""
    #: Whether the attempt counts: trouble with the server is not the reader's.
    is_counted: bool = True
    due: datetime | None = None
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    words: str = ""
    queue_id: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which deliveries a sender would like to claim."""

    count: int
    #: Any but these domains.
    not_domains: tuple[str, ...] = ()
    #: Only every n-th delivery: the canary.
    every: int = 1
