"""Dates told from today: "3 days ago", "hier", "vor 2 Stunden", "منذ يومين", "3天前"."""

from __future__ import annotations

import re
from datetime import timedelta

from newsletter.model.content import ItemDate
from newsletter.sources.dates.east_asian import Span
from newsletter.sources.dates.months import fold
from newsletter.sources.dates.rules import DateRules
from newsletter.sources.dates.tokens import Token
from newsletter.sources.dates.words import (
    AGO_AFTER,
    AGO_BEFORE,
    DAY_WORDS,
    DUALS,
    NOISE,
    ONE,
    PUBLISHED,
    SINGULARS,
    UNITS,
)

#: 400 days ago is told in years by everybody; a larger number is something else.
_LONGEST_HOURS = 400 * 24
_EAST_ASIAN_AGO = re.compile(
    r"(?<![0-9])(?P<count>[0-9]{1,3}) ?(?:(?P<days>天|日)"
    r"|(?P<hours>小时|小時|個小時|个小时|時間|鐘頭)"
    r"|(?P<minutes>分钟|分鐘|分|秒))之?前|(?<![0-9])(?P<ko>[0-9]{1,3}) ?(?P<unit>일|시간|분|초) ?전"
)
_EAST_ASIAN_DAY = re.compile("今天|今日|昨天|昨日|前天|一昨日|오늘|어제")
_SEPARATORS = frozenset("|·•()[]\n:;-*")


def find(text: str, tokens: list[Token], rules: DateRules) -> list[Span]:
    """Return the relative dates of a clean text."""
    spans = [*_counted(tokens, rules), *_day_words(tokens, rules)]
    if not text.isascii():
        spans += _east_asian(text, rules)
    return spans


def may_be(text: str) -> bool:
    """Say quickly whether a clean text without a digit may hold a relative date."""
    if text.isascii():
        return not _WORDS.isdisjoint(text.split())
    return not _WORDS.isdisjoint(map(fold, text.split())) or bool(_EAST_ASIAN_DAY.search(text))


_WORDS = (
    frozenset(DAY_WORDS)
    | AGO_BEFORE
    | AGO_AFTER
    | {"aujourd'hui", "aujourdhui", "avant-hier", "une", "un"}
)
_WORDS |= {f"{word}," for word in _WORDS} | {f"{word}:" for word in _WORDS}


def _before(rules: DateRules, hours: int) -> ItemDate:
    return ItemDate.from_date((rules.fetched_at - timedelta(hours=hours)).date())


def _counted(tokens: list[Token], rules: DateRules) -> list[Span]:
    spans = []
    for at, token in enumerate(tokens):
        if token.text in DUALS:
            hours, first = DUALS[token.text], at
        elif token.text in UNITS:
            hours, first = _hours(tokens, at)
        else:
            continue
        span = _ago(tokens, first, at)
        if span and 0 <= hours <= _LONGEST_HOURS:
            spans.append(Span(tokens[span[0]].start, tokens[span[1]].end, _before(rules, hours)))
    return spans


def _hours(tokens: list[Token], at: int) -> tuple[int, int]:
    """Return how many hours the unit at `at` and the number before it are, and where they begin."""
    unit = UNITS[tokens[at].text]
    if not at:
        return (unit if tokens[at].text in SINGULARS else -1), at
    before = tokens[at - 1]
    if before.kind == "n" and before.value < 10_000:
        return unit * before.value if unit else before.value // 60, at - 1
    if before.text in ONE:
        return unit, at - 1
    if tokens[at].text in SINGULARS:
        return unit, at
    # "قبل ساعة", an hour ago, needs no number.
    return (unit, at) if before.text in AGO_BEFORE else (-1, at)


def _ago(tokens: list[Token], first: int, unit: int) -> tuple[int, int] | None:
    """Return the first and last token of "3 days ago" or "il y a 3 jours"."""
    if unit + 1 < len(tokens) and tokens[unit + 1].text in AGO_AFTER:
        return first, unit + 1
    if first and tokens[first - 1].text in AGO_BEFORE:
        return first - 1, unit
    words = [token.text for token in tokens[max(0, first - 3) : first]]
    if words == ["il", "y", "a"]:
        return first - 3, unit
    return (first - 2, unit) if words[-2:] == ["πριν", "απο"] else None


def _day_words(tokens: list[Token], rules: DateRules) -> list[Span]:
    spans = []
    for at, token in enumerate(tokens):
        first, last = at, at
        days = DAY_WORDS.get(token.text)
        texts = [one.text for one in tokens[at : at + 3]]
        if texts == ["aujourd", "'", "hui"]:
            days, last = 0, at + 2
        if days is None:
            continue
        if [one.text for one in tokens[max(0, at - 2) : at]] == ["avant", "-"]:
            days, first = 2, at - 2
        if _begins(tokens, first) and _ends(tokens, last):
            spans.append(Span(tokens[first].start, tokens[last].end, _before(rules, 24 * days)))
    return spans


def _begins(tokens: list[Token], first: int) -> bool:
    if first == 0 or tokens[first].gap == 2:
        return True
    return tokens[first - 1].text in _SEPARATORS | PUBLISHED


def _ends(tokens: list[Token], last: int) -> bool:
    """Say whether after "today" comes the end, a sign or a time; "today, we" is running text."""
    rest = tokens[last + 1 : last + 4]
    if not rest or rest[0].gap == 2 or rest[0].text in _SEPARATORS:
        return True
    if rest[0].text == ",":
        rest = rest[1:]
    if rest and rest[0].text in NOISE:
        rest = rest[1:]
    return bool(rest) and rest[0].kind == "n"


def _east_asian(text: str, rules: DateRules) -> list[Span]:
    spans = []
    for match in _EAST_ASIAN_AGO.finditer(text):
        parts = match.groupdict()
        count = int(parts["count"] or parts["ko"] or 0)
        days = parts["days"] or parts["unit"] == "일"
        hours = count * 24 if days else count
        if parts["minutes"] or parts["unit"] in {"분", "초"}:
            hours = count // 60
        spans.append(Span(match.start(), match.end(), _before(rules, hours)))
    for match in _EAST_ASIAN_DAY.finditer(text):
        around = text[max(0, match.start() - 1) : match.start()].strip()
        after = text[match.end() : match.end() + 1].strip()
        if _is_outside(around) and (_is_outside(after) or after.isdigit()):
            days = {"前天": 2, "一昨日": 2}.get(match.group(), DAY_WORDS.get(match.group(), 0))
            spans.append(Span(match.start(), match.end(), _before(rules, 24 * days)))
    return spans


def _is_outside(character: str) -> bool:
    return not character or character in _SEPARATORS
