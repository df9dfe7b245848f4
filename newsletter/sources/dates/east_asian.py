"""East Asian dates: 2016年5月20日, 二〇一六年五月二十日, 令和6年, 5월 20일, 105-05-20, H28.5.20."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from newsletter.model.content import ItemDate
from newsletter.sources.dates.rules import DateRules

#: Era -> the year before its first. The Republic of China counts in Taiwan's papers.
_ERAS = {"民國": 1911, "民国": 1911, "平成": 1988, "令和": 2018}
#: The letters that stand for an era in Japanese dates of numbers alone.
_ERA_LETTERS = {"H": 1988, "R": 2018}
_HAN_DIGITS = {
    one: value for value, group in enumerate(("〇○零", *"一二三四五六七八九")) for one in group
}
#: Blanks are counted, so that a megabyte of them costs nothing.
_GAP = r"[ \n]{0,3}"
_DATE = re.compile(
    rf"(?<![0-9年년])(?:(?P<era>民國|民国|平成|令和){_GAP}(?P<era_year>[0-9]{{1,3}}|元)"
    rf"|(?P<year>[0-9]{{4}}|[〇○零一二三四五六七八九]{{4}})){_GAP}[年년]{_GAP}"
    rf"(?P<month>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}}){_GAP}[月월]"
    rf"(?:{_GAP}(?P<day>[0-9]{{1,2}}|[一二三四五六七八九十廿卅]{{1,4}}){_GAP}[日号號일]"
    rf"|(?!{_GAP}[0-9一二三四五六七八九十廿卅]))"
)
_YEARLESS = re.compile(
    rf"(?<![0-9年년一二三四五六七八九十])(?P<month>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}}){_GAP}[月월]{_GAP}"
    rf"(?P<day>[0-9]{{1,2}}|[一二三四五六七八九十廿卅]{{1,4}}){_GAP}[日号號일]"
)
#: From a month on, two days and no more: "5月17-23日", "5月17日至23日".
_RANGE = re.compile(
    rf"(?:(?P<year>[0-9]{{4}}|[〇○零一二三四五六七八九]{{4}}){_GAP}[年년]{_GAP})?"
    rf"(?<![0-9])(?P<month>[0-9]{{1,2}}|[一二三四五六七八九十]{{1,2}}){_GAP}[月월]{_GAP}"
    rf"(?P<day>[0-9]{{1,2}}|[一二三四五六七八九十廿卅]{{1,4}}){_GAP}[日号號일]?{_GAP}"
    rf"(?:[-~至到与與和及、,・·와과]|から|부터){_GAP}"
    rf"(?:[0-9]{{4}}{_GAP}[年년]{_GAP})?(?:[0-9]{{1,2}}{_GAP}[月월]{_GAP})?"
    rf"(?:[0-9]{{1,2}}|[一二三四五六七八九十廿卅]{{1,4}}){_GAP}[日号號일]"
)
#: Taiwan's offices count years from 1911 and write three digits: 105-05-20, 105年5月20日.
_TAIWAN = re.compile(
    rf"(?<![0-9./-])(?P<year>1[0-9]{{2}})(?:(?P<sign>[./-])(?P<month>[0-9]{{1,2}})(?P=sign)(?P<day>[0-9]{{1,2}})"
    rf"|{_GAP}年{_GAP}(?P<m>[0-9]{{1,2}}){_GAP}月{_GAP}(?P<d>[0-9]{{1,2}}){_GAP}日)(?![0-9./-])"
)
_LETTERED = re.compile(
    r"(?<![0-9A-Za-z])(?P<era>[HR])(?P<year>[0-9]{1,2})(?P<sign>[./])(?P<month>[0-9]{1,2})(?P=sign)"
    r"(?P<day>[0-9]{1,2})(?![0-9./-])",
    re.I,
)
_WEEKDAY = re.compile(
    rf"{_GAP}[(\[]?{_GAP}(?:(?:星期|周|週|礼拜)(?P<zh>[一二三四五六日天])"
    r"|(?P<ja>[月火水木金土日])(?:曜日?)?[)\]]|(?P<ja2>[月火水木金土日])曜日?"
    r"|(?P<ko>[월화수목금토일])(?:요일|[)\]]))"
)
_NAMED_DAYS = {
    **{one: at for at, one in enumerate("一二三四五六日")},
    **{one: at for at, one in enumerate("月火水木金土日")},
    **{one: at for at, one in enumerate("월화수목금토일")},
    "天": 6,
}
#: The farmers' calendar: these months are not ours.
_LUNAR = ("农历", "農曆", "旧暦", "陰曆", "阴历", "旧历", "음력")


class Span(NamedTuple):
    """A date in characters [start, end) of the clean text; without date: not believed."""

    start: int
    end: int
    date: ItemDate | None
    is_range: bool = False


def find(text: str, rules: DateRules) -> list[Span]:
    """Return the dates of a clean text: with 年, 月, 日 or Korean signs, or in years of an era."""
    spans = list(_counted(text, rules))
    if "月" in text or "월" in text:
        for pattern in (_RANGE, _DATE, _YEARLESS):
            spans += _matches(pattern, text, rules)
    return without_overlaps(spans)


def _counted(text: str, rules: DateRules) -> Iterator[Span]:
    """Yield the dates of numbers alone that count the years of Taiwan or of an emperor."""
    pattern = {"zh": _TAIWAN, "ja": _LETTERED}.get(rules.language)
    for match in pattern.finditer(text) if pattern else ():
        parts = match.groupdict()
        before = _ERA_LETTERS[parts["era"].upper()] if "era" in parts else _ERAS["民國"]
        month, day = parts["month"] or parts.get("m"), parts["day"] or parts.get("d")
        date = rules.full_date(before + int(parts["year"]), int(month or 0), int(day or 0))
        if date is not None:
            yield Span(match.start(), match.end(), date)


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order; of two that overlap, the first and then the longer one."""
    chosen: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not chosen or span.start >= chosen[-1].end:
            chosen.append(span)
    return chosen


