"""Questions to the DNS, and the answers as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Protocol

#: A check of a dozen records shall not hang a terminal.
TIMEOUT_SECONDS = 5.0


class NoAnswerError(Exception):
    """The DNS did not answer; nothing is known about the name."""


class Names(Protocol):
    """What answers questions about names."""

    def lookup(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the records of a kind as text, none where there are none.

        TXT records come joined, without quotes. Raises NoAnswerError where nobody answers.
        """


class Dns:
    """The DNS as this machine is set up to ask it, or one server that is named."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53) -> None:
        from dns.resolver import NoResolverConfiguration, Resolver

        try:
            self._resolver = Resolver(configure=not servers)
        except NoResolverConfiguration as error:
            raise NoAnswerError("this machine knows no DNS server") from error
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._resolver.lifetime = TIMEOUT_SECONDS
        self._resolver.cache = None

    def lookup(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the records of a kind as text, none where there are none."""
        import dns.exception
        import dns.resolver

        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.resolver.NoNameservers as error:
            raise NoAnswerError(f"the servers for {name!r} give no answer") from error
        except dns.exception.Timeout as error:
            raise NoAnswerError(f"no answer about {name!r} in {TIMEOUT_SECONDS:.0f} s") from error
        except dns.exception.DNSException as error:
            raise NoAnswerError(f"{name!r} cannot be asked for: {error}") from error
        if kind == "TXT":
            return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in answer)
        return tuple(one.to_text() for one in answer)


def addresses(names: Names, host: str) -> tuple[str, ...]:
    """Return the addresses of a host, itself where it is one."""
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return names.lookup(host, "A") + names.lookup(host, "AAAA")


def reverse_names(names: Names, address: str) -> tuple[str, ...]:
    """Return the names that an address says it has."""
    found = names.lookup(ip_address(address).reverse_pointer, "PTR")
    return tuple(name.rstrip(".").lower() for name in found)
