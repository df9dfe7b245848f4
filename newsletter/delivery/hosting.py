"""Who takes the mail of a domain: the host that decides, and the provider behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TypeVar

from newsletter.model.mailhost import MailHost

_Taker = TypeVar("_Taker")

#: An organisation that moves its mail does so once in years; a week is soon enough to see it.
REUSE = timedelta(days=7)
#: Who could not be asked is asked again in the next hour, not at each `resume`.
ASK_AGAIN = timedelta(hours=1)

#: What registries of countries sell names below, like co.uk, ac.jp and gob.mx.
_REGISTRY_LABELS = frozenset(
    (
        *("ac", "asn", "asso", "co", "com", "ed", "edu", "gen", "go", "gob", "gouv", "gov", "govt"),
        *("gub", "gv", "k12", "lg", "ltd", "mil", "ne", "net", "nhs", "nic", "nom", "or", "org"),
        *("plc", "police", "sch", "school"),
    )
)


def is_fresh(known: MailHost, now: datetime) -> bool:
    """Say whether an answer still counts; one from the future comes of a clock set back."""
    return abs(now - known.asked) < (REUSE if known.is_answer else ASK_AGAIN)


def deciding_host(records: Iterable[tuple[int, str]], domain: str) -> str:
    """Return the host that takes a domain's mail by its MX records; "": it takes none.

    The lowest preference decides; of equals the first by name, so that every process decides
    alike. Without MX the domain itself takes its mail (RFC 5321 section 5.1); a lone "." means
    that nobody does (RFC 7505).
    """
    named = [(preference, host_name(exchange)) for preference, exchange in records]
    if not named:
        return host_name(domain)
    return min((one for one in named if one[1]), default=(0, ""))[1]


def host_name(written: str) -> str:
    """Return a name as names are compared: lower case, without the dot of the root."""
    return written.strip().strip(".").lower()


def provider_of(host: str) -> str:
    """Return the part of a mail host's name that its owner has registered.

    That is the last two labels, or more where a registry sells names below the second:
    library.co.uk, library.lib.oh.us. Not every registry is known; where it is wrong, `mx` can
    name the hosts. An address in place of a name (which RFC 1035 forbids, and some write) is
    its own provider.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.split(".")
    return ".".join(labels[-_registered(labels) :])


def _registered(labels: list[str]) -> int:
    """Return how many of the last labels make a name that can be had."""
    if len(labels) < 3 or len(labels[-1]) != 2:
        return 2
    if labels[-1] == "us" and len(labels[-2]) == 2:
        # RFC 1480: towns, schools and libraries stand below kinds below states.
        return 4
    return 3 if labels[-2] in _REGISTRY_LABELS else 2


def by_suffix(host: str, takers: Mapping[str, _Taker]) -> _Taker | None:
    """Return what stands for the longest ending of a host's name, None where nothing does."""
    labels = host.split(".")
    endings = (".".join(labels[start:]) for start in range(len(labels)))
    return next((takers[ending] for ending in endings if ending in takers), None)
