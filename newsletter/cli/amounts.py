"""Amounts as people write them on the command line: 10m, 1%."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

#: Whoever waits longer has made a slip.
LONGEST_HOLD = timedelta(days=366)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Length(click.ParamType[timedelta]):
    """A length of time: 90s, 10m, 2h."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return it, or complain."""
        found = re.fullmatch(r"(\d+)\s*([smhd]?)", str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a length of time; write 10m or 2h", param, ctx)
        seconds = int(found[1]) * _UNITS[found[2] or "s"]
        if seconds > LONGEST_HOLD.total_seconds():
            self.fail(f"{value!r} is more than a year; write 10m or 2h", param, ctx)
        return timedelta(seconds=seconds)


class Percent(click.ParamType[float]):
    """A percentage: 1% or 1."""

    name = "percent"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return it, or complain."""
        try:
            percent = float(str(value).strip().removesuffix("%"))
        except ValueError:
            percent = 0.0
        if not 0 < percent < 100:
            self.fail(f"{value!r} is not a part of the readers; write 1%", param, ctx)
        return percent
