"""Send what is due, whenever it is due: for a service or a timer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Protocol

from newsletter.delivery import setup
from newsletter.delivery.notices import Notices
from newsletter.delivery.progress import RunEnd, Why
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
#: A mailing whose server was away is gone on with after so long, doubling up to the longest:
#: each run begins with short pauses, and a server that says 421 to all is not to be asked for ever.
AWAY_SECONDS = 60.0
LONGEST_AWAY_SECONDS = 600.0


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
    #: No server could be had.
    is_away: bool = False


class _Pauses:
    """How long mailings are left alone whose server was away."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._known: dict[int, tuple[int, float]] = {}

    def note(self, mailing: int, *, is_away: bool) -> None:
        """Take note of how a run has ended."""
        times, _ = self._known.pop(mailing, (0, 0.0))
        if is_away:
            pause = min(AWAY_SECONDS * 2 ** min(times, 10), LONGEST_AWAY_SECONDS)
            self._known[mailing] = (times + 1, self._stopwatch() + pause)

    def rests(self, mailing: int) -> bool:
        """Say whether it is not to be gone on with yet."""
        return self._stopwatch() < self._known.get(mailing, (0, float("-inf")))[1]


class Hands(Protocol):
    """Who does the work: all of it at the same time, or one after the other."""

    #: The signal that ends it; 0: none came.
    signal: int

    @property
    def busy(self) -> frozenset[int]:
        """Return the mailings being sent."""

    @property
    def are_full(self) -> bool:
        """Say whether nothing more can be begun now."""

    def begin(self, about: int, work: Callable[[], Told]) -> None:
        """Begin to send a mailing."""

    def ended(self) -> list[tuple[int, Told | None]]:
        """Return what has ended, with what happened; None: its process has died."""

    def rest(self, seconds: float) -> None:
        """Wait until something may have ended or begun."""

    def end(self, number: int) -> None:
        """Tell everybody at work to finish what is under way, as by this signal."""


@dataclass
class OneByOne:
    """Sends one mailing after the other, each as soon as it is begun."""

    rest: Callable[[float], None] = sleep
    signal: int = 0
    busy: frozenset[int] = frozenset()
    are_full: bool = False

    def __post_init__(self) -> None:
        """Begin with nothing done."""
        self._done: list[tuple[int, Told | None]] = []

    def begin(self, about: int, work: Callable[[], Told]) -> None:
        """Send it."""
        if not self.signal:
            self._done.append((about, work()))

    def ended(self) -> list[tuple[int, Told | None]]:
        """Return what has ended, with what happened."""
        done, self._done = self._done, []
        return done

    def end(self, number: int) -> None:
        """Begin nothing more."""
        self.signal = number


def at_the_same_time() -> AbstractContextManager[Hands]:
    """Return hands that send each mailing in a process of its own."""
    from newsletter.delivery.hands import Hands as Processes

    return Processes[Told]()


def run_due(
    workspace: Workspace,
    resume: Resume,
    hands: Hands,
    *,
    once: bool = False,
    stopwatch: Callable[[], float] = monotonic,
) -> Iterator[Told]:
    """Send whatever is due, again and again; yield a sentence for everything that happens.

    Mailings that are due at the same time do not wait for one another: one that is sent
    slowly, by its limits, may take days.

    What a person paused stays paused, and what should have gone long ago, or comes from
    another machine, waits for a person: it is told once. What goes wrong in the same way again
    and again is told when it begins, when it changes, and once an hour. Settings are read anew
    each time: who has mended them need not start it again.
    """
    notices, pauses, is_first = Notices(stopwatch), _Pauses(stopwatch), True
    while True:
        happened: list[tuple[int, Told]] = []
        if is_first or not (once or hands.signal):
            happened += _begin(workspace, resume, hands, pauses, is_patient=not is_first)
        happened += _ended(hands)
        for about, told in happened:
            pauses.note(about, is_away=told.is_away)
            if notices.is_news(about, told.sentence, is_once=told.waits):
                yield told
        if (once or hands.signal) and not hands.busy:
            return
        is_first = False
        hands.rest(SCHEDULE_SECONDS)


def _ended(hands: Hands) -> Iterator[tuple[int, Told]]:
    """Return each mailing whose run has ended, with what happened; a signal ends the others too."""
    for about, told in hands.ended():
        yield about, told or _died(about)
        if told and told.signal and not hands.signal:
            hands.signal = told.signal
            hands.end(told.signal)


def _begin(
    workspace: Workspace, resume: Resume, hands: Hands, pauses: _Pauses, *, is_patient: bool
) -> Iterator[tuple[int, Told]]:
    """Begin what is due now and not being sent; return what stands in the way of all of it."""
    try:
        due = _due(replace(workspace), datetime.now(UTC))
    except (StoreError, SettingsError) as error:
        if not is_patient:
            raise
        # Busy, full, being edited: a service that is at work looks again in a moment.
        yield 0, Told(f"{error} {error.hint}".strip())
        return
    for mailing in due:
        is_free = mailing.id not in hands.busy and not pauses.rests(mailing.id)
        if is_free and not hands.are_full:
            hands.begin(mailing.id, partial(_attempt, mailing, resume))


def _died(mailing: int) -> Told:
    return Told(f"mailing {mailing}: the process that was sending it has died; it goes on")


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
        told = str(error)
        if not told.startswith("mailing "):
            told = f"mailing {mailing.id}: {told}"
        # A hint is a sentence of its own.
        return Told(f"{told}. {error.hint}".strip(), waits=waits)
    why = f": {sent.end.reason}" if sent.end.reason else ""
    balance = sent.mailing.balance
    return Told(
        f"mailing {mailing.id} is {sent.mailing.state}{why}; {balance.accepted} accepted of"
        f" {balance.planned}",
        sent.end.signal,
        is_away=sent.end.why is Why.NO_SERVER,
    )
