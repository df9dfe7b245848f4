"""What a server offers in its answer to EHLO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.delivery.outcome import Reply


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions a sender of messages has a use for."""

    pipelining: bool = False
    eightbit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    enhanced_codes: bool = False
    #: Bytes of the largest message; 0: not told, or no fixed limit (RFC 1870 section 3).
    size: int = 0
    takes_size: bool = False
    mechanisms: frozenset[str] = frozenset()


def read_extensions(reply: Reply) -> Extensions:
    """Return what the reply to EHLO offers; lines we do not know are passed over."""
    offered: dict[str, list[str]] = {}
    for line in reply.lines[1:]:
        # "AUTH=LOGIN" is how servers of the last century wrote it, and some still do.
        keyword, *parameters = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        offered.setdefault(keyword, []).extend(parameters)
    size = offered.get("SIZE", [])
    return Extensions(
        pipelining="PIPELINING" in offered,
        eightbit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        starttls="STARTTLS" in offered,
        enhanced_codes="ENHANCEDSTATUSCODES" in offered,
        size=int(size[0]) if size and size[0].isascii() and size[0].isdigit() else 0,
        takes_size="SIZE" in offered,
        mechanisms=frozenset(offered.get("AUTH", [])),
    )
