"""SPF (RFC 7208): whether a domain lets an address send for it, and what its record costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from newsletter.preflight.names import Names, addresses

#: RFC 7208 section 4.6.4: more look-ups are a permanent error, whoever sends; so are more
#: names that lead nowhere, and more hosts of one `mx`.
MOST_LOOKUPS, MOST_VOID, MOST_HOSTS = 10, 2, 10
_DEPTH = 12
_MECHANISM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^\s/]+))?(?:/(\d+))?(?://(\d+))?",
    re.IGNORECASE,
)
#: Section 6: whatever is written with "=" informs; those that are not known are ignored.
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(\S*)", re.IGNORECASE)
_MACRO = re.compile(r"%\{([slodivh])(\d*)(r?)([-.+,/_=]*)\}|%([%_-])", re.IGNORECASE)
_COSTLY = frozenset({"include", "a", "mx", "ptr", "exists"})
_NEEDS_TARGET = frozenset({"include", "exists", "ip4", "ip6"})
#: RFC 5737 and 3849: nobody sends from addresses that are for examples.
_STRANGERS = ("192.0.2.1", "198.51.100.77")


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
    void: int = 0
    open_domains: list[str] = field(default_factory=list)

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise BrokenRecordError(f"it needs more than {MOST_LOOKUPS} DNS look-ups")

    def found(self, target: str, answer: tuple[str, ...]) -> tuple[str, ...]:
        """Return the answer; too many empty ones break the record."""
        self.void += not answer
        if self.void > MOST_VOID:
            raise BrokenRecordError(f"more than {MOST_VOID} of its names lead nowhere ({target!r})")
        return answer


@dataclass(frozen=True, slots=True)
class _Term:
    """One mechanism of a record."""

    written: str
    qualifier: str
    name: str
    target: str
    v4: str
    v6: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one address and how many look-ups it took."""

    result: Result
    lookups: int = 0
    problem: str = ""


def records_of(names: Names, domain: str) -> tuple[str, ...]:
    """Return all SPF records of a domain; there should be one."""
    texts = (text.strip() for text in names.lookup(domain, "TXT"))
    return tuple(text for text in texts if re.match(r"(?i)v=spf1(\s|$)", text))


def merged(records: Sequence[str]) -> str:
    """Return one record that lets send whom any of the records lets send."""
    terms = dict.fromkeys(term for record in records for term in record.split()[1:])
    kept = [term for term in terms if not re.fullmatch(r"(?i)[+?~-]?all|redirect=.*", term)]
    return " ".join(["v=spf1", *kept, "~all"])


def evaluate(names: Names, domain: str, address: str = "") -> Verdict:
    """Return what a domain's record says of an address; without one, only its form is judged."""
    asking = _Asking(names, ip_address(address) if address else None)
    try:
        result = _check(asking, domain)
    except BrokenRecordError as error:
        return Verdict(Result.ERROR, asking.lookups, str(error))
    return Verdict(result, asking.lookups)


def lets_everybody_send(names: Names, domain: str) -> bool:
    """Say whether a record lets strangers send, by `+all` or in some other way."""
    return all(evaluate(names, domain, one).result is Result.PASS for one in _STRANGERS)


def _check(asking: _Asking, domain: str) -> Result:
    if domain in asking.open_domains or len(asking.open_domains) > _DEPTH:
        raise BrokenRecordError(f"it includes {domain!r} in a circle")
    records = records_of(asking.names, domain)
    if len(records) > 1:
        raise BrokenRecordError(f"{domain!r} has {len(records)} SPF records; there must be one")
    if not records:
        return Result.NONE
    asking.open_domains.append(domain)
    terms, redirect = _parsed(records[0], domain)
    decided = _decided(asking, terms)
    if decided is None and redirect:
        asking.count()
        target = _expanded(asking, redirect, domain)
        decided = _check(asking, target)
        if decided is Result.NONE:
            raise BrokenRecordError(f"it redirects to {target!r}, which has no SPF record")
    asking.open_domains.pop()
    return decided or Result.NEUTRAL


def _decided(asking: _Asking, terms: Sequence[_Term]) -> Result | None:
    """Return what the first mechanism that matches decides; without a sender, `all` does."""
    for term in terms:
        if _matches(asking, term):
            return _QUALIFIERS[term.qualifier]
    return None


