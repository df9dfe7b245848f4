"""The period an issue covers: "2016-05", "last-month", "since-last-issue" as two moments."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.errors import PeriodError
from newsletter.model.content import Period
from newsletter.model.zones import zone_named

_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_WEEK = re.compile(r"(\d{4})-?w(\d{1,2})")
_DAYS = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\s*(?:\.\.|/)\s*(\d{4}-\d{1,2}-\d{1,2})")
_LAST_DAYS = re.compile(r"last-(\d{1,4})-days?")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def parse_period(
    text: str, *, time_zone: str, now: datetime, last_issue_end: datetime | None = None
) -> Period:
    """Return the period that a person named, in the newsletter's time zone.

    The start is included, the end is not: `2016-05-01..2016-05-20` ends as 20 May
    begins. The last days and the time since the last issue end now, so that nothing
    published later today falls between two issues. Raises PeriodError.
    """
    zone = zone_named(time_zone)
    wish = text.strip().lower()
    local = now.astimezone(zone)
    try:
        found = (
            _month(wish, zone)
            or _week(wish, zone)
            or _days(wish, zone)
            or _relative(wish, local, last_issue_end)
        )
    except (ValueError, OverflowError) as error:
        raise PeriodError(f"the period {text!r} is not in the calendar") from error
    if found is None:
        raise PeriodError(f"the period {text!r} is not understood")
    if found.start >= found.end:
        raise PeriodError(f"the period {text!r} has no day in it: it ends before it begins")
    return found


def issue_slug(period: Period) -> str:
    """Return the name of the period's folder: "2016-05", "2016-W20", else its days.

    A period that ends now is named by its last day. The name holds digits, hyphens
    and a W, and so can never leave the folder of issues.
    """
    name = period.name
    if _MONTH.fullmatch(name) or _WEEK.fullmatch(name.lower()):
        return name
    if found := _DAYS.fullmatch(name):
        return f"{found[1]}--{found[2]}"
    return (period.end - timedelta(microseconds=1)).date().isoformat()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _month(wish: str, zone: ZoneInfo) -> Period | None:
    found = _MONTH.fullmatch(wish)
    if found is None:
        return None
    first = date(int(found[1]), int(found[2]), 1)
    return _month_of(first, zone)


def _month_of(first: date, zone: ZoneInfo) -> Period:
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(f"{first:%Y-%m}", _midnight(first, zone), _midnight(following, zone))


def _week(wish: str, zone: ZoneInfo) -> Period | None:
    found = _WEEK.fullmatch(wish)
    if found is None:
        return None
    year, week = int(found[1]), int(found[2])
    monday = date.fromisocalendar(year, week, 1)
    end = _midnight(monday + timedelta(days=7), zone)
    return Period(f"{year:04d}-W{week:02d}", _midnight(monday, zone), end)


def _days(wish: str, zone: ZoneInfo) -> Period | None:
    found = _DAYS.fullmatch(wish)
    if found is None:
        return None
    first, last = (_day(one) for one in found.groups())
    return Period(f"{first}..{last}", _midnight(first, zone), _midnight(last, zone))


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    assert found is not None  # noqa: S101 - the pattern of the whole has it
    return date(*(int(part) for part in found.groups()))


def _relative(wish: str, now: datetime, last_issue_end: datetime | None) -> Period | None:
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)  # noqa: S101 - made so above
    if wish == "last-month":
        return _month_of((now.date().replace(day=1) - timedelta(days=1)).replace(day=1), zone)
    if wish == "last-week":
        year, week, _ = (now.date() - timedelta(days=7)).isocalendar()
        return _week(f"{year:04d}-w{week:02d}", zone)
    if found := _LAST_DAYS.fullmatch(wish):
        # Wall-clock days: 30 days before noon is noon, whatever the clocks did between.
        return Period(wish, now - timedelta(days=int(found[1])), now)
    if wish == "since-last-issue":
        return Period(wish, _known(last_issue_end).astimezone(zone), now)
    return None


def _known(last_issue_end: datetime | None) -> datetime:
    if last_issue_end is None:
        raise PeriodError(
            "'since-last-issue' needs an earlier issue, and there is none",
            hint="Name the first period: `newsletter collect 2016-05`.",
        )
    return last_issue_end
