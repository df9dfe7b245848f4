"""Moments as people write and read them: in the time zone of the newsletter."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.errors import SettingsError


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone; SettingsError where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"time_zone {name!r} is not known",
            hint='Write a name of the IANA list in newsletter.toml, as "Europe/Paris".',
        ) from error


def moment_there(written: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when it is this time of day there; None: never, the clocks go forward then.

    In the hour that comes twice in autumn the first one is meant.
    """
    in_utc = written.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return in_utc if in_utc.astimezone(zone).replace(tzinfo=None, fold=0) == written else None


def in_zone(moment: datetime, zone: str) -> str:
    """Return a moment for people: "2016-05-20 08:00 CEST (06:00 UTC)".

    By UTC alone where the zone is not known: whoever looks at the books is not to fail for it.
    """
    in_utc = moment.astimezone(UTC)
    try:
        there = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there = in_utc
    if not there.utcoffset():
        return f"{in_utc:%Y-%m-%d %H:%M} UTC"
    return f"{there:%Y-%m-%d %H:%M %Z} ({in_utc:%H:%M} UTC)"
