"""Every way to name a period, in the newsletter's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.editing.periods import issue_slug, parse_period
from newsletter.errors import PeriodError, SettingsError

NOW = datetime(2016, 6, 1, 9, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "start", "end", "slug"),
    [
        ("2016-05", "2016-05-01T00:00+02:00", "2016-06-01T00:00+02:00", "2016-05"),
        ("2016-12", "2016-12-01T00:00+01:00", "2017-01-01T00:00+01:00", "2016-12"),
        ("2016-03", "2016-03-01T00:00+01:00", "2016-04-01T00:00+02:00", "2016-03"),
        ("2016-W20", "2016-05-16T00:00+02:00", "2016-05-23T00:00+02:00", "2016-W20"),
        ("2016-w1", "2016-01-04T00:00+01:00", "2016-01-11T00:00+01:00", "2016-W01"),
        (
            "2016-05-01..2016-05-20",
            "2016-05-01T00:00+02:00",
            "2016-05-20T00:00+02:00",
            "2016-05-01--2016-05-20",
        ),
        ("last-month", "2016-05-01T00:00+02:00", "2016-06-01T00:00+02:00", "2016-05"),
        ("last-week", "2016-05-23T00:00+02:00", "2016-05-30T00:00+02:00", "2016-W21"),
        ("last-30-days", "2016-05-02T11:30+02:00", "2016-06-01T11:30+02:00", "2016-06-01"),
        ("since-last-issue", "2016-05-10T02:00+02:00", "2016-06-01T11:30+02:00", "2016-06-01"),
        (" Last-Month ", "2016-05-01T00:00+02:00", "2016-06-01T00:00+02:00", "2016-05"),
    ],
)
def test_a_period_is_two_moments_and_a_folder(text: str, start: str, end: str, slug: str) -> None:
    period = parse_period(
        text,
        time_zone="Europe/Paris",
        now=NOW,
        last_issue_end=datetime(2016, 5, 10, tzinfo=UTC),
    )

    assert period.start.isoformat(timespec="minutes") == start
    assert period.end.isoformat(timespec="minutes") == end
    assert issue_slug(period) == slug


def test_the_start_is_inside_and_the_end_is_not() -> None:
    period = parse_period("2016-05", time_zone="Europe/Paris", now=NOW)

    assert datetime(2016, 5, 1, tzinfo=PARIS) in period
    assert datetime(2016, 6, 1, tzinfo=PARIS) - timedelta(microseconds=1) in period
    assert datetime(2016, 6, 1, tzinfo=PARIS) not in period


def test_last_month_is_judged_by_the_local_clock() -> None:
    late = datetime(2016, 4, 30, 22, 30, tzinfo=UTC)

    assert parse_period("last-month", time_zone="Europe/Paris", now=late).name == "2016-04"
    assert parse_period("last-month", time_zone="UTC", now=late).name == "2016-03"


@pytest.mark.parametrize(
    "text",
    ["", "may", "2016", "2016-13", "2016-00", "2016-W54", "0000-05", "9999-12", "2016-05-01",
     "2016-05-20..2016-05-01", "2016-05-20..2016-05-20", "2016-02-30..2016-03-01", "last-0-days",
     "last-9999-years", "2016-05..2016-06", "../../etc", "2016-05/..", "2015-W53-1"],
)  # fmt: skip
def test_what_is_no_period_is_refused_by_name(text: str) -> None:
    with pytest.raises(PeriodError) as caught:
        parse_period(text, time_zone="UTC", now=NOW)

    assert repr(text) in str(caught.value)


def test_since_last_issue_needs_one() -> None:
    with pytest.raises(PeriodError, match="needs an earlier issue"):
        parse_period("since-last-issue", time_zone="UTC", now=NOW)


def test_an_unknown_time_zone_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(SettingsError, match="'Europe/Atlantis'"):
        parse_period("2016-05", time_zone="Europe/Atlantis", now=NOW)
