"""Send what is due, whenever it is due: for a service or a timer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Protocol

from newsletter.delivery import setup
from newsletter.delivery.notices import Notices
from newsletter.delivery.progress import RunEnd
from newsletter.errors import (
    ConfirmationNeededError,
    NewsletterError,
    SettingsError,
    StoreError,
)
from newsletter.model.mailing import Mailing, MailingState
from newsletter.store.deliveries import Deliveries
from newsletter.store.mailings import Mailings
from newsletter.store.orders import Orders

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

#: How often the scheduler looks for what is due.
SCHEDULE_SECONDS = 5.0


class Sent(Protocol):
    """What a run over one mailing achieved."""

    @property
    def mailing(self) -> Mailing:
        """Return the mailing as the run has left it."""

    @property
    def end(self) -> RunEnd:
        """Return how the run ended."""


#: Goes on with the mailing of that number.
Resume = Callable[[int], Sent]


@dataclass(frozen=True, slots=True)
class Told:
    """What the scheduler did, as a sentence, and the signal that ended it; 0: it goes on."""

    sentence: str
    signal: int = 0
    #: It waits for a person, and is told once.
    waits: bool = False


def run_due(
    workspace: Workspace,
    resume: Resume,
    *,
    once: bool = False,
    rest: Callable[[float], None] = sleep,
    stopwatch: Callable[[], float] = monotonic,
) -> Iterator[Told]:
    """Send whatever is due, again and again; yield a sentence for everything that happens.

    What a person paused stays paused, and what should have gone long ago, or comes from
    another machine, waits for a person: it is told once. What goes wrong in the same way again
    and again is told when it begins, when it changes, and once an hour. Settings are read anew
    each time: who has mended them need not start it again.
    """
    notices, is_first = Notices(stopwatch), True
    while True:
        for about, happened in _round(workspace, resume, is_patient=not is_first):
            if notices.is_news(about, happened.sentence, is_once=happened.waits):
                yield happened
            if happened.signal:
                return
        if once:
            return
        is_first = False
        rest(SCHEDULE_SECONDS)


def _round(workspace: Workspace, resume: Resume, *, is_patient: bool) -> Iterator[tuple[int, Told]]:
    """Go on with what is due now; return each mailing (0: none of them) with what happened."""
    try:
        due = _due(replace(workspace), datetime.now(UTC))
    except (StoreError, SettingsError) as error:
        if not is_patient:
            raise
        # Busy, full, being edited: a service that is at work looks again in a moment.
        yield 0, Told(f"{error} {error.hint}".strip())
        return
    for mailing in due:
        yield mailing.id, _attempt(mailing, resume)


def _due(workspace: Workspace, now: datetime) -> tuple[Mailing, ...]:
    """Return the mailings that have something to do now and nobody at work on them."""
    orders = Orders(workspace.root)
    with workspace.open_store(create=False) as store:
        mailings = Mailings(store)
        known = [orders.obey(mailings, one, now=now) for one in mailings.all()]
        resting = [
            one
            for one in known
            if one.state in {MailingState.PREPARED, MailingState.SENDING} and not one.senders
        ]
        for one in resting:
            # Nobody waits longer than there are pauses: the clock was set back then. Settings
            # that cannot be used are told by whoever sends.
            with suppress(SettingsError):
                longest = setup.patience_of(workspace.settings.sending).longest_pause
                Deliveries(store, one.id).draw_in(now + longest)
        return tuple(
            one
            for one in resting
            if (one.has_begun or (one.starts or now) <= now)
            and (one.balance.waiting or Deliveries(store, one.id).is_any_due(now))
        )


def _attempt(mailing: Mailing, resume: Resume) -> Told:
    """Send one mailing; return what happened."""
    try:
        sent = resume(mailing.id)
    except NewsletterError as error:
        waits = isinstance(error, ConfirmationNeededError)
        return Told(f"mailing {mailing.id}: {error} {error.hint}".strip(), waits=waits)
    why = f": {sent.end.reason}" if sent.end.reason else ""
    balance = sent.mailing.balance
    return Told(
        f"mailing {mailing.id} is {sent.mailing.state}{why}; {balance.accepted} accepted of"
        f" {balance.planned}",
        sent.end.signal,
    )
