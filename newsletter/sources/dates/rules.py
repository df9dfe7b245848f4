"""What makes a year, a month and a day a date: ranges, orders, weekdays. Pure decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.model.content import ItemDate
from newsletter.sources.dates.months import base_language, weekday_names

#: The web began about here; what claims to be older is a number, a jubilee or a null date.
FIRST_YEAR = 1990
#: How far ahead of the fetch a date may lie: an event of the year after next.
YEARS_AHEAD = 2
#: Where two-digit years stand first: 16. 5. 20. is 20 May 2016.
_YEAR_FIRST = frozenset({"ko", "zh", "hu"})


@dataclass(frozen=True, slots=True)
class DateRules:
    """How one source's dates are to be read."""

    language: str
    fetched_at: datetime
    day_first: bool | None

    @classmethod
    def of(cls, language: str, fetched_at: datetime, day_first: bool | None) -> DateRules:
        """Return the rules for a language tag such as "pt-BR"."""
        return cls(base_language(language), fetched_at, day_first)

    @property
    def weekdays(self) -> Mapping[str, frozenset[int]]:
        """Return the names of weekdays that count here."""
        return weekday_names(self.language)

    def is_year(self, year: int) -> bool:
        """Say whether a page fetched then can speak of that year."""
        return FIRST_YEAR <= year <= self.fetched_at.year + YEARS_AHEAD

    def full_year(self, two_digits: int) -> int:
        """Return the year a two-digit year means; it may still be out of range."""
        year = 2000 + two_digits
        return year if year <= self.fetched_at.year + YEARS_AHEAD else year - 100

    def full_date(self, year: int, month: int, day: int) -> ItemDate | None:
        """Return the date, or None for a day no calendar has or a year nobody means."""
        if not self.is_year(year):
            return None
        try:
            return ItemDate.from_date(date(year, month, day))
        except ValueError:
            return None

    def month(self, year: int, month: int) -> ItemDate | None:
        """Return the month of that year, or None for a year nobody means."""
        return ItemDate(year, month) if self.is_year(year) else None

    def yearless(self, month: int, day: int) -> ItemDate | None:
        """Return the day without a year, or None for a day no year has."""
        try:
            return ItemDate(None, month, day)
        except ValueError:
            return None

    def from_numbers(
        self, numbers: tuple[str, str, str], sign: str, *, is_spaced: bool
    ) -> ItemDate | None:
        """Return what three numbers mean, or None where two readings differ.

        `is_spaced` is "16. 5. 20.", as Koreans and Czechs write.
        """
        first, second, third = numbers
        a, b, c = int(first), int(second), int(third)
        if len(first) == 4:
            return self.full_date(a, b, c)
        if len(third) == 4:
            return self._ordered(a, b, c, sign)
        is_padded = len(first) == len(second) == 2
        if sign == "." and not is_padded and not is_spaced:
            # "1.5.16" is a version as well.
            return None
        return self._two_digit_year((a, b, c), sign, is_spaced=is_spaced)

    def _ordered(self, first: int, second: int, year: int, sign: str) -> ItemDate | None:
        day_first = self.full_date(year, second, first)
        month_first = self.full_date(year, first, second)
        if self.day_first is not None:
            chosen, other = (day_first, month_first) if self.day_first else (month_first, day_first)
            return chosen or other
        if sign == ".":
            # Every convention that writes dots writes the day first.
            return day_first or month_first
        return self._only([one for one in (day_first, month_first) if one])

    def _two_digit_year(
        self, numbers: tuple[int, int, int], sign: str, *, is_spaced: bool
    ) -> ItemDate | None:
        a, b, c = numbers
        if self.language == "ja":
            # 28.05.12 may count the years of an era: 2016.
            return None
        year_first = self.full_date(self.full_year(a), b, c)
        year_last = self._ordered(a, b, self.full_year(c), sign)
        if self.language in _YEAR_FIRST:
            return year_first
        if self.day_first is not None or (sign == "." and not (is_spaced and not self.language)):
            return year_last
        both = (self.full_date(self.full_year(c), b, a), self.full_date(self.full_year(c), a, b))
        return self._only([one for one in (*both, year_first) if one])

    @staticmethod
    def _only(readings: list[ItemDate | None]) -> ItemDate | None:
        different = {one for one in readings if one}
        return different.pop() if len(different) == 1 else None
