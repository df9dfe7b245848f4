"""What a sender has in hand: claimed, ready to leave, on the wire, settled but not yet written.

Nothing gets from here to a connection before its intent is durable. One round writes the
results of the messages before and the intents of the next together: one sync for many.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.content import Content
from newsletter.delivery.ledger import Ledger, Patience, Round, settle
from newsletter.delivery.pacing import (
    UNLIMITED,
    Allowance,
    Domains,
    Limits,
    Used,
    allowance,
    next_at,
)
from newsletter.delivery.replies import judge
from newsletter.errors import MessageError
from newsletter.model.ledger import Owed, Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState

if TYPE_CHECKING:
    from newsletter.delivery.outcome import Outcome
    from newsletter.delivery.replies import Verdict
    from newsletter.delivery.routes import Route

#: Builds a reader's message; in pieces, so that the constant ones are looked through once.
Compose = Callable[[Owed], Content]

#: Claimed at a time: enough to find one whose domain is free, little enough for memory.
MOST_CLAIMED = 256
#: A round should be worth this much sending, so that slow servers get small rounds and a
#: kill leaves few unknown, and fast ones get large rounds and few syncs.
ROUND = timedelta(milliseconds=40)
#: However few connections there are, a fast server gets rounds of at least so many.
LEAST_ROUND = 32
#: Where all that was chosen has unsubscribed meanwhile, the next round follows at once, but
#: not so often that the answers of the servers wait.
ROUNDS_AT_ONCE = 50
#: So often the table is asked again for what others may have put back.
ASK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Handed:
    """One message on its way to a connection."""

    owed: Owed
    content: Content


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one message, with the verdict for the route and the run."""

    owed: Owed
    settlement: Settlement
    verdict: Verdict


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

    #: As the last round found it.
    mailing_state: MailingState = MailingState.SENDING
    #: Messages a second, as the sender measures it.
    rate: float = 0.0
    commits: int = 0
    #: When the last round was written; None: none yet.
    written: datetime | None = None

    def __post_init__(self) -> None:
        """Begin with empty hands."""
        self._claimed: deque[Owed] = deque()
        self._ready: dict[str, deque[Handed]] = {}
        self._on_wire: dict[int, Owed] = {}
        self._results: list[Settlement] = []
        self._released: list[int] = []
        self._given_back: Counter[int] = Counter()
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
        return len(self._results) + len(self._released)

    @property
    def has_results(self) -> bool:
        """Say whether something known is not written yet."""
        return self.unwritten > 0

    @property
    def is_drained(self) -> bool:
        """Say whether nothing is in hand and the ledger had nothing more to give."""
        in_hand = self._claimed or self._on_wire or any(self._ready.values())
        return self._is_drained and not in_hand and not self.has_results

    def ask_at(self, route: Route) -> datetime | None:
        """Return when to ask again for this route; None: any time."""
        return self._ask_at.get(route.name)

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

    def take(self, route: Route, now: datetime, crew: int) -> Handed | None:
        """Return a message whose intent is durable; None: none now, see `ask_at`.

        Raises StoreError where the ledger cannot be written: then nothing may leave.
        """
        ready = self._ready.setdefault(route.name, deque())
        for _ in range(ROUNDS_AT_ONCE):
            if ready or now < self._ask_at.get(route.name, now):
                break
            self._round(now, route, crew)
        if not ready:
            return None
        handed = ready.popleft()
        self._on_wire[handed.owed.key] = handed.owed
        return handed

    def settle(self, key: int, route: Route, outcome: Outcome, now: datetime) -> Judged:
        """Take the outcome of a message; it is written with the next round."""
        owed = self._on_wire.pop(key)
        verdict = judge(outcome, self._given_back[key])
        settlement = settle(
            owed, outcome, verdict, now=now, patience=self.patience, chance=self.chance
        )
        if settlement.state is DeliveryState.QUEUED:
            self._given_back[key] += 1
            self._released.append(key)
            self._ask_soon()
        else:
            self._given_back.pop(key, None)
            self._results.append(_by_route(settlement, route))
        return Judged(owed, settlement, verdict)

    def flush(self, now: datetime) -> None:
        """Write what is known; StoreError where that is not possible yet."""
        with self._step(now):
            pass

    def hand_back(self) -> None:
        """Give back whatever has not been handed to a connection: it certainly never left."""
        for ready in self._ready.values():
            self._released += [handed.owed.key for handed in ready]
            ready.clear()
        self._released += [owed.key for owed in self._claimed]
        self._claimed.clear()

    def wake(self) -> None:
        """Ask the ledger again at once: something may be due now."""
        self._ask_soon()

    # one round

    def _ask_soon(self) -> None:
        self._ask_at.clear()
        self._is_drained = False

    @contextmanager
    def _step(self, now: datetime) -> Iterator[Round]:
        """Write what is known and what the block does, all of it or nothing."""
        with self.ledger.round(now) as step:
            step.settle(self._results)
            step.release(self._released)
            self.mailing_state = step.mailing_state
            yield step
        self.commits += 1
        self.written = now
        self._results.clear()
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

    def _round(self, now: datetime, route: Route, crew: int) -> None:
        """Write the last results and the next intents in one durable step."""
        claimed = list(self._claimed)
        chosen: list[Owed] = []
        intended: list[Owed] = []
        ask_at: datetime | None = None
        with self._step(now) as step:
            if self.mailing_state is MailingState.SENDING:
                picking = Picking(step, self, route, now)
                chosen, ask_at = picking.pick(claimed, self._wanted(crew))
                intended = list(step.intend(chosen, route.name))
                picking.count(intended)
        taken = {owed.key for owed in chosen}
        self._claimed = deque(owed for owed in claimed if owed.key not in taken)
        self._ready[route.name].extend(self._composed(intended, route))
        self._is_drained = False
        if not chosen:
            self._wait_for(route, ask_at, now)

    def _wait_for(self, route: Route, ask_at: datetime | None, now: datetime) -> None:
        if ask_at is not None:
            self._ask_at[route.name] = ask_at
        else:
            self._is_drained = not self._claimed
            self._ask_at[route.name] = now + ASK_AGAIN

    def _wanted(self, crew: int) -> int:
        """Return how many to intend: what the sending of a round's time takes."""
        most = max(LEAST_ROUND, 4 * crew)
        return max(1, min(most, round(self.rate * ROUND.total_seconds())))

    def _composed(self, intended: Iterable[Owed], route: Route) -> list[Handed]:
        """Build each reader's message; one that cannot be built costs nobody else theirs."""
        built: list[Handed] = []
        for owed in intended:
            try:
                built.append(Handed(owed, self.compose(owed)))
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
        return built


