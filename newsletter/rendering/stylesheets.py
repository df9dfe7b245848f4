"""A theme's CSS made ready for mail: variables filled in, start and end made left and right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.errors import TemplateError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_VARIABLE = re.compile(r"var\(\s*--([a-z0-9-]+)\s*\)")
#: Logical properties fail in Gmail, Outlook and Yahoo (caniemail, 2026-06).
_LOGICAL_NAME = re.compile(r"\b(padding|margin|border)-inline-(start|end)\b")
_LOGICAL_VALUE = re.compile(r"\b(text-align|float|clear)\s*:\s*(?:inline-)?(start|end)\b")
_SIDES = {"ltr": {"start": "left", "end": "right"}, "rtl": {"start": "right", "end": "left"}}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its selectors (or at-rule) and what stands between its braces."""

    head: str
    body: str

    @property
    def is_at_rule(self) -> bool:
        """Say whether it is @media, @supports, @font-face and the like."""
        return self.head.startswith("@")

    @property
    def declarations(self) -> list[tuple[str, str]]:
        """Return (property, value) of each declaration."""
        pairs = (one.partition(":") for one in _split(self.body, ";"))
        return [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]


def rules(css: str) -> list[Rule]:
    """Return the rules of a stylesheet in order; a rule without braces has an empty body."""
    return list(_rules(_COMMENT.sub("", css)))


def physical(css: str, direction: str) -> str:
    """Return the CSS with start and end as left and right."""
    sides = _SIDES[direction]
    css = _LOGICAL_NAME.sub(lambda found: f"{found[1]}-{sides[found[2]]}", css)
    return _LOGICAL_VALUE.sub(lambda found: f"{found[1]}:{sides[found[2]]}", css)


def filled(css: str, values: Mapping[str, object], *, file: str) -> str:
    """Return the CSS with each var(--name) replaced: Gmail and Outlook know no variables.

    Raises TemplateError naming the line of a variable that has no value.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            line = css.count("\n", 0, found.start()) + 1
            raise TemplateError(
                f"{file}, line {line}: the variable '--{found[1]}' has no value",
                hint="Give it one in [css] of theme.toml.",
            )
        return str(values[found[1]])

    for _ in range(3):  # a value may name another variable
        css = _VARIABLE.sub(value, css)
    return css


def compact(css: str) -> str:
    """Return the CSS without comments and blanks that say nothing."""
    css = re.sub(r"\s+", " ", _COMMENT.sub("", css))
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    css = re.sub(r"([{;][a-z-]+):\s+", r"\1:", css)
    return css.replace(";}", "}").strip()


def dark(css: str) -> str:
    """Return dark-mode rules in the three forms that mail clients read.

    `css` holds plain rules, written once. Apple Mail and others get a media query;
    Outlook's apps and outlook.com get [data-ogsc] for text colours and [data-ogsb] for
    grounds. Everything is !important: it stands against inlined styles.
    """
    inside, outlook = [], []
    for rule in rules(css):
        inside.append(_important(rule.head, rule.declarations))
        grounds = [pair for pair in rule.declarations if pair[0].startswith("background")]
        others = [pair for pair in rule.declarations if pair not in grounds]
        for mark, part in (("[data-ogsc]", others), ("[data-ogsb]", grounds)):
            if part:
                heads = ",".join(f"{mark} {one.strip()}" for one in rule.head.split(","))
                outlook.append(_important(heads, part))
    if not inside:
        return ""
    return f"@media (prefers-color-scheme:dark){{{''.join(inside)}}}{''.join(outlook)}"


def _important(head: str, declarations: list[tuple[str, str]]) -> str:
    pairs = (f"{name}:{value.removesuffix('!important')}" for name, value in declarations)
    return f"{head}{{{';'.join(f'{pair} !important' for pair in pairs)}}}"


def _rules(css: str) -> Iterator[Rule]:
    at = 0
    while at < len(css):
        end = _next(css, at, "{;")
        if end < 0:
            if css[at:].strip():
                yield Rule(css[at:].strip(), "")
            return
        head = css[at:end].strip()
        if css[end] == ";":
            if head:
                yield Rule(head, "")
            at = end + 1
            continue
        close = _closing(css, end)
        yield Rule(head, css[end + 1 : close].strip())
        at = close + 1


def _next(css: str, at: int, wanted: str) -> int:
    """Return where the next of the wanted characters stands outside quotes; -1: nowhere."""
    quote = ""
    for index in range(at, len(css)):
        char = css[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in wanted:
            return index
    return -1


def _closing(css: str, opening: int) -> int:
    depth, at = 1, opening + 1
    while depth:
        at = _next(css, at, "{}")
        if at < 0:
            return len(css)
        depth += 1 if css[at] == "{" else -1
        at += 1
    return at - 1


def _split(css: str, separator: str) -> list[str]:
    parts, at = [], 0
    while (end := _next(css, at, separator)) >= 0:
        parts.append(css[at:end])
        at = end + 1
    return [*parts, css[at:]]
