"""From what newsletter.toml says to routes, limits and patience."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import time, timedelta
from ipaddress import ip_address
from typing import cast, get_args

from newsletter.delivery.asking import NameServer
from newsletter.delivery.hosting import host_name
from newsletter.delivery.ledger import Patience
from newsletter.delivery.pacing import DomainLimits, Domains, Limits, QuietHours, WarmUp
from newsletter.delivery.routes import Route
from newsletter.delivery.server import Mechanism, Seats, Security, Server, Timeouts
from newsletter.delivery.tokens import TokenCommand
from newsletter.errors import ServerError, SettingsError
from newsletter.model.sending import DomainSettings, RouteSettings, SendingSettings
from newsletter.model.zones import zone_named

#: RFC 8314 section 7.3.
TLS_PORT = 465
#: A domain, or an address in brackets.
_LOCAL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Za-z:.]+\]")

#: Letters of any language, figures, dots and hyphens; the dot at the end is the root's.
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")

#: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.
_NAME_SERVER = re.compile(r"(?:\[(?P<six>.+)\]|(?P<four>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")


def routes_of(routes: Sequence[RouteSettings], sending: SendingSettings) -> tuple[Route, ...]:
    """Return the servers to send by, or raise ServerError where there is none."""
    if not routes:
        raise ServerError(
            "no mail server is set",
            hint="Write SMTP_HOST=... (and the other SMTP_ lines) into .env.",
        )
    names = [one.name for one in routes]
    if doubled := {name for name in names if names.count(name) > 1}:
        # Their limits would be counted together, whatever each says.
        raise SettingsError(
            f"two routes are called {min(doubled)!r}", hint="Give each its own `name`."
        )
    return tuple(_route(one, sending) for one in routes)


def carrying(routes: Sequence[Route], sender: str) -> tuple[Route, ...]:
    """Return the routes that carry mail from this sender, or raise ServerError."""
    found = tuple(route for route in routes if route.carries(sender))
    if not found:
        raise ServerError(
            f"no route carries mail from {sender!r}",
            hint="Add the address to `senders` of a route in newsletter.toml.",
        )
    return found


def seated(routes: Sequence[Route], seats: Callable[[str, int], Seats]) -> tuple[Route, ...]:
    """Return the routes with this process's share of their connections."""
    return tuple(
        replace(route, server=replace(route.server, seats=seats(route.name, route.connections)))
        for route in routes
    )


def _route(one: RouteSettings, sending: SendingSettings) -> Route:
    _refuse("port", one.port, 1 <= one.port <= 65535)
    _refuse("connections", one.connections, one.connections >= 1)
    for cap in one.warm_up:
        # 0 would mean that there is no limit, on the first day of all days.
        _refuse("warm_up", cap, cap >= 1)
    return Route(
        one.name,
        _server(one),
        _limits(one),
        connections=one.connections,
        timeouts=_timeouts(sending),
        warm_up=WarmUp(one.warm_up),
        senders=one.senders,
        is_backup=one.backup,
    )


def _limits(one: RouteSettings | DomainSettings) -> Limits:
    at_once = one.at_once if isinstance(one, DomainSettings) else 0
    limits = Limits(one.per_second, one.per_hour, one.per_day, at_once)
    for key, value in asdict(limits).items():
        _refuse(key, value, value >= 0)
    return limits


def _refuse(key: str, value: float, is_right: bool) -> None:
    if not is_right or not math.isfinite(value):
        raise SettingsError(
            f"setting {key!r} of sending cannot be {value!r}",
            hint="docs/reference/settings.md says what it means.",
        )


def _server(one: RouteSettings) -> Server:
    server = Server(
        _host(one.host),
        one.port,
        _security(one),
        one.username,
        one.password,
        token="" if one.token_command else one.token,
        tokens=TokenCommand(one.token_command) if one.token_command else None,
        mechanism=cast(Mechanism, _known(one.mechanism.upper(), get_args(Mechanism), "mechanism")),
        ca_file=one.ca_file,
        local_name=_local_name(one.local_name),
        messages_per_connection=one.messages_per_connection,
    )
    if server.uses_token and not server.username:
        raise SettingsError(
            f"the login to {str(server)!r} is by token, but for no account",
            hint="Write the account, usually its address, into SMTP_USERNAME.",
        )
    return server


def _host(written: str) -> str:
    """Return the name or address of a server; a port or "smtp://" does not belong to it."""
    host = written.strip().removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        return str(ip_address(host))
    if not _HOST.fullmatch(host) or max(map(len, host.split("."))) > 63:
        raise SettingsError(
            f"SMTP_HOST {written!r} is no name of a server",
            hint="Write only the name, like mail.example.org; the port is SMTP_PORT.",
        )
    return host


