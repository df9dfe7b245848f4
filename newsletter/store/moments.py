"""Moments as the ledger keeps them: whole milliseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_number(moment: datetime) -> int:
    """Return an aware moment as milliseconds."""
    return (moment - _EPOCH) // _MILLISECOND


def to_moment(number: int) -> datetime:
    """Return milliseconds as an aware moment."""
    return _EPOCH + number * _MILLISECOND


def to_moment_or_none(number: int | None) -> datetime | None:
    """Return milliseconds as an aware moment; None stays None."""
    return None if number is None else to_moment(number)
