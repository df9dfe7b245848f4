"""Which of the claimed deliveries may go now, by the limits of the route and of the domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.delivery.pacing import (
    UNLIMITED,
    Allowance,
    DomainLimits,
    Domains,
    Limits,
    Used,
    allowance,
    next_at,
)
from newsletter.delivery.resting import Rests, provider
from newsletter.model.ledger import Owed, Wish

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Round
    from newsletter.delivery.routes import Route

#: Claimed at a time: enough to find one whose domain is free, little enough for memory.
MOST_CLAIMED = 256


class Picking:
    """Chooses what may go by a route now, by the limits of the route and of the domains."""

    def __init__(
        self,
        step: Round,
        domains: Domains,
        route: Route,
        now: datetime,
        *,
        every: int = 1,
        rests: Rests | None = None,
    ) -> None:
        self._step = step
        self._domains = domains
        self._rests = rests if rests and rests.known else None
        self._every = every
        self._route = route
        self._now = now
        self._allowed: dict[str, Allowance] = {}
        self._limits: dict[str, Limits] = {}
        self._blocked: dict[str, tuple[str, ...]] = {}
        #: Domain -> how many are under way; None: nobody has asked yet.
        self._under_way: Mapping[str, int] | None = None
        #: Nobody's domain has a limit or puts anybody off: nearly every round.
        self._is_free = self._rests is None and domains.is_none
        #: Something is not chosen only because so much is under way: any answer makes room.
        self.awaits_answers = False

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
            fresh = self._claim(wanted - len(chosen), claimed, chosen)
            claimed += fresh
            chosen += self._choose(fresh, wanted - len(chosen))
        return chosen, self._soonest() if not chosen else None

    def count(self, intended: list[Owed]) -> None:
        """Count what is intended towards every limit it falls under."""
        route = f"route:{self._route.name}"
        counts: Counter[str] = Counter()
        if self._is_free:
            counts[route] = len(intended)
        for owed in () if self._is_free else intended:
            if self.rest_of(owed) is not None:
                continue
            group = self._domains.group_of(owed.domain)
            counts[route] += 1
            if group is not None:
                counts[f"domain:{group.name}"] += 1
        for name, count in counts.items():
            if count and self._limits[name].is_by_time:
                self._spend(name, count)

    def rest_of(self, owed: Owed) -> datetime | None:
        """Return until when nobody at this domain is to be tried; None: they may be."""
        return self._rests.until(owed.domain, self._now) if self._rests else None

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
            self._count_under_way(name) if limits.at_once else 0,
        )

    def _count_under_way(self, name: str) -> int:
        """Return how many any sender has in flight of what counts by this name."""
        if self._under_way is None:
            self._under_way = self._step.under_way()
        return sum(
            count
            for domain, count in self._under_way.items()
            if name in {limited.name for limited in self._limited(domain)}
        )

    def _choose(self, claimed: Iterable[Owed], wanted: int) -> list[Owed]:
        if self._is_free:
            return list(islice(claimed, wanted))
        chosen: list[Owed] = []
        for owed in claimed:
            if len(chosen) >= wanted:
                break
            if self._may_go(owed):
                chosen.append(owed)
        return chosen

    def _may_go(self, owed: Owed) -> bool:
        limited = self._limited(owed.domain)
        for one in limited:
            if self._allowance(one.name, one.limits).count < 1:
                self._blocked[one.name] = one.domains
                self.awaits_answers |= bool(one.limits.at_once)
                return False
        for one in limited:
            allowed = self._allowed[one.name]
            again = allowed.ask_again or self._now
            self._allowed[one.name] = Allowance(allowed.count - 1, again)
        return True

    def _limited(self, domain: str) -> list[DomainLimits]:
        """Return the limits a domain falls under, each with the name it counts by."""
        limited = []
        if group := self._domains.group_of(domain):
            limited.append(DomainLimits(f"domain:{group.name}", group.limits, group.domains))
        if self._rests and (room := self._rests.room(domain, self._now)):
            name = f"rest:{provider(domain)}"
            limited.append(DomainLimits(name, Limits(at_once=room), (domain,)))
        return limited

    def _claim(self, wanted: int, claimed: list[Owed], chosen: list[Owed]) -> list[Owed]:
        """Claim more, but nothing of the domains that are at their limit."""
        self._make_room(claimed, chosen)
        count = max(wanted, MOST_CLAIMED // 4)
        blocked = tuple(domain for group in self._blocked.values() for domain in group)
        return list(self._step.claim(Wish(count, not_domains=blocked, every=self._every)))

    def _make_room(self, claimed: list[Owed], chosen: list[Owed]) -> None:
        """Give back what is only waiting for its domain, so that others can be claimed."""
        if len(claimed) < MOST_CLAIMED:
            return
        going = {owed.key for owed in chosen}
        surplus = [owed for owed in claimed if owed.key not in going][MOST_CLAIMED // 4 :]
        self._step.release([owed.key for owed in surplus])
        gone = {owed.key for owed in surplus}
        claimed[:] = [owed for owed in claimed if owed.key not in gone]

    def _soonest(self) -> datetime | None:
        """Return when the first of the domains at their limit may go on."""
        times = [self._allowed[name].ask_again for name in self._blocked]
        known = [moment for moment in times if moment is not None]
        return max(min(known), self._now + timedelta(milliseconds=20)) if known else None
