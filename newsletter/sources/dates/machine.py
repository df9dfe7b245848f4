"""Dates written for machines: ISO 8601, RFC 3339, RFC 822 and 2822, and what feeds make of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from newsletter.model.content import ItemDate
from newsletter.sources.dates.months import fold, month_names
from newsletter.sources.dates.rules import FIRST_YEAR
from newsletter.sources.dates.tokens import clean

#: Longer than any date with every decoration; the rest is not a date.
_LONGEST = 80
#: Machines stamp null dates (1970, 0001) and typing errors (20116).
_LAST_YEAR = 2100
_TIME = (
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r" ?(?P<half>[ap]\.?m\.?)?"
)
_ZONE = (
    r"(?: ?(?P<zone>z|(?:utc|gmt)? ?[+-]\d{1,2}:?\d{0,2}|[a-z]{2,5}))?"
    r"(?: ?[(\[][a-z/_ ]{1,40}[)\]])?"
)
_ISO = re.compile(
    rf"(?P<year>\d{{4}})(?P<sign>[-/.])(?P<month>\d{{1,2}})(?P=sign)(?P<day>\d{{1,2}})"
    rf"(?:(?:[t ]|, ?)[t ]?{_TIME}{_ZONE})?"
)
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")
_YEAR = re.compile(r"(?P<year>\d{4})")
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[t ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>z|[+-]\d{2}:?\d{2})?)?"
)
_WEEK = re.compile(r"(?P<year>\d{4})-?w(?P<week>\d{2})-?(?P<weekday>[1-7])")
_ORDINAL = re.compile(r"(?P<year>\d{4})-(?P<number>\d{3})")
#: Seconds or milliseconds since 1970; WordPress themes write them into <time datetime>.
_EPOCH = re.compile(r"(?P<seconds>\d{9,10})(?P<milliseconds>\d{3})?")
_WEEKDAY = r"(?:[^\W\d_]{2,12}[.,]{0,2} ?,?)?"
_MAIL = re.compile(
    rf"{_WEEKDAY} ?(?P<day>\d{{1,2}})[ -](?P<name>[^\W\d_]{{3,12}})\.?[ -](?P<year>\d{{4}}|\d{{2}})"
    rf"(?:,? {_TIME}{_ZONE})?"
)
#: "Fri May 20 14:00:00 EDT 2016", "May 20, 2016 2:00 PM": date(1), social networks, .NET.
_UNIX = re.compile(
    rf"{_WEEKDAY} ?(?P<name>[a-z]{{3,12}})\.? (?P<day>\d{{1,2}}) {_TIME}{_ZONE} (?P<year>\d{{4}})"
)
_AMERICAN = re.compile(
    rf"{_WEEKDAY} ?(?P<name>[a-z]{{3,12}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})"
    rf"(?:,? (?:at )?{_TIME}{_ZONE})?"
)
_FORMS = (_ISO, _MAIL, _UNIX, _AMERICAN, _BASIC, _MONTH, _YEAR)
#: Names with one meaning, in hours; IST, CST as China's and the like stay unknown. RFC 822
#: section 5.1 defines the American ones.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "cet": 1, "mez": 1, "cest": 2,
    "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
}  # fmt: skip


def parse_machine_date(text: str) -> ItemDate | None:
    """Return the date of a `datetime` attribute, a feed or JSON-LD, with its instant if it has one.

    The forms that feeds really have are read too: single digits, no zone, zones by
    name, a weekday that is wrong (RFC 5322 readers ignore it). None for anything else.
    """
    if len(text) > 4 * _LONGEST:
        return None
    plain = re.sub(r"\s+", " ", clean(text).text).strip(" ,;.")
    if not plain or len(plain) > _LONGEST:
        return None
    for form in _FORMS:
        if match := form.fullmatch(plain):
            return _built(match.groupdict())
    return _rare(plain)


def _rare(text: str) -> ItemDate | None:
    """Read week dates, ordinal dates and seconds since 1970."""
    try:
        if match := _WEEK.fullmatch(text):
            year, week, weekday = (int(one) for one in match.group("year", "week", "weekday"))
            return _checked(date.fromisocalendar(year, week, weekday))
        if match := _ORDINAL.fullmatch(text):
            year, number = int(match["year"]), int(match["number"])
            day = date(year, 1, 1) + timedelta(days=number - 1)
            return _checked(day) if day.year == year and number else None
    except ValueError:
        return None
    if match := _EPOCH.fullmatch(text):
        moment = datetime.fromtimestamp(int(match["seconds"]), UTC)
        found = _checked(moment.date())
        return found and ItemDate(found.year, found.month, found.day, moment)
    return None


def _checked(day: date) -> ItemDate | None:
    return ItemDate.from_date(day) if FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _built(parts: dict[str, str | None]) -> ItemDate | None:
    year = _year(parts["year"] or "")
    month = _month(parts)
    if not FIRST_YEAR <= year <= _LAST_YEAR or month == 0:
        return None
    day = int(parts.get("day") or 0) or None
    try:
        found = ItemDate(year, month, day)
        return ItemDate(year, month, day, _instant(found, parts))
    except ValueError:
        return None


def _year(text: str) -> int:
    """Return the year; two digits as RFC 5322 section 4.3 reads them."""
    year = int(text)
    if len(text) == 4:
        return year
    return 2000 + year if year < 50 else 1900 + year


def _month(parts: dict[str, str | None]) -> int | None:
    """Return the month, None where there is none, 0 for a name that is no month."""
    if name := parts.get("name"):
        return month_names("en").get(fold(name), 0)
    return int(parts["month"] or 0) if "month" in parts else None


def _instant(found: ItemDate, parts: dict[str, str | None]) -> datetime | None:
    """Return the moment in UTC, or None where the time or a known zone is missing."""
    day = found.as_date()
    zone = _zone(parts.get("zone"))
    if day is None or not parts.get("hour") or zone is None:
        return None
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    # A leap second, 23:59:60, is no Python time.
    second = min(int(parts.get("second") or 0), 59)
    half = (parts.get("half") or "")[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    extra = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    clock = time(hour % 24 if extra else hour, minute, second, tzinfo=zone)
    return (datetime.combine(day, clock) + extra).astimezone(UTC)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    name = text.replace(" ", "")
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    match = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?", name)
    if match is None:
        return None
    sign = -1 if match[1] == "-" else 1
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
