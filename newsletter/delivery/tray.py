"""What a sender has in hand: claimed, ready to leave, on the wire, settled but not yet written.

Nothing gets from here to a connection before its intent is durable. One round writes the
results of the messages before and the intents of the next together: one sync for many.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from newsletter.delivery.envelopes import Outgoing
from newsletter.delivery.ledger import Ledger, Patience, Round, accepted, settle
from newsletter.delivery.pacing import Domains
from newsletter.delivery.picking import MOST_CLAIMED, Picking
from newsletter.delivery.ready import Ready
from newsletter.delivery.replies import judge
from newsletter.delivery.resting import MOST_PUT_OFF, Rests, put_off
from newsletter.errors import MessageError
from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState

if TYPE_CHECKING:
    from newsletter.delivery.content import Content
    from newsletter.delivery.outcome import Outcome
    from newsletter.delivery.replies import Verdict
    from newsletter.delivery.routes import Route

#: Builds a reader's message; in pieces, so that the constant ones are looked through once.
Compose = Callable[[Owed], "Content"]

#: A round should be worth this much sending, so that slow servers get small rounds and a
#: kill leaves few unknown, and fast ones get large rounds and few syncs.
ROUND = timedelta(milliseconds=20)
#: ... and writing it should take no more than a twentieth of that, on a slow disk too.
WRITING_SHARE = 20
#: So many results are worth writing before the round is used up, because a kill sends again
#: what was answered and not written; even so writing takes at most a tenth of the time.
WORTH_WRITING = 16
EARLY_SHARE = 10
#: No round is larger than this, or than four for each connection its route may have.
MOST_AT_ONCE = 64
#: Where all that was chosen has unsubscribed or cannot be built, the next round follows at
#: once, but not so often that the answers of the servers wait.
ROUNDS_AT_ONCE = 50
#: So often the table is asked again for what others may have put back.
ASK_AGAIN = timedelta(seconds=1)


class Judged(NamedTuple):
    """What became of one message, with the verdict for the route and the run."""

    settlement: Settlement
    verdict: Verdict
    domain: str = ""


@dataclass
class Tray:
    """The hands of one sender."""

    ledger: Ledger
    compose: Compose
    domains: Domains = field(default_factory=Domains)
    patience: Patience = field(default_factory=Patience)
    chance: random.Random = field(default_factory=random.Random)
    #: Only every n-th delivery, while a canary is out.
    every: int = 1
    #: A domain that puts off so many in a row is left in peace for a while; 0: none is.
    most_put_off: int = MOST_PUT_OFF
    #: Never set, unlike the clock: what a round costs is measured with it.
    stopwatch: Callable[[], float] = perf_counter

    #: As the last round found it.
    mailing_state: MailingState = MailingState.SENDING
    commits: int = 0
    #: When the last round was written; None: none yet.
    written: datetime | None = None

    def __post_init__(self) -> None:
        """Begin with empty hands."""
        self._rests = Rests(self.patience, self.most_put_off)
        self._awaits_answers = False
        self._claimed: deque[Owed] = deque()
        self._ready: dict[str, Ready] = {}
        self._on_wire: dict[int, Owed] = {}
        self._results: list[Settlement] = []
        #: Intended and certainly not gone; and claimed only, which leaves no event.
        self._back: list[Settlement] = []
        self._released: list[int] = []
        self._given_back: Counter[int] = Counter()
        #: Seconds that writing a round takes, on average.
        self._writing = 0.0
        #: When results are worth writing before the round is used up.
        self._early_at = datetime.max.replace(tzinfo=UTC)
        #: How many to have in hand, how many were taken since the last round, and when that was.
        self._size = 1
        self._taken = 0
        self._began: datetime | None = None
        #: Route -> when asking for more may make sense again.
        self._ask_at: dict[str, datetime] = {}
        self._is_drained = False

    @property
    def on_wire(self) -> int:
        """Return how many messages connections have in hand."""
        return len(self._on_wire)

    @property
    def unwritten(self) -> int:
        """Return how many results are known but not written."""
        return len(self._results) + len(self._back) + len(self._released)

    @property
    def unwritten_answers(self) -> int:
        """Return how many of these are answers; the others never left."""
        return len(self._results)

    @property
    def has_results(self) -> bool:
        """Say whether something known is not written yet."""
        return self.unwritten > 0

    @property
    def is_drained(self) -> bool:
        """Say whether nothing is in hand and the ledger had nothing more to give."""
        in_hand = self._claimed or self._on_wire or any(self._ready.values())
        return self._is_drained and not in_hand and not self.has_results

    def at_hand(self, route: Route, now: datetime) -> int:
        """Return how many could be taken, claiming a few where there are none.

        A claim promises nothing, so it is made before a connection is; the intent only
        once there is a connection for it. Raises StoreError.
        """
        count = len(self._ready.get(route.name, ())) + len(self._claimed)
        if count or now < self._ask_at.get(route.name, now):
            return count
        self._look(now, route)
        return len(self._claimed)

    def take(self, route: Route, now: datetime) -> Outgoing | None:
        """Return a message whose intent is durable; None: none now.

        Raises StoreError where the ledger cannot be written: then nothing may leave.
        """
        ready = self._ready.get(route.name)
        if ready is None:
            ready = self._ready[route.name] = Ready()
        if len(self._results) >= WORTH_WRITING and ready and now >= self._early_at:
            self._round(now, route)
        for _ in range(ROUNDS_AT_ONCE):
            while begun := ready.next(partial(self._build, route)):
                if outgoing := self._begin(*begun, route, now):
                    return outgoing
            if now < self._ask_at.get(route.name, now):
                break
            self._round(now, route)
        return None

    def settle(self, key: int, route: Route, outcome: Outcome, now: datetime) -> Judged:
        """Take the outcome of a message; it is written with the next round."""
        owed = self._on_wire.pop(key)
        verdict = judge(outcome, self._given_back.get(key, 0))
        if verdict.state is DeliveryState.ACCEPTED:
            settlement = accepted(key, outcome, route.name)
            if self._rests.known or owed.attempts:
                self._rests.took(owed.domain, is_kept=owed.attempts > 0)
        else:
            settlement = settle(
                owed, outcome, verdict, now=now, patience=self.patience, chance=self.chance
            )._replace(route=route.name)
            if settlement.due and outcome.reply:
                self._rests.put_off(owed.domain, settlement.due, now)
        if settlement.state is DeliveryState.QUEUED:
            self._given_back[key] += 1
            self._back.append(settlement)
            self.wake()
        else:
            self._given_back.pop(key, None)
            self._results.append(settlement)
        if self._awaits_answers:
            self.wake()
        return Judged(settlement, verdict, owed.domain)

    def flush(self, now: datetime) -> None:
        """Write what is known; StoreError where that is not possible yet."""
        with self._step(now):
            pass

    def hand_back(self) -> None:
        """Give back whatever has not been handed to a connection: it certainly never left."""
        for ready in self._ready.values():
            self._back += [
                Settlement(
                    owed.key,
                    DeliveryState.QUEUED,
                    is_counted=False,
                    words="not handed to a connection",
                )
                for owed in ready.clear()
            ]
        self._released += [owed.key for owed in self._claimed]
        self._claimed.clear()

    def wake(self) -> None:
        """Ask the ledger again at once: something may be due now."""
        self._ask_at.clear()
        self._is_drained = False

    # one round

    @contextmanager
    def _step(self, now: datetime) -> Iterator[Round]:
        """Write what is known and what the block does, all of it or nothing."""
        began = self.stopwatch()
        with self.ledger.round(now) as step:
            step.settle([*self._results, *self._back] if self._back else self._results)
            step.release(self._released)
            self.mailing_state = step.mailing_state
            yield step
        self._writing += 0.2 * (self.stopwatch() - began - self._writing)
        self.commits += 1
        self.written = now
        self._early_at = now + timedelta(seconds=EARLY_SHARE * self._writing)
        self._results.clear()
        self._back.clear()
        self._released.clear()

    def _look(self, now: datetime, route: Route) -> None:
        """Claim a few, without any intent yet."""
        claimed: Sequence[Owed] = ()
        with self._step(now) as step:
            if self.mailing_state is MailingState.SENDING:
                claimed = step.claim(Wish(MOST_CLAIMED // 4, every=self.every))
        self._claimed.extend(claimed)
        self._is_drained = False
        if not claimed:
            self._wait_for(route, None, now)

    def _round(self, now: datetime, route: Route) -> None:
        """Write the last results and the next intents in one durable step."""
        wanted = self._wanted(now, route) - len(self._ready[route.name])
        if wanted < 1:
            self.flush(now)
            return
        claimed = list(self._claimed)
        chosen: list[Owed] = []
        intended: list[Owed] = []
        ask_at: datetime | None = None
        with self._step(now) as step:
            if self.mailing_state is MailingState.SENDING:
                self._rests.remember(step, now)
                picking = Picking(
                    step, self.domains, route, now, every=self.every, rests=self._rests
                )
                chosen, ask_at = picking.pick(claimed, wanted)
                intended = list(step.intend(chosen, route.name))
                picking.count(intended)
                self._awaits_answers = picking.awaits_answers
        taken = {owed.key for owed in chosen}
        self._claimed = deque(owed for owed in claimed if owed.key not in taken)
        self._ready[route.name].extend(intended)
        self._is_drained = False
        if not chosen:
            self._wait_for(route, ask_at, now)

    def _wait_for(self, route: Route, ask_at: datetime | None, now: datetime) -> None:
        if ask_at is not None:
            self._ask_at[route.name] = ask_at
        else:
            self._is_drained = not self._claimed
            self._ask_at[route.name] = now + ASK_AGAIN

    def _wanted(self, now: datetime, route: Route) -> int:
        """Return how many to have in hand, from how many were taken since the last round."""
        worth = max(ROUND, timedelta(seconds=WRITING_SHARE * self._writing))
        lasted = now - self._began if self._began else worth
        used = ceil(self._taken * (worth / lasted)) if lasted > timedelta(0) else 2 * self._size
        most = max(MOST_AT_ONCE, 4 * route.connections)
        self._size = max(1, self._size // 2, min(used, 2 * self._size, most))
        self._began, self._taken = now, 0
        return self._size

    def _is_put_off(self, owed: Owed, route: Route, now: datetime) -> bool:
        """Leave it for later if its domain is not to be tried now; say whether that is so."""
        until = self._rests.until(owed.domain, now)
        if until is None:
            return False
        # So that rounds become as large as those in which messages leave.
        self._taken += 1
        settlement = put_off(owed, until, now=now, patience=self.patience, chance=self.chance)
        self._results.append(settlement._replace(route=route.name))
        return True

    def _begin(self, owed: Owed, content: Content, route: Route, now: datetime) -> Outgoing | None:
        """Return a message that is under way from now on; None: it does not leave."""
        if self._rests.known and self._is_put_off(owed, route, now):
            return None
        self._taken += 1
        self._on_wire[owed.key] = owed
        return Outgoing(owed.key, owed.sender, owed.address, content)

    def _build(self, route: Route, owed: Owed) -> Content | None:
        """Build a reader's message; one that cannot be built costs nobody else theirs."""
        try:
            return self.compose(owed)
        except MessageError as error:
            refused = Settlement(
                owed.key,
                DeliveryState.REFUSED,
                reason="message",
                stage="message",
                words=str(error),
                route=route.name,
            )
            self._results.append(refused)
            return None
