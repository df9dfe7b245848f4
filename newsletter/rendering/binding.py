"""Blanks that no line may end at, as French and Slavic typography want them."""

from __future__ import annotations

import re

_NO_BREAK = "\N{NO-BREAK SPACE}"
#: Between a number and what it counts, and inside "3 000".
_NUMBERS = r"(?<=\d) (?=\d{3}(?!\d)|[^\W\d_])"
#: A line may end with a dash, never begin with one.
_DASHES = r" (?=[–—] )"
_CYRILLIC = re.compile(rf"(?<![\w-])([А-яЁёІіЇїЄєЎў]{{1,2}}) (?=\w)|{_NUMBERS}|{_DASHES}")
_LATIN = re.compile(rf"(?<![\w-])([KkSsVvZzOoUuAaIiWw]) (?=\w)|{_NUMBERS}")
_FRENCH = re.compile(rf"(«) |{_NUMBERS}| (?=[»;:!?])")
#: Language -> the blanks that bind; what a pattern keeps stands before the blank.
_BINDING = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), _CYRILLIC),
    **dict.fromkeys(("cs", "pl", "sk"), _LATIN),
    "fr": _FRENCH,
}


def bound(text: str, language: str) -> str:
    """Return the text with its blanks that bind made unbreakable; others are left alone.

    Editors type plain blanks: without this a line ends with a lone preposition in Russian,
    or begins with the question mark in French.
    """
    pattern = _BINDING.get(language.partition("-")[0].lower())
    return pattern.sub(lambda found: (found[1] or "") + _NO_BREAK, text) if pattern else text