def _parsed(record: str, domain: str) -> tuple[list[_Term], str]:
    """Return the mechanisms, and where the record redirects to."""
    terms: list[_Term] = []
    redirects: list[str] = []
    for written in record.split()[1:]:
        if modifier := _MODIFIER.fullmatch(written):
            redirects += [modifier[2]] if modifier[1].lower() == "redirect" else []
            continue
        found = _MECHANISM.fullmatch(written)
        if not found or (not found[3] and found[2].lower() in _NEEDS_TARGET):
            raise BrokenRecordError(f"{written!r} is not understood")
        target = (found[3] or domain).rstrip(".")
        one = _Term(written, found[1], found[2].lower(), target, found[4] or "", found[5] or "")
        terms.append(one)
    if len(redirects) > 1:
        raise BrokenRecordError("it redirects twice")
    return terms, redirects[0].rstrip(".") if redirects else ""


def _matches(asking: _Asking, term: _Term) -> bool:
    """Say whether a mechanism matches; without a sender only `all` does, the rest is counted."""
    if term.name in _COSTLY:
        asking.count()
    if term.name == "all":
        return True
    if term.name in {"ip4", "ip6"}:
        return _network(asking, term)
    if asking.sender is None and "%{" in term.target:
        return False
    target = _expanded(asking, term.target, asking.open_domains[-1])
    return _MECHANISMS[term.name](asking, target, term)


def _expanded(asking: _Asking, target: str, domain: str) -> str:
    """Return a name with its macros filled in (section 7), as for an unknown person's mail."""
    sender = asking.sender or ip_address(_STRANGERS[0])
    first = asking.open_domains[0]
    is_v6 = sender.version == 6
    dotted = ".".join(sender.exploded.replace(":", "")) if is_v6 else str(sender)
    values = {
        "s": f"postmaster@{first}",
        "l": "postmaster",
        "o": first,
        "d": domain,
        "i": dotted,
        "v": "ip6" if is_v6 else "in-addr",
        "h": first,
    }

    def filled(found: re.Match[str]) -> str:
        if found[5]:
            return {"%": "%", "_": " ", "-": "%20"}[found[5]]
        parts = re.split(f"[{re.escape(found[4] or '.')}]", values[found[1].lower()])
        parts = parts[::-1] if found[3] else parts
        return ".".join(parts[-int(found[2]) :] if int(found[2] or 0) else parts)

    return _MACRO.sub(filled, target).lower()


def _network(asking: _Asking, term: _Term) -> bool:
    try:
        network = ip_network(f"{term.target}/{term.v4}" if term.v4 else term.target, strict=False)
    except ValueError as error:
        raise BrokenRecordError(f"{term.written!r} is no network") from error
    if f"ip{network.version}" != term.name:
        raise BrokenRecordError(f"{term.written!r} is no network")
    return asking.sender is not None and asking.sender in network


def _address(asking: _Asking, target: str, term: _Term) -> bool:
    return _among(asking, asking.found(target, addresses(asking.names, target)), term)


def _exchanger(asking: _Asking, target: str, term: _Term) -> bool:
    hosts = [one.split()[-1].rstrip(".") for one in asking.names.lookup(target, "MX")]
    asking.found(target, tuple(hosts))
    if len(hosts) > MOST_HOSTS:
        raise BrokenRecordError(f"{target!r} has more than {MOST_HOSTS} mail servers")
    return any(_among(asking, addresses(asking.names, host), term) for host in hosts if host)


def _among(asking: _Asking, found: tuple[str, ...], term: _Term) -> bool:
    if asking.sender is None:
        return False
    for one in found:
        length = term.v4 if ip_address(one).version == 4 else term.v6
        try:
            network = ip_network(f"{one}/{length}" if length else one, strict=False)
        except ValueError as error:
            raise BrokenRecordError(f"{term.written!r} is no network") from error
        if asking.sender in network:
            return True
    return False


def _include(asking: _Asking, target: str, term: _Term) -> bool:
    result = _check(asking, target)
    if result is Result.NONE:
        raise BrokenRecordError(f"{term.written!r} leads to a domain without SPF")
    return asking.sender is not None and result is Result.PASS


def _exists(asking: _Asking, target: str, _term: _Term) -> bool:
    found = asking.found(target, asking.names.lookup(target, "A"))
    return asking.sender is not None and bool(found)


def _never(_asking: _Asking, _target: str, _term: _Term) -> bool:
    """Match nobody: section 5.5 asks not to use `ptr`, and receivers skip it."""
    return False


_MECHANISMS: dict[str, Callable[[_Asking, str, _Term], bool]] = {
    "include": _include,
    "a": _address,
    "mx": _exchanger,
    "exists": _exists,
    "ptr": _never,
}