class Picking:
    """Chooses what may go by a route now, by the limits of the route and of the domains."""

    def __init__(self, step: Round, tray: Tray, route: Route, now: datetime) -> None:
        self._step = step
        self._tray = tray
        self._route = route
        self._now = now
        self._allowed: dict[str, Allowance] = {}
        self._limits: dict[str, Limits] = {}
        self._blocked: dict[str, tuple[str, ...]] = {}

    def pick(self, claimed: list[Owed], wanted: int) -> tuple[list[Owed], datetime | None]:
        """Return what to intend, claiming more where needed, and when to ask again.

        `claimed` grows by what is claimed anew.
        """
        route = self._allowance(f"route:{self._route.name}", self._route_limits())
        wanted = min(wanted, route.count)
        if wanted < 1:
            return [], route.ask_again
        chosen = self._choose(claimed, wanted)
        if len(chosen) < wanted:
            fresh = self._claim(wanted - len(chosen), claimed)
            claimed += fresh
            chosen += self._choose(fresh, wanted - len(chosen))
        return chosen, self._soonest() if not chosen else None

    def count(self, intended: list[Owed]) -> None:
        """Count what is intended towards every limit it falls under."""
        route = f"route:{self._route.name}"
        counts: Counter[str] = Counter()
        for owed in intended:
            group = self._tray.domains.group_of(owed.domain)
            counts[route] += 1
            if group is not None:
                counts[f"domain:{group.name}"] += 1
        for name, count in counts.items():
            if not self._limits[name].is_none:
                self._spend(name, count)

    def _spend(self, name: str, count: int) -> None:
        self._step.use(name, count)
        rate = self._limits[name].per_second
        if rate:
            at = next_at(rate, self._step.next_at(name), count, self._now)
            self._step.set_next_at(name, at)

    def _route_limits(self) -> Limits:
        """Return the limits of the route on this day of its warm-up."""
        warm_up, name = self._route.warm_up, f"first use:{self._route.name}"
        if not warm_up.per_day:
            return self._route.limits
        first = self._step.first_at(name, self._now)
        return warm_up.applied(self._route.limits, first, self._now)

    def _allowance(self, name: str, limits: Limits) -> Allowance:
        """Return what a name may still send in this round."""
        if name not in self._allowed:
            self._limits[name] = limits
            self._allowed[name] = UNLIMITED
            if not limits.is_none:
                self._allowed[name] = allowance(limits, self._used(name, limits), self._now)
        return self._allowed[name]

    def _used(self, name: str, limits: Limits) -> Used:
        step, now = self._step, self._now
        return Used(
            step.used(name, now - timedelta(hours=1)) if limits.per_hour else 0,
            step.used(name, now - timedelta(days=1)) if limits.per_day else 0,
            step.next_at(name) if limits.per_second else None,
        )

    def _choose(self, claimed: Iterable[Owed], wanted: int) -> list[Owed]:
        chosen: list[Owed] = []
        for owed in claimed:
            if len(chosen) >= wanted:
                break
            if self._may_go(owed):
                chosen.append(owed)
        return chosen

    def _may_go(self, owed: Owed) -> bool:
        group = self._tray.domains.group_of(owed.domain)
        if group is None:
            return True
        name = f"domain:{group.name}"
        allowed = self._allowance(name, group.limits)
        if allowed.count < 1:
            self._blocked[name] = group.domains
            return False
        self._allowed[name] = Allowance(allowed.count - 1, allowed.ask_again or self._now)
        return True

    def _claim(self, wanted: int, claimed: list[Owed]) -> list[Owed]:
        """Claim more, but nothing of the domains that are at their limit."""
        self._make_room(claimed)
        count = max(wanted, MOST_CLAIMED // 4)
        blocked = tuple(domain for group in self._blocked.values() for domain in group)
        return list(self._step.claim(Wish(count, not_domains=blocked, every=self._tray.every)))

    def _make_room(self, claimed: list[Owed]) -> None:
        """Give back what is only waiting for its domain, so that others can be claimed."""
        if len(claimed) < MOST_CLAIMED:
            return
        surplus = [owed for owed in claimed if not self._may_go(owed)][MOST_CLAIMED // 4 :]
        self._step.release([owed.key for owed in surplus])
        gone = {owed.key for owed in surplus}
        claimed[:] = [owed for owed in claimed if owed.key not in gone]

    def _soonest(self) -> datetime | None:
        """Return when the first of the domains at their limit may go on."""
        times = [self._allowed[name].ask_again for name in self._blocked]
        known = [moment for moment in times if moment is not None]
        return max(min(known), self._now + timedelta(milliseconds=20)) if known else None


def _by_route(settlement: Settlement, route: Route) -> Settlement:
    return replace(settlement, route=route.name)
