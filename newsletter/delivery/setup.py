"""From what newsletter.toml says to routes, limits and patience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import cast, get_args

from newsletter.delivery.ledger import Patience
from newsletter.delivery.pacing import DomainLimits, Domains, Limits, QuietHours, WarmUp
from newsletter.delivery.routes import Route
from newsletter.delivery.server import Security, Server, Timeouts
from newsletter.errors import ServerError, SettingsError
from newsletter.model.sending import RouteSettings, SendingSettings


def routes_of(routes: Sequence[RouteSettings], sending: SendingSettings) -> tuple[Route, ...]:
    """Return the servers to send by, or raise ServerError where there is none."""
    if not routes:
        raise ServerError(
            "no mail server is set",
            hint="Write SMTP_HOST=... (and the other SMTP_ lines) into .env.",
        )
    return tuple(_route(one, sending) for one in routes)


def _route(one: RouteSettings, sending: SendingSettings) -> Route:
    if one.security not in get_args(Security):
        raise SettingsError(
            f"SMTP_SECURITY {one.security!r} is not known",
            hint=f"Write one of {', '.join(get_args(Security))}.",
        )
    server = Server(
        one.host,
        one.port,
        cast(Security, one.security),
        one.username,
        one.password,
        ca_file=one.ca_file,
        messages_per_connection=one.messages_per_connection,
    )
    return Route(
        one.name,
        server,
        Limits(one.per_second, one.per_hour, one.per_day),
        connections=one.connections,
        timeouts=_timeouts(sending),
        warm_up=WarmUp(one.warm_up),
        senders=one.senders,
        is_backup=one.backup,
    )


def _timeouts(sending: SendingSettings) -> Timeouts:
    try:
        return replace(Timeouts(), **sending.timeouts)
    except TypeError as error:
        raise SettingsError(
            f"unknown stage in [sending.timeouts]: {', '.join(sending.timeouts)!r}",
            hint=f"Known are: {', '.join(Timeouts.__dataclass_fields__)}.",
        ) from error


def domains_of(sending: SendingSettings) -> Domains:
    """Return the limits of the recipients' domains."""
    return Domains(
        tuple(
            DomainLimits(one.name, Limits(one.per_second, one.per_hour, one.per_day), one.domains)
            for one in sending.domains
        )
    )


def patience_of(sending: SendingSettings) -> Patience:
    """Return how patiently deferred deliveries are tried again."""
    return Patience(
        timedelta(seconds=sending.first_pause_seconds),
        timedelta(seconds=sending.longest_pause_seconds),
        timedelta(days=sending.give_up_days),
    )


def quiet_of(sending: SendingSettings, time_zone: str) -> QuietHours | None:
    """Return the quiet hours, or None; SettingsError where they cannot be read."""
    written = sending.quiet_hours
    if not written:
        return None
    start, _, end = written.partition("-")
    try:
        return QuietHours(
            time.fromisoformat(start.strip()), time.fromisoformat(end.strip()), time_zone
        )
    except ValueError as error:
        raise SettingsError(
            f"quiet_hours {written!r} cannot be read", hint='Write it like "22:00-07:00".'
        ) from error
