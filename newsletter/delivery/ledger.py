"""What is owed and what happened: claim, settle, resume (the protocol and its states).

The states and the ways between them are `newsletter.model.ledger.ALLOWED`; what an
outcome makes of a delivery is decided here, in `accepted` and `settle`. The ledger decides what was
sent, nobody else: a sender may be killed, stopped or started twice at any moment.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.delivery.outcome import Outcome, Stage
from newsletter.delivery.replies import Verdict
from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import Balance, DeliveryState, MailingState


class Round(Protocol):
    """One durable step: all of it is written and synced together, or nothing.

    It carries the results of the last round and the intents of the next, so that a
    thousand messages cost a few dozen syncs and not two thousand.
    """

    @property
    def mailing_state(self) -> MailingState:
        """Return where the mailing stands now: someone may have paused it."""

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of deliveries in flight."""

    def release(self, keys: Sequence[int]) -> None:
        """Give back what was claimed or intended and certainly never left."""

    def claim(self, wish: Wish) -> Sequence[Owed]:
        """Take deliveries that are due, each for this sender only."""

    def intend(self, owed: Sequence[Owed], route: str) -> Sequence[Owed]:
        """Write the intent to send; return those that are still ours and still wanted.

        Who unsubscribed or bounced since the recipients were frozen becomes skipped.
        """

    def under_way(self) -> Mapping[str, int]:
        """Return how many messages living senders have in flight, by domain."""

    def used(self, name: str, since: datetime) -> int:
        """Return how many messages a route or domain has had since that moment."""

    def use(self, name: str, count: int) -> None:
        """Count messages towards the limits of a route or domain."""

    def next_at(self, name: str) -> datetime | None:
        """Return when the next message of a route or domain may go; None: now."""

    def first_at(self, name: str, now: datetime) -> datetime:
        """Return when a route was used for the first time, now if never before."""

    def set_next_at(self, name: str, moment: datetime) -> None:
        """Remember when the next message of a route or domain may go."""


class Ledger(Protocol):
    """All deliveries of one mailing, as one sender sees them."""

    def round(self, now: datetime) -> AbstractContextManager[Round]:
        """Open one durable step."""

    def recover(self, now: datetime) -> Sequence[str]:
        """Take back what dead senders held; return the addresses whose answer was lost.

        What a dead sender had in flight becomes unknown, and only that. What a living
        one has in flight is never touched, even if it has been stopped for hours.
        """

    def hurry(self, now: datetime) -> None:
        """Make everything deferred due now, because a person asked."""

    def balance(self) -> Balance:
        """Return the counts by state."""

    def next_due(self) -> datetime | None:
        """Return when the next deferred delivery is due."""

    def relieve(self) -> None:
        """Make room where the disk is full, so that what is known can be written."""

    def close(self, now: datetime) -> None:
        """End this sender: nothing is in its hands any more."""

    def abandon(self) -> None:
        """Let go of everything; without `close` before, as a killed process would."""


#: Pauses differ by so much, so that not everybody comes back at once.
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a delivery that was refused for now is tried again."""

    #: Postfix's minimal_backoff_time and maximal_backoff_time, doubling in between.
    first: timedelta = timedelta(seconds=300)
    longest: timedelta = timedelta(seconds=4000)
    #: RFC 5321 section 4.5.4.1: give up after 4 to 5 days.
    lifetime: timedelta = timedelta(days=5)

    @property
    def longest_pause(self) -> timedelta:
        """Return the longest time anybody waits from one attempt to the next."""
        return max(self.first, self.longest) * (1 + JITTER)

    @property
    def longest_first(self) -> timedelta:
        """Return after how long everybody is due who was put off once."""
        return self.first * (1 + JITTER)

    def pause(self, attempts: int, chance: random.Random) -> timedelta:
        """Return how long to wait after so many attempts: growing, jittered by a fifth."""
        plain = min(self.first * float(2 ** min(attempts - 1, 20)), self.longest)
        return plain * chance.uniform(1 - JITTER, 1 + JITTER)


def settle(
    owed: Owed,
    outcome: Outcome,
    verdict: Verdict,
    *,
    now: datetime,
    patience: Patience,
    chance: random.Random,
) -> Settlement:
    """Return what an outcome makes of a delivery that was not accepted.

    Refused for now becomes deferred, with a pause that grows; after the days of
    patience it becomes refused. A delivery that goes back to the queue has not
    been judged by anyone, so its attempt does not count.
    """
    state, reason, due = verdict.state, verdict.reason, None
    if state is DeliveryState.DEFERRED:
        began = owed.tried or now
        if now - began >= patience.lifetime:
            state, reason = DeliveryState.REFUSED, f"gave up: {reason}"
        else:
            due = now + patience.pause(owed.attempts + 1, chance)
    reply = outcome.reply
    return Settlement(
        key=owed.key,
        state=state,
        reason=reason,
        is_counted=state is not DeliveryState.QUEUED,
        due=due,
        stage=str(outcome.stage),
        code=reply.code if reply else 0,
        enhanced=reply.enhanced if reply else "",
        words=(reply.text if reply else "") or outcome.cause,
    )


#: A plain string: SQLite's adapter looks for a way to store a StrEnum, again for each.
_DOT = Stage.DOT.value


def accepted(key: int, outcome: Outcome, route: str = "") -> Settlement:
    """Return the settlement of what a server took: that of nearly every message."""
    reply = outcome.reply
    if reply is None:
        raise ValueError(f"{outcome} is not an acceptance")
    return Settlement(
        key,
        DeliveryState.ACCEPTED,
        stage=_DOT,
        code=reply.code,
        enhanced=reply.enhanced,
        words=reply.text,
        queue_id=reply.queue_id,
        route=route,
    )
