"""Dates that disagree with the weekday written beside them, in the newsletter's languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from newsletter.model.content import ItemDate
from newsletter.preflight import Candidate, Check, Finding, warning
from newsletter.preflight.pages import squeezed

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_CHINESE_DAYS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
_CHINESE = re.compile(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]\s*[((]?\s*(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])"
)
#: Regions whose month names differ inside one language.
_ALSO = {"ar": ("ar_SY", "ar_DZ", "ar_MA", "ar_TN", "ar_IQ"), "de": ("de_AT",)}
#: A date without a year is taken to be the one nearest to the issue's, within half a year.
_NEAR_DAYS = 183


@dataclass(frozen=True, slots=True)
class Dated:
    """A weekday and a date that stand together in a text."""

    text: str
    weekday: int
    day: date


def weekdays(candidate: Candidate) -> Iterator[Finding]:
    """Find weekdays that their date does not have; readers come on the wrong day."""
    from babel.dates import get_day_names

    for rendered in candidate.editions:
        language = rendered.edition.language
        wholes = (rendered.subject, rendered.preheader, rendered.text)
        for dated in dict.fromkeys(
            one for text in wholes for one in found(text, language, candidate.issue.date)
        ):
            if dated.day.weekday() != dated.weekday:
                name = get_day_names("wide", locale="en")[dated.day.weekday()]
                yield warning(
                    "date-weekday",
                    f"{dated.text!r}: {dated.day.isoformat()} is a {name}",
                    where=f"edition {rendered.edition.key!r}",
                    mend="Correct the day or the date.",
                )


def found(text: str, language: str, issued: date | None) -> Iterator[Dated]:
    """Yield every weekday with its date in a text of a language."""
    plain = squeezed(text).translate(_DIGITS)
    for pattern, days, months in _patterns(language.partition("-")[0].lower()):
        for match in pattern.finditer(plain):
            groups = match.groupdict()
            month = months.get(groups["month"].casefold()) or int(groups["month"])
            day = _day(groups.get("year"), month, int(groups["day"]), issued)
            if day is not None:
                yield Dated(match[0], days[groups["weekday"].casefold()], day)


def _day(year: str | None, month: int, day: int, issued: date | None) -> date | None:
    try:
        ItemDate(int(year) if year else None, month, day)
    except ValueError:
        return None
    if year:
        return date(int(year), month, day)
    if issued is None:
        return None
    near = []
    for one in (issued.year - 1, issued.year, issued.year + 1):
        try:
            near.append(date(one, month, day))
        except ValueError:
            continue
    chosen = min(near, key=lambda one: abs((one - issued).days), default=None)
    return chosen if chosen and abs((chosen - issued).days) <= _NEAR_DAYS else None


_Pattern = tuple[re.Pattern[str], dict[str, int], dict[str, int]]


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    if language == "zh":
        return ((_CHINESE, _CHINESE_DAYS, {}),)
    days, months = _names(language)
    if not days or not months:
        return ()
    weekday = rf"(?<!\w)(?P<weekday>{_either(days)})\.?"
    month, year = rf"(?P<month>{_either(months)})(?!\w)\.?", r"(?P<year>(?:19|20)\d\d)(?!\d)"
    ordinal = r"(?P<day>\d{1,2})(?!\d)(?:st|nd|rd|th|er|º|\.)?"
    between = r"[\s,،]*(?:the|le|el|den|dem|am|on)?\s*"
    of = r"\s*(?:of|de|d’|d')?\s*"
    words = rf"{weekday}{between}{ordinal}{of}{month}(?:{of}[,،]?\s*{year})?"
    american = rf"{weekday}{between}{month}\s*{ordinal}(?:[,،]?\s*{year})?"
    patterns = [words, american]
    if language != "en":
        patterns.append(
            rf"{weekday}{between}(?P<day>\d{{1,2}})(?P<sep>[./])(?P<month>\d{{1,2}})(?P=sep){year}"
        )
    return tuple((re.compile(one, re.IGNORECASE), days, months) for one in patterns)


def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return weekday (Monday is 0) and month names, long and short, of a language."""
    from babel.core import Locale, UnknownLocaleError

    days: dict[str, int] = {}
    months: dict[str, int] = {}
    for name in (language, *_ALSO.get(language, ())):
        try:
            locale = Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                _add(days, locale.days[context][width])
                _add(months, locale.months[context][width])
    if language == "ru":
        # "в пятницу": the accusative, which no table has.
        days |= {f"{name[:-1]}у": number for name, number in days.items() if name.endswith("а")}
    return days, months


def _add(names: dict[str, int], table: Mapping[int, str]) -> None:
    for number, name in table.items():
        written = name.casefold().rstrip(".")
        if len(written) >= 2:
            names.setdefault(written, number)


def _either(names: dict[str, int]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


CHECKS: tuple[Check, ...] = (weekdays,)