def _security(one: RouteSettings) -> Security:
    if one.security == "starttls" and one.port == TLS_PORT:
        # Each side would wait for the other to begin, for five minutes at a time.
        raise SettingsError(
            f"SMTP_PORT {TLS_PORT} is for connections that are encrypted from the first byte",
            hint="Write SMTP_SECURITY=tls, or SMTP_PORT=587 for starttls.",
        )
    return cast(Security, _known(one.security, get_args(Security), "SMTP_SECURITY"))


def _known(word: str, known: tuple[str, ...], name: str) -> str:
    if word not in known:
        raise SettingsError(
            f"{name} {word!r} is not known", hint=f"Write one of {', '.join(filter(None, known))}."
        )
    return word


def _local_name(name: str) -> str:
    """Return the name for EHLO as the wire takes it (RFC 5321 section 4.1.1.1)."""
    try:
        ascii_name = name if name.startswith("[") else name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    if name and not _LOCAL_NAME.fullmatch(ascii_name):
        raise SettingsError(
            f"SMTP_LOCAL_NAME {name!r} is no name of a machine",
            hint="Write the full name of this machine, like mail.example.org.",
        )
    return ascii_name


def _timeouts(sending: SendingSettings) -> Timeouts:
    known = Timeouts.__dataclass_fields__
    for stage, seconds in sending.timeouts.items():
        if stage not in known:
            raise SettingsError(
                f"unknown stage {stage!r} in [sending.timeouts]",
                hint=f"Known are: {', '.join(known)}.",
            )
        _refuse(f"timeouts.{stage}", seconds, seconds > 0)
    return replace(Timeouts(), **sending.timeouts)


def domains_of(sending: SendingSettings) -> Domains:
    """Return the limits of the recipients' domains, or raise SettingsError."""
    endings = [ending for one in sending.domains for ending in map(_ending, one.mx)]
    if doubled := {ending for ending in endings if endings.count(ending) > 1}:
        raise SettingsError(
            f"the mail hosts {min(doubled)!r} are named twice in [[sending.domains]]",
            hint="Each domain falls under one limit: name them once.",
        )
    return Domains(tuple(map(_domain_limits, sending.domains)))


def _domain_limits(one: DomainSettings) -> DomainLimits:
    return DomainLimits(
        one.name,
        _limits(one),
        tuple(map(_as_stored, one.domains)),
        mx=tuple(map(_ending, one.mx)),
        by_mx=one.by_mx,
    )


def _ending(written: str) -> str:
    """Return how the names of mail hosts end; "*.google.com" and ".google.com" are meant so."""
    ending = _as_stored(written.strip().removeprefix("*."))
    if not _HOST.fullmatch(ending):
        raise SettingsError(
            f"mx {written!r} of [[sending.domains]] is not how the name of a mail host ends",
            hint='Write it like mx = ["google.com"]; for all others there is domains = ["*"].',
        )
    return ending


def _as_stored(written: str) -> str:
    """Return a domain as addresses have it in the store: lower case, A-labels."""
    name = host_name(written)
    if name.isascii():
        return name
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise SettingsError(
            f"{written!r} of [[sending.domains]] is not a domain",
            hint="Write it like library.example.",
        ) from error


def name_server_of(sending: SendingSettings) -> NameServer | None:
    """Return the DNS server to ask; None: those of this machine."""
    written = sending.dns.strip()
    if not written:
        return None
    found = _NAME_SERVER.fullmatch(written)
    try:
        address = str(ip_address((found and (found["six"] or found["four"])) or written))
        port = int((found and found["port"]) or 53)
        _refuse("dns", port, 1 <= port <= 65535)
    except ValueError as error:
        raise SettingsError(
            f"dns {written!r} of [sending] is not an address in numbers",
            hint='Write it like "192.0.2.53" or "192.0.2.53:5353".',
        ) from error
    return NameServer(address, port)


def patience_of(sending: SendingSettings) -> Patience:
    """Return how patiently deferred deliveries are tried again."""
    _refuse("first_pause_seconds", sending.first_pause_seconds, sending.first_pause_seconds >= 1)
    _refuse(
        "longest_pause_seconds",
        sending.longest_pause_seconds,
        sending.longest_pause_seconds >= sending.first_pause_seconds,
    )
    _refuse("give_up_days", sending.give_up_days, 0 <= sending.give_up_days <= 365)
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
        began, ended = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
        if began.tzinfo or ended.tzinfo:
            raise ValueError("the zone is the newsletter's")
    except ValueError as error:
        raise SettingsError(
            f"quiet_hours {written!r} cannot be read",
            hint='Write it like "22:00-07:00", in the time zone of the newsletter.',
        ) from error
    zone_named(time_zone)
    return QuietHours(began, ended, time_zone)
