"""Limits per server and per recipient domain: how many may go now, and when more may."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.delivery.hosting import by_suffix, provider_of
from newsletter.delivery.providers import MAIL_HOSTS, PROVIDER_OF, PROVIDERS, TAKER_OF
from newsletter.model.zones import in_zone

#: A limit per second is spent in helpings of this length, so that a round is worth its sync.
HELPING = timedelta(milliseconds=200)
#: So soon it is looked again whether another process has had its answers.
LOOK_AGAIN = timedelta(milliseconds=250)
#: Two processes may look at the clock so far apart from one another, waiting for a lock.
SET_BACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages may go in which time; 0: as many as there are."""

    per_second: float = 0.0
    #: In any 60 minutes and any 24 hours, not by the clock's hour or day.
    per_hour: int = 0
    per_day: int = 0
    #: Most under way at the same time, from the intent to the answer.
    at_once: int = 0

    @property
    def is_none(self) -> bool:
        """Say whether there is no limit at all."""
        return not (self.is_by_time or self.at_once)

    @property
    def is_by_time(self) -> bool:
        """Say whether it has to be remembered what has gone."""
        return bool(self.per_second or self.per_hour or self.per_day)


@dataclass(frozen=True, slots=True)
class Used:
    """What has gone already."""

    in_hour: int = 0
    in_day: int = 0
    #: When the next may go by the limit per second; None: now.
    next_at: datetime | None = None
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many may go now; where none, when to ask again."""

    count: int
    ask_again: datetime | None = None

    def and_(self, other: Allowance) -> Allowance:
        """Return what two limits leave together."""
        if self.count <= other.count:
            return self
        return other


#: More than any round asks for.
UNLIMITED = Allowance(1_000_000)


def allowance(limits: Limits, used: Used, now: datetime) -> Allowance:
    """Return how many messages the limits leave at this moment."""
    left = UNLIMITED
    if limits.per_second:
        left = left.and_(_by_second(limits.per_second, used.next_at, now))
    if limits.per_hour:
        left = left.and_(_by_window(limits.per_hour - used.in_hour, now))
    if limits.per_day:
        left = left.and_(_by_window(limits.per_day - used.in_day, now))
    if limits.at_once:
        room = limits.at_once - used.under_way
        left = left.and_(Allowance(room) if room > 0 else Allowance(0, now + LOOK_AGAIN))
    return left


def _by_window(left: int, now: datetime) -> Allowance:
    """Return what a window leaves; it moves on with the minute."""
    if left > 0:
        return Allowance(left)
    return Allowance(0, now.replace(second=0, microsecond=0) + timedelta(minutes=1))


def _by_second(rate: float, next_at: datetime | None, now: datetime) -> Allowance:
    helping = _helping(rate)
    at = _from(next_at, helping, now)
    # Moments are whole microseconds: a thousandth of a message is not worth waiting for.
    count = math.floor((now + helping - at).total_seconds() * rate + 1e-3)
    if count > 0:
        return Allowance(count)
    return Allowance(0, at + timedelta(seconds=1 / rate) - helping)


def next_at(rate: float, before: datetime | None, count: int, now: datetime) -> datetime:
    """Return when the next message may go after `count` have gone now."""
    return _from(before, _helping(rate), now) + timedelta(seconds=count / rate)


def _from(next_at: datetime | None, helping: timedelta, now: datetime) -> datetime:
    """Return when the next may go, which is never far ahead: else the clock was set back."""
    if next_at is None or next_at > now + helping + SET_BACK:
        return now
    return max(next_at, now)


def _helping(rate: float) -> timedelta:
    """Return the time whose messages may go at once, at least one message's."""
    return max(HELPING, timedelta(seconds=1 / rate))


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A plan for a new server or address: how many messages on each of the first days."""

    per_day: tuple[int, ...] = ()

    def cap(self, first_use: datetime | None, now: datetime) -> int:
        """Return today's cap; 0: the plan is over, or there is none."""
        if not self.per_day:
            return 0
        day = 0 if first_use is None else max(0, (now - first_use).days)
        return self.per_day[day] if day < len(self.per_day) else 0

    def applied(self, limits: Limits, first_use: datetime | None, now: datetime) -> Limits:
        """Return the limits as they are on this day of the plan."""
        cap = self.cap(first_use, now)
        if not cap:
            return limits
        per_day = min(cap, limits.per_day) if limits.per_day else cap
        return replace(limits, per_day=per_day)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the day in which nothing is sent."""

    start: time
    end: time
    time_zone: str = "UTC"

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet ends; None: it is not quiet now."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        at = local.time()
        over_midnight = self.start > self.end
        is_quiet = (
            at >= self.start or at < self.end if over_midnight else self.start <= at < self.end
        )
        if not is_quiet or self.start == self.end:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and at >= self.start else 0)
        # In the hour that comes twice in autumn the end is in the same pass as now.
        end = datetime.combine(day, self.end, ZoneInfo(self.time_zone)).replace(fold=local.fold)
        return end.astimezone(now.tzinfo)

    def until_told(self, now: datetime) -> str:
        """Return when the quiet ends, for people; empty: it is not quiet now."""
        until = self.until(now)
        return in_zone(until, self.time_zone) if until else ""


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """Limits for the domains of one mailbox provider, which count together."""

    name: str
    limits: Limits
    #: "*": every other provider, each for itself; a domain of none is its own.
    domains: tuple[str, ...] = ()
    #: How the names of mail hosts end: every domain whose mail they take belongs to these too.
    mx: tuple[str, ...] = ()
    #: For "*": domains whose mail the same provider takes count together.
    by_mx: bool = False


@dataclass(frozen=True)
class Domains:
    """Which limits a recipient's domain falls under."""

    groups: Sequence[DomainLimits] = ()
    #: Domain -> the host that takes its mail; left out or "": it is not known.
    hosts: Mapping[str, str] = field(default_factory=dict)
    _named: Mapping[str, DomainLimits] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the look-up."""
        named = {domain.lower(): group for group in self.groups for domain in group.domains}
        named.update(self._by_hosts(named))
        if every := named.get("*"):
            for name, domains in self._providers(every, named).items():
                group = DomainLimits(self._free(name), every.limits, domains)
                named.update(dict.fromkeys(domains, group))
        object.__setattr__(self, "_named", named)

    def _by_hosts(self, named: Mapping[str, DomainLimits]) -> dict[str, DomainLimits]:
        """Return each group that names mail hosts whole, by all of its domains."""
        takers = {ending: group for group in self.groups for ending in group.mx}
        if not takers:
            return {}
        # What everybody knows needs no answer, but an answer is more exact.
        known = {domain: MAIL_HOSTS[name][0] for domain, name in PROVIDER_OF.items()}
        whole: dict[str, DomainLimits] = {}
        members: defaultdict[str, list[str]] = defaultdict(list)
        for domain, host in (known | {one: at for one, at in self.hosts.items() if at}).items():
            group = by_suffix(host, takers)
            if group is not None and domain not in named:
                members[group.name].append(domain)
        for group in self.groups:
            if more := members.get(group.name):
                one = replace(group, domains=(*group.domains, *more))
                whole.update(dict.fromkeys(map(str.lower, one.domains), one))
        return whole

    def _providers(
        self, every: DomainLimits, named: Mapping[str, DomainLimits]
    ) -> dict[str, tuple[str, ...]]:
        """Return the domains of each provider that no group names."""
        found = {
            name: [domain for domain in domains if domain not in named]
            for name, domains in PROVIDERS.items()
        }
        for domain, host in self.hosts.items() if every.by_mx else ():
            if host and domain not in named and domain not in PROVIDER_OF:
                name = by_suffix(host, TAKER_OF) or provider_of(host)
                found.setdefault(name, []).append(domain)
        for name, domains in found.items():
            # A provider's own domain has the same counter by its name.
            if name not in PROVIDERS and name not in named and not self.hosts.get(name):
                domains.append(name)
        return {name: tuple(domains) for name, domains in found.items()}

    def _free(self, name: str) -> str:
        """Return a name to count by that no group of the settings has already."""
        taken = any(group.name == name for group in self.groups)
        return f"{name} (others)" if taken else name

    @property
    def is_none(self) -> bool:
        """Say whether no domain has a limit."""
        return all(group.limits.is_none for group in self.groups)

    @property
    def needs_hosts(self) -> bool:
        """Say whether any limit depends on who takes a domain's mail."""
        return not self.is_none and (self._names_hosts or self._is_every_by_mx)

    @property
    def _names_hosts(self) -> bool:
        return any(group.mx for group in self.groups)

    @property
    def _is_every_by_mx(self) -> bool:
        every = self._named.get("*")
        return every is not None and every.by_mx and not every.limits.is_none

    def without_host(self, domains: Iterable[str]) -> tuple[str, ...]:
        """Return the domains whose limits cannot be told without the host that takes their mail.

        Those that a group names need none, nor addresses in brackets, nor names without a dot.
        """
        written = {domain.lower() for group in self.groups for domain in group.domains}
        if not self._names_hosts:
            written |= PROVIDER_OF.keys()
        return tuple(
            one for one in domains if one not in written and "." in one and not one.startswith("[")
        )

    def group_of(self, domain: str) -> DomainLimits | None:
        """Return the limits of a domain; None: it has none.

        Where "*" stands for it: by the name of its provider with all of its domains, where
        that is known, else by its own name.
        """
        group = self._named.get(domain) or self._named.get("*")
        if group is None or group.limits.is_none:
            return None
        if domain not in self._named:
            return DomainLimits(domain, group.limits, (domain,))
        return group