def _matches(pattern: re.Pattern[str], text: str, rules: DateRules) -> Iterator[Span]:
    for match in pattern.finditer(text):
        parts = match.groupdict()
        date = None
        if not text.startswith(_LUNAR, max(0, match.start() - 2)):
            date = _read(parts, rules)
        end = match.end()
        if weekday := _WEEKDAY.match(text, end):
            end = weekday.end()
            date = date if _agrees(date, weekday) else None
        yield Span(match.start(), end, date, pattern is _RANGE)


def _read(parts: dict[str, str | None], rules: DateRules) -> ItemDate | None:
    month = _small_number(parts["month"] or "")
    day = _small_number(parts.get("day") or "0")
    year = _year(parts)
    if not 1 <= month <= 12:
        return None
    if year is None:
        return rules.yearless(month, day) if day else None
    return rules.month(year, month) if not parts.get("day") else rules.full_date(year, month, day)


def _year(parts: dict[str, str | None]) -> int | None:
    if era := parts.get("era"):
        counted = parts.get("era_year") or ""
        return _ERAS[era] + (1 if counted == "元" else int(counted))
    year = parts.get("year")
    if not year:
        return None
    return int("".join(str(_HAN_DIGITS.get(one, one)) for one in year))


def _small_number(text: str) -> int:
    """Return 1 to 99 from digits or Han numerals; 0 for what is neither."""
    if text.isascii():
        return int(text)
    text = text.replace("廿", "二十").replace("卅", "三十")
    if "十" not in text:
        return _HAN_DIGITS[text] if len(text) == 1 else 0
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return 0
    return _HAN_DIGITS.get(tens, 1) * 10 + (_HAN_DIGITS.get(ones, 0) if ones else 0)


def _agrees(date: ItemDate | None, weekday: re.Match[str]) -> bool:
    day = date.as_date() if date else None
    named = next(one for one in weekday.groups() if one)
    return day is None or day.weekday() == _NAMED_DAYS[named]
