"""What stands around a date: whether the text is a date with labels, and which date it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from newsletter.sources.dates.months import fold, weekday_names
from newsletter.sources.dates.tokens import WORD, is_east_asian
from newsletter.sources.dates.words import (
    ATTRIBUTION,
    CONNECTORS,
    NOISE,
    OTHER_DAY,
    PUBLISHED,
    REMARKS,
    UPDATED,
)


class Role(StrEnum):
    """What the words before a date say it is."""

    #: Nothing is said.
    PLAIN = "plain"
    #: When it came out.
    PUBLISHED = "published"
    #: When it was last changed.
    UPDATED = "updated"
    #: A deadline, an event, an expiry.
    OTHER = "other"


#: Stands for a date that has been taken out.
_DATE = "\x00"
#: What separates a date from a heading, a name or a count beside it.
_SEPARATOR = re.compile(r"[|·•;()\[\]\n/»«>*]|,| - |:(?![0-9])")
_TIME = re.compile(
    r"(?<!\d)\d{1,2} ?(?:[:.h時时点點]|시) ?\d{0,2}(?:[:分분] ?\d{0,2})?(?:[.,]\d{1,6})?"
    r" ?(?:[ap]\.?m\.?(?![^\W\d_])|uhr|[秒초])?|(?<!\d)\d{1,2} ?(?:[ap]\.?m\.?(?![^\W\d_])|uhr)"
    r"|[+-]\d\d:?\d\d(?!\d)"
)
_WORD = re.compile(rf"{WORD}|\d+")
_LABEL_OR_DATE = re.compile(rf"{WORD}|\d+|\x00")
#: More words beside a date than this make a sentence, not a label.
_MOST_WORDS = 10
_MOST_ATTRIBUTED = 5


def role_of(text: str, start: int) -> Role:
    """Return what the words directly before the date at `start` say it is."""
    parts = _SEPARATOR_BEFORE.split(text[max(0, start - 60) : start])
    words = [fold(word) for word in _WORD.findall(parts[-1])]
    if len(parts) > 1 and all(word in weekday_names("") for word in words):
        # "Last updated on Thursday, 12 May": the weekday belongs to the date.
        words = [fold(word) for word in _WORD.findall(parts[-2])] + words
    for word in reversed(words[-4:]):
        if _is_one_of(word, UPDATED):
            return Role.UPDATED
        if _is_one_of(word, OTHER_DAY):
            return Role.OTHER
    if words[-1:] == ["by"]:
        return Role.OTHER
    return Role.PUBLISHED if any(_is_one_of(word, PUBLISHED) for word in words) else Role.PLAIN


_SEPARATOR_BEFORE = re.compile(r"[|·•;()\[\]\n»«>*,0-9]|[.!?] | - ")


def _is_one_of(word: str, words: frozenset[str]) -> bool:
    """Say whether it is the word; Chinese and Japanese words stand without blanks."""
    if word in words:
        return True
    return (
        bool(word)
        and is_east_asian(word[0])
        and any(is_east_asian(one[0]) and one in word for one in words)
    )


def is_whole(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether nothing but labels, names and noise stands beside the dates."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], _DATE]
        last = end
    rest = _TIME.sub(" ", "".join([*parts, text[last:]]))
    segments = _SEPARATOR.split(rest)
    words = sum(len(_WORD.findall(segment)) for segment in segments)
    if words > _MOST_WORDS or _stands_after_unknown_label(rest):
        return False
    return all(_is_label(segment) for segment in segments if _DATE in segment)


def _stands_after_unknown_label(rest: str) -> bool:
    """Say whether it reads "Conference: 20 May 2016"."""
    before, colon, _ = rest[: rest.index(_DATE)].rpartition(":")
    return bool(colon) and not _is_label(_SEPARATOR_BEFORE.split(before)[-1])


def _is_label(segment: str) -> bool:
    """Say whether the words beside a date are labels, noise, or a name after "by"."""
    attributed = 0
    is_counted = any(fold(word) in REMARKS for word in _WORD.findall(segment))
    for word in _LABEL_OR_DATE.findall(segment):
        if word == _DATE:
            attributed = 0
        elif fold(word) in ATTRIBUTION:
            attributed = _MOST_ATTRIBUTED
        elif _is_noise(fold(word)) or (word.isdigit() and is_counted):
            continue
        elif attributed:
            attributed -= 1
        else:
            return False
    return True


def _is_noise(word: str) -> bool:
    known = (
        word in NOISE
        or word in CONNECTORS
        or word in UPDATED
        or word in OTHER_DAY
        or word in REMARKS
    )
    return known or _is_one_of(word, PUBLISHED) or word in weekday_names("")
