"""Ask the DNS who takes the mail of many domains, within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from newsletter.delivery.hosting import deciding_host

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

#: A name whose servers are dead must not hold up the others, nor all of them a mailing.
QUERY_SECONDS = 3.0
ALL_SECONDS = 30.0
#: Questions under way at once: enough for some thousand domains in that time, few enough for
#: the resolver of an office.
AT_ONCE = 64


class NameServer(NamedTuple):
    """A DNS server to ask."""

    address: str
    port: int = 53


class _NoResolverError(Exception):
    """No DNS server is known to this machine."""


def mail_hosts(domains: Sequence[str], server: NameServer | None = None) -> dict[str, str | None]:
    """Return the host that takes the mail of each domain that could be asked about.

    "" says that nobody takes it, None that there was no answer. What there was no time for is
    left out, and everything where the DNS answers nothing at all. `server`: None for those
    that this machine is set up to ask.
    """
    try:
        resolver = _resolver(server)
    except _NoResolverError:
        return {}
    answers: dict[str, str | None] = {}
    asyncio.run(_ask_all(domains, resolver, answers))
    return answers if any(host is not None for host in answers.values()) else {}


def _resolver(server: NameServer | None) -> Resolver:
    from dns.asyncresolver import Resolver
    from dns.resolver import NoResolverConfiguration

    try:
        resolver = Resolver(configure=server is None)
    except NoResolverConfiguration as error:
        raise _NoResolverError from error
    if server is not None:
        resolver.nameservers = [server.address]
        resolver.port = server.port
    resolver.lifetime = QUERY_SECONDS
    resolver.cache = None
    return resolver


async def _ask_all(
    domains: Sequence[str], resolver: Resolver, answers: dict[str, str | None]
) -> None:
    """Ask for one domain after the other, many at once, until the time is over."""
    left = iter(domains)
    with suppress(TimeoutError):
        async with asyncio.timeout(ALL_SECONDS):
            await asyncio.gather(*(_ask_some(left, resolver, answers) for _ in range(AT_ONCE)))


async def _ask_some(
    left: Iterator[str], resolver: Resolver, answers: dict[str, str | None]
) -> None:
    for domain in left:
        answers[domain] = await _ask(resolver, domain)
        if len(answers) >= AT_ONCE and not any(host is not None for host in answers.values()):
            # Nobody answers: where no DNS can be reached a mailing need not wait for it.
            return


async def _ask(resolver: Resolver, domain: str) -> str | None:
    import dns.exception
    import dns.resolver

    try:
        found = await resolver.resolve(domain, "MX", search=False)
    except dns.resolver.NXDOMAIN:
        return ""
    except dns.resolver.NoAnswer:
        return deciding_host((), domain)
    except dns.exception.DNSException:
        return None
    return deciding_host(((one.preference, one.exchange.to_text()) for one in found), domain)
