"""Sender addresses as people write them into settings: `Name <address@example.org>`."""

from __future__ import annotations

import re

_NAMED = re.compile(r"(?P<name>.*)<\s*(?P<address>[^<>\s]+@[^<>\s]+)\s*>", re.DOTALL)
_COMMENTED = re.compile(r"(?P<address>[^\s()<>]+@[^\s()<>]+)\s*\((?P<name>[^()]*)\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def name_and_address(written: str) -> tuple[str, str]:
    """Return the name, free of quotes, and the address; it may be none.

    More forgiving than RFC 5322, where `Federation of Libraries, The Hague <news@...>` is a list
    of two: the last thing in angle brackets is the address, all before it is the name.
    """
    text = written.strip()
    found = _NAMED.fullmatch(text) or _COMMENTED.fullmatch(text)
    if not found:
        return "", text
    name = found["name"].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _ESCAPED.sub(r"\1", name[1:-1]).strip()
    return name, found["address"]
