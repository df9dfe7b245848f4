"""Dates written for machines, as attributes and feeds really have them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.sources.dates import parse_machine_date

AFTERNOON = datetime(2016, 5, 20, 14, 0, tzinfo=UTC)

WITH_INSTANT = [
    "2016-05-20T14:00:00Z",
    "2016-05-20T16:00:00+02:00",
    "2016-05-20T16:00:00+0200",
    "2016-05-20T16:00:00.123456+02:00",
    "2016-05-20 14:00:00 UTC",
    "2016-5-20T14:0:0Z",
    "2016-05-20T14:00Z",
    "20160520T140000Z",
    "Fri, 20 May 2016 14:00:00 GMT",
    "Fri, 20 May 2016 14:00:00 +0000",
    "Fri,20 May 2016 16:00 +0200",
    "Fri, 20 May 2016 16:00:00 +0200 (CEST)",
    "Friday, 20-May-16 14:00:00 GMT",
    "20 May 16 14:00:00 GMT",
    "Fri, 20 May 2016 09:00:00 EST",
    "Fri May 20 14:00:00 +0000 2016",
    "Mon, 20 May 2016 14:00:00 GMT",
    "ven., 20 mai 2016 16:00:00 +0200",
    " 2016-05-20T14:00:00Z\n",
    "1463752800",
    "1463752800000",
]

WITHOUT_INSTANT = [
    ("2016-05-20", "2016-05-20"),
    ("2016-05-20 14:00:00", "2016-05-20"),
    ("2016-05-20T14:00:00", "2016-05-20"),
    ("20160520", "2016-05-20"),
    ("2016/05/20 14:00", "2016-05-20"),
    ("2016-W20-5", "2016-05-20"),
    ("2016-141", "2016-05-20"),
    ("Fri, 20 May 2016", "2016-05-20"),
    ("Fri, 20 May 2016 14:00:00 IST", "2016-05-20"),
    ("May 20, 2016 2:00 PM", "2016-05-20"),
    ("2016-05", "2016-05"),
    ("2016", "2016"),
]


@pytest.mark.parametrize("text", WITH_INSTANT)
def test_a_time_with_a_zone_is_an_instant(text: str) -> None:
    found = parse_machine_date(text)

    assert found is not None
    assert found.instant == AFTERNOON
    assert found.isoformat() == "2016-05-20"


@pytest.mark.parametrize(("text", "expected"), WITHOUT_INSTANT)
def test_without_a_known_zone_there_is_only_the_day(text: str, expected: str) -> None:
    found = parse_machine_date(text)

    assert found is not None
    assert (found.isoformat(), found.instant) == (expected, None)


def test_the_day_stays_as_its_source_wrote_it() -> None:
    found = parse_machine_date("2016-05-21T01:00:00+05:00")

    assert found is not None
    assert found.isoformat() == "2016-05-21"
    assert found.instant == datetime(2016, 5, 20, 20, 0, tzinfo=UTC)


def test_midnight_may_be_the_end_of_a_day() -> None:
    found = parse_machine_date("2016-05-20T24:00:00Z")

    assert found is not None
    assert found.instant == datetime(2016, 5, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "0001-01-01T00:00:00Z", "1970-01-01", "20116-05-20", "2016-02-30", "2016-13-01",
     "2016-05-20/2016-05-22", "2016-05-20T25:00:00Z", "2016-W60-1", "2016-366x", "2015-366",
     "20 Foo 2016", "5/6/2016", "12345", "1" * 100_000, "2016-05-20T14:00:00+99:00 2017"],
)  # fmt: skip
def test_what_is_not_a_machine_date_is_none(text: str) -> None:
    assert parse_machine_date(text) is None


@given(
    moment=st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_iso_and_mail_dates_come_back(moment: datetime) -> None:
    exact = moment.replace(microsecond=0)

    iso = parse_machine_date(exact.isoformat())
    mail = parse_machine_date(exact.strftime("%a, %d %b %Y %H:%M:%S +0000"))

    assert iso is not None
    assert iso.instant == exact
    assert iso == mail


@given(text=st.text(alphabet="0123456789-:TZ+ wW/,May", max_size=40))
def test_any_text_gives_a_date_or_none(text: str) -> None:
    found = parse_machine_date(text)

    assert found is None or found.year is not None
