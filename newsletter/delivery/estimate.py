"""What the limits of the servers make of a send: how long it takes at least, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil

from newsletter.model.sending import DomainSettings, RouteSettings, SendingSettings

_HOUR, _DAY = timedelta(hours=1).total_seconds(), timedelta(days=1).total_seconds()


def least_seconds(routes: Sequence[RouteSettings], readers: int) -> float | None:
    """Return how long the limits of the servers make it take; None: they do not matter."""
    routes = [one for one in routes if not one.backup]
    if not readers or not routes:
        return None
    return max(_longest(one, readers / len(routes)) for one in routes) or None


def _longest(route: RouteSettings, readers: float) -> float:
    return max(
        readers / route.per_second if route.per_second else 0.0,
        # A whole window's worth may go at its beginning.
        max(0, ceil(readers / route.per_hour) - 1) * _HOUR if route.per_hour else 0.0,
        max(0, ceil(readers / route.per_day) - 1) * _DAY if route.per_day else 0.0,
    )


def limits_told(routes: Sequence[RouteSettings], sending: SendingSettings) -> tuple[str, ...]:
    """Return every limit that a send has to keep to, in words."""
    told = [
        *_of((one.name if len(routes) > 1 else "", one) for one in routes),
        *_of((_domains_told(one), one) for one in sending.domains),
    ]
    if sending.quiet_hours:
        told.append(f"nothing at {sending.quiet_hours}")
    return tuple(told)


def _domains_told(one: DomainSettings) -> str:
    """Return whom a limit is for: "gmail.com, mail taken by google.com"."""
    hosts = (f"mail taken by {' or '.join(one.mx)}",) if one.mx else ()
    return ", ".join((*one.domains, *hosts)) or one.name


def _of(limited: Iterable[tuple[str, RouteSettings | DomainSettings]]) -> list[str]:
    told: list[str] = []
    for name, one in limited:
        rates = [
            f"{rate:g} {time}"
            for rate, time in (
                (one.per_second, "a second"),
                (one.per_hour, "an hour"),
                (one.per_day, "a day"),
            )
            if rate
        ]
        if isinstance(one, DomainSettings):
            rates += [f"{one.at_once} at once"] if one.at_once else []
        elif one.warm_up:
            rates.append(f"{one.warm_up[0]} on the first day")
        if rates:
            told.append(f"{name}: {', '.join(rates)}" if name else ", ".join(rates))
    return told
