"""SPF (RFC 7208): whether a domain lets an address send for it, and what its record costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from newsletter.preflight.names import Names, addresses

#: RFC 7208 section 4.6.4: more look-ups are a permanent error, whoever sends.
MOST_LOOKUPS = 10
_DEPTH = 12
_TERM = re.compile(r"([+?~-]?)([a-z0-9]+)(?:[:=](\S+?))?(?:/(\d+))?(?://(\d+))?", re.IGNORECASE)
_COSTLY = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_KNOWN = _COSTLY | {"all", "ip4", "ip6", "exp"}


class Result(StrEnum):
    """What SPF says about an address."""

    PASS = "pass"  # noqa: S105 - a word of RFC 7208
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    #: The record is broken: receivers treat it as if nobody may send.
    ERROR = "permerror"


_QUALIFIERS = {
    "": Result.PASS,
    "+": Result.PASS,
    "-": Result.FAIL,
    "~": Result.SOFTFAIL,
    "?": Result.NEUTRAL,
}


class BrokenRecordError(Exception):
    """The record cannot be used."""


@dataclass
class _Asking:
    names: Names
    sender: IPv4Address | IPv6Address | None
    lookups: int = 0
    open_domains: list[str] = field(default_factory=list)

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise BrokenRecordError(f"it needs more than {MOST_LOOKUPS} DNS look-ups")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one address and how many look-ups it took."""

    result: Result
    lookups: int = 0
    problem: str = ""


def record_of(names: Names, domain: str) -> str:
    """Return the SPF record of a domain, "" where there is none.

    Raises BrokenRecordError where there is more than one: then none counts.
    """
    found = [
        text for text in names.lookup(domain, "TXT") if re.match(r"(?i)v=spf1(\s|$)", text.strip())
    ]
    if len(found) > 1:
        raise BrokenRecordError(f"{domain!r} has {len(found)} SPF records; there must be one")
    return found[0].strip() if found else ""


def evaluate(names: Names, domain: str, address: str = "") -> Verdict:
    """Return what a domain's record says of an address; without one, only its form is judged."""
    asking = _Asking(names, ip_address(address) if address else None)
    try:
        result = _check(asking, domain)
    except BrokenRecordError as error:
        return Verdict(Result.ERROR, asking.lookups, str(error))
    return Verdict(result, asking.lookups)


def _check(asking: _Asking, domain: str) -> Result:
    if domain in asking.open_domains or len(asking.open_domains) > _DEPTH:
        raise BrokenRecordError(f"it includes {domain!r} in a circle")
    record = record_of(asking.names, domain)
    if not record:
        return Result.NONE
    asking.open_domains.append(domain)
    redirect = ""
    decided: Result | None = None
    for term in record.split()[1:]:
        qualifier, name, target = _parsed(term)
        if name == "redirect":
            redirect = target
        elif name != "exp" and _matches(asking, name, target or domain, term) and not decided:
            decided = _QUALIFIERS[qualifier]
            if asking.sender is not None or name == "all":
                break
    if decided is None and redirect:
        asking.count()
        decided = _check(asking, redirect)
    asking.open_domains.pop()
    return decided or Result.NEUTRAL


def _parsed(term: str) -> tuple[str, str, str]:
    found = _TERM.fullmatch(term)
    if not found or found[2].lower() not in _KNOWN:
        raise BrokenRecordError(f"{term!r} is not understood")
    return found[1], found[2].lower(), (found[3] or "").rstrip(".").lower()


def _matches(asking: _Asking, name: str, target: str, term: str) -> bool:
    """Say whether a mechanism matches; without a sender only `all` does, the rest is counted."""
    if name in _COSTLY:
        asking.count()
    if name == "all":
        return True
    if "%{" in target:
        return False
    return _MECHANISMS[name](asking, target, term)


def _network(asking: _Asking, target: str, term: str) -> bool:
    length = term.partition("/")[2]
    try:
        network = ip_network(f"{target}/{length}" if length else target, strict=False)
    except ValueError as error:
        raise BrokenRecordError(f"{term!r} is no network") from error
    return asking.sender is not None and asking.sender in network


def _address(asking: _Asking, target: str, term: str) -> bool:
    return _among(asking, addresses(asking.names, target), term)


def _exchanger(asking: _Asking, target: str, term: str) -> bool:
    hosts = [one.split()[-1].rstrip(".") for one in asking.names.lookup(target, "MX")]
    return any(_among(asking, addresses(asking.names, host), term) for host in hosts if host)


def _among(asking: _Asking, found: tuple[str, ...], term: str) -> bool:
    if asking.sender is None:
        return False
    v4, _, v6 = term.partition("/")[2].partition("//")
    for one in found:
        length = v4 if ip_address(one).version == 4 else v6
        network = ip_network(f"{one}/{length}" if length.isdigit() else one, strict=False)
        if asking.sender in network:
            return True
    return False


def _include(asking: _Asking, target: str, term: str) -> bool:
    result = _check(asking, target)
    if result is Result.NONE:
        raise BrokenRecordError(f"{term!r} leads to a domain without SPF")
    return asking.sender is not None and result is Result.PASS


def _never(_asking: _Asking, _target: str, _term: str) -> bool:
    return False


_MECHANISMS: dict[str, Callable[[_Asking, str, str], bool]] = {
    "include": _include,
    "a": _address,
    "mx": _exchanger,
    "ip4": _network,
    "ip6": _network,
    "exists": lambda asking, target, _: bool(asking.names.lookup(target, "A")),
    "ptr": _never,
}
