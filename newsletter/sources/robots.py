"""What a site's robots.txt lets us read (RFC 9309)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

#: RFC 9309 2.5: crawlers must read at least 500 KiB of it.
MAX_BYTES = 500 * 1024
_MAX_RULES = 5_000


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules that hold for us: (allowed, pattern)."""

    rules: tuple[tuple[bool, str], ...] = ()

    def allows(self, url: str) -> bool:
        """Say whether an address may be read; the longest rule decides, a tie allows."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fitting = [(len(rule), allowed) for allowed, rule in self.rules if _fits(rule, path)]
        return max(fitting)[1] if fitting else True


#: RFC 9309 2.3.1.3: robots.txt cannot be had, so everything may be read.
OPEN = Robots()
#: RFC 9309 2.3.1.4: the server is in trouble, so leave it in peace.
CLOSED = Robots(((False, "/"),))


def parse_robots(text: str, agent: str) -> Robots:
    """Return the rules of the group that names `agent`, else of the group for all."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    names: list[str] = []
    was_rule = False
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            names = [] if was_rule else names
            names.append(value.lower())
            groups.setdefault(value.lower(), [])
            was_rule = False
        elif key in {"allow", "disallow"}:
            was_rule = True
            if value:
                for name in names:
                    groups[name].append((key == "allow", unquote(value)[:2000]))
    own = [name for name in groups if name != "*" and name == agent.lower()]
    rules = groups[own[0]] if own else groups.get("*", [])
    return Robots(tuple(rules[:_MAX_RULES]))


def _fits(rule: str, path: str) -> bool:
    """Say whether a rule with `*` and a final `$` matches; linear but for its stars."""
    is_whole = rule.endswith("$")
    pieces = re.sub(r"\*+", "*", rule.removesuffix("$")).split("*")
    if not path.startswith(pieces[0]):
        return False
    position = len(pieces[0])
    for number, piece in enumerate(pieces[1:], 2):
        if is_whole and number == len(pieces):
            return path.endswith(piece) and len(path) - len(piece) >= position
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return not is_whole or position == len(path)
