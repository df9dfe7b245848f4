"""Moments in the time zone of the newsletter, in spring and autumn too."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.errors import SettingsError
from newsletter.model.zones import in_zone, moment_there, zone_named

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("written", "in_utc"),
    [
        ("2027-01-10T08:00", "2027-01-10T07:00"),
        ("2027-07-10T08:00", "2027-07-10T06:00"),
        # The hour that comes twice: its first time.
        ("2027-10-31T02:30", "2027-10-31T00:30"),
        ("2027-10-31T03:00", "2027-10-31T02:00"),
        # To the minute before and after the hour that is left out.
        ("2027-03-28T01:59", "2027-03-28T00:59"),
        ("2027-03-28T03:00", "2027-03-28T01:00"),
    ],
)
def test_a_time_of_day_is_the_one_of_the_newsletter(written: str, in_utc: str) -> None:
    found = moment_there(datetime.fromisoformat(written), PARIS)

    assert found == datetime.fromisoformat(in_utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_the_hour_that_is_left_out_in_spring_never_comes(minute: int) -> None:
    assert moment_there(datetime(2027, 3, 28, 2, minute), PARIS) is None  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Paris", "2027-07-10 08:00 CEST (06:00 UTC)"),
        ("America/Bogota", "2027-07-10 01:00 -05 (06:00 UTC)"),
        ("UTC", "2027-07-10 06:00 UTC"),
        ("Mars/Olympus", "2027-07-10 06:00 UTC"),
    ],
)
def test_people_read_their_own_time_and_can_compare_it(zone: str, told: str) -> None:
    assert in_zone(datetime(2027, 7, 10, 6, tzinfo=UTC), zone) == told


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc", "Europe/Paris\0"])
def test_a_zone_that_is_none_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(SettingsError, match="time_zone"):
        zone_named(name)
