"""Languages by their BCP 47 name: same or not, which way they are written."""

from __future__ import annotations

from collections.abc import Iterable

#: Languages written from right to left in their usual script (CLDR; a test compares with Babel).
_RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "aeb", "ajp", "apc", "ary", "arz", "bal", "bcc", "bej", "bgn", "bqi", "brh"}
    | {"ckb", "dv", "fa", "glk", "he", "iw", "ji", "khw", "ks", "lrc", "mzn", "nqo", "pnb", "prs"}
    | {"ps", "rhg", "sam", "sd", "sdh", "skr", "syr", "trw", "ug", "ur", "yi"}
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa"}
)
#: Script and regions of traditional Chinese.
_TRADITIONAL_CHINESE = frozenset({"hant", "tw", "hk", "mo"})
#: Embeddings, overrides and isolates (Unicode Annex 9), C0 and C1 without tab and line feed,
#: half characters that UTF-8 cannot carry, and what may not stand in XML.
_UNPRINTABLE = dict.fromkeys(
    code
    for first, last in (
        (0x202A, 0x202E),
        (0x2066, 0x2069),
        (0x00, 0x08),
        (0x0B, 0x0C),
        (0x0E, 0x1F),
        (0x7F, 0x9F),
        (0xD800, 0xDFFF),
        (0xFFFE, 0xFFFF),
    )
    for code in range(first, last + 1)
)


def direction_of(language: str) -> str:
    """Return "rtl" or "ltr" for a language; an unknown or empty one is "ltr"."""
    parts = _parts(language)
    scripts = _scripts(parts)
    if scripts:
        return "rtl" if scripts[0] in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT else "ltr"


def is_same(one: str, other: str) -> bool:
    """Say whether a reader of one language reads the other: "en-GB" and "en" are the same.

    Simplified and traditional Chinese are not, nor is one language in two scripts (sr-Latn,
    sr-Cyrl): their readers are served by different texts.
    """
    left, right = _parts(one), _parts(other)
    if left[0] != right[0] or not left[0]:
        return False
    if left[0] == "zh":
        return _is_traditional(left) == _is_traditional(right)
    scripts = {*_scripts(left), *_scripts(right)}
    return len(scripts) < 2


def best_match(wanted: str, offered: Iterable[str]) -> str | None:
    """Return the offered language that serves `wanted`: itself, else the first that is the same."""
    names = list(offered)
    exact = [name for name in names if _parts(name) == _parts(wanted)]
    return next(iter(exact or [name for name in names if is_same(name, wanted)]), None)


def chain_of(language: str, *fallbacks: str) -> tuple[str, ...]:
    """Return the language and its fallbacks in order, each once, empty ones left out."""
    return tuple(dict.fromkeys(name for name in (language, *fallbacks) if name))


def printable(text: str) -> str:
    """Return the text without the characters that no reader should meet.

    Direction controls could turn a whole line around (marks such as U+200F stay: they
    only help); control characters would break headers and markup.
    """
    return text.translate(_UNPRINTABLE)


def _parts(language: str) -> list[str]:
    return language.replace("_", "-").lower().split("-")


def _scripts(parts: list[str]) -> list[str]:
    """Return the script that a language names, as in sr-Latn."""
    return [part for part in parts[1:] if len(part) == 4 and part.isalpha()][:1]


def _is_traditional(parts: list[str]) -> bool:
    return "hans" not in parts and not _TRADITIONAL_CHINESE.isdisjoint(parts)
