"""The dates people and machines write, read strictly: a wrong date is worse than none."""

from __future__ import annotations

from newsletter.sources.dates.finding import DateMatch, find_dates, parse_date
from newsletter.sources.dates.machine import parse_machine_date
from newsletter.sources.dates.surroundings import Role

__all__ = ["DateMatch", "Role", "find_dates", "parse_date", "parse_machine_date"]
