"""Dates found in tokens: "20 May 2016", "May 20, 2016", "20.05.2016", "5-6 May"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from newsletter.model.content import ItemDate
from newsletter.sources.dates.neighbours import Neighbours
from newsletter.sources.dates.tokens import Token, is_east_asian
from newsletter.sources.dates.words import NOISE, PUBLISHED, UPDATED


class Precision(IntEnum):
    """How much a form says; more wins where two forms share tokens."""

    YEARLESS = 1
    MONTH = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A date in tokens [first, last); without `date` it is one that must not be believed."""

    first: int
    last: int
    precision: Precision
    date: ItemDate | None
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class _Number:
    """A number beside a month: what it can be, and the tokens it takes with its signs."""

    kind: str
    first: int
    last: int
    value: int = 0
    is_range: bool = False


_NOTHING = _Number("nothing", -1, -1)


def _weekday(date: ItemDate) -> int:
    day = date.as_date()
    return -1 if day is None else day.weekday()


class FormReader(Neighbours):
    """Reads the dates of one text's tokens."""

    def find(self) -> list[Found]:
        """Return every date and every range, in order, without overlaps."""
        candidates: list[Found] = []
        for index, token in enumerate(self.tokens):
            found = None
            if token.kind == "m":
                found = self._around_month(index)
            elif token.kind == "n":
                found = self._numeric(index)
            if found is not None:
                candidates.append(found)
        chosen = self._without_overlaps(candidates)
        joined = self._joined(chosen)
        return [one for one in joined if self._stands_alone(one)]

    # A month name and its numbers.

    def _around_month(self, index: int) -> Found | None:
        left, right = self._left_of(index), self._right_of(index)
        kinds = (left.kind, right.kind)
        month = self.tokens[index].value
        if kinds == ("year", "day"):
            date = self.rules.full_date(left.value, month, right.value)
            return self._dated(left.first, right.last, Precision.FULL, date)
        if left.kind == "day":
            return self._day_month(left, index, right)
        if right.kind == "day":
            return self._month_day(left, index, right)
        if right.kind == "year":
            return self._month_year(left, index, right)
        return None

    def _day_month(self, left: _Number, index: int, right: _Number) -> Found | None:
        month = self.tokens[index].value
        if right.kind in {"year", "wrong"}:
            date = self.rules.full_date(right.value, month, left.value)
            found = self._dated(left.first, right.last, Precision.FULL, date)
        elif right.kind == "day" and self._year_after(right.last).kind == "year":
            # "5 May 20, 2016": which number is the day?
            found = Found(left.first, right.last, Precision.FULL, None)
        elif right.kind == "day" and self._is_two_digit_year(right):
            found = self._short_year(left, month, right)
        else:
            date = self.rules.yearless(month, left.value)
            found = self._dated(left.first, index + 1, Precision.YEARLESS, date)
        return replace(found, is_range=left.is_range)

    def _is_two_digit_year(self, right: _Number) -> bool:
        number = self.tokens[right.first]
        return (
            len(number.text) == 2
            and self.tokens[right.first - 1].text != ","
            and not right.is_range
            and (right.last == len(self.tokens) or self.tokens[right.last].kind == "p")
        )

    def _short_year(self, left: _Number, month: int, right: _Number) -> Found:
        """Read "20-May-16": believed only where the year cannot stand first."""
        rules = self.rules
        date = rules.full_date(rules.full_year(right.value), month, left.value)
        other = rules.full_date(rules.full_year(left.value), month, right.value)
        certain = date if other is None or other == date else None
        return self._dated(left.first, right.last, Precision.FULL, certain)

    def _month_day(self, left: _Number, index: int, right: _Number) -> Found:
        month = self.tokens[index].value
        year = self._year_after(right.last)
        if year.kind in {"year", "wrong"}:
            date = self.rules.full_date(year.value, month, right.value)
            found = self._dated(index, year.last, Precision.FULL, date)
        else:
            date = self.rules.yearless(month, right.value)
            found = self._dated(index, right.last, Precision.YEARLESS, date)
        if left.kind == "wrong":
            found = replace(found, date=None)
        return replace(found, is_range=right.is_range)

    def _month_year(self, left: _Number, index: int, right: _Number) -> Found:
        date = self.rules.month(right.value, self.tokens[index].value)
        if left.kind == "wrong" or self._number_and_comma_before(index):
            date = None
        first = self._month_before(index)
        found = self._dated(first, right.last, Precision.MONTH, date)
        return replace(found, is_range=first < index)

    def _month_before(self, index: int) -> int:
        """Return where "April/May 2016" begins, or `index` for a single month."""
        before = index - 2
        if before >= 0 and self.tokens[before].kind == "m" and self.is_joiner(index - 1):
            return before
        return index

    def _number_and_comma_before(self, index: int) -> bool:
        """Say whether it reads "3, May 2016": day or number of an issue, nobody can tell."""
        return index > 1 and self.tokens[index - 1].text == "," and self.is_day(index - 2)

    # Numbers left and right of a month.

    def _left_of(self, index: int) -> _Number:
        at = index - 1
        while at >= 0 and index - at <= 4 and self.connects(at):
            at -= 1
        if at < 0:
            return _NOTHING
        token = self.tokens[at]
        if token.kind != "n":
            # "20xx May 2016" has a day that we do not understand: no month either.
            is_suffix = token.kind == "w" and token.gap == 0 and at and self.is_day(at - 1)
            return _Number("wrong", at - 1, index) if is_suffix else _NOTHING
        if len(token.text) == 4 and self.rules.is_year(token.value):
            return _Number("year", at, index, token.value)
        if self.is_minutes(at):
            return _NOTHING
        if not self.is_day(at) or self.is_attached(at) or self.is_counted(at):
            return _Number("wrong", at, index)
        start = self.range_start(at)
        return _Number("day", start, index, token.value, is_range=start < at)

    def _right_of(self, index: int) -> _Number:
        at = index + 1
        while at < len(self.tokens) and at - index <= 3 and self.leads_on(at):
            at += 1
        if at >= len(self.tokens) or self.tokens[at].kind != "n" or self.is_hours(at):
            return _NOTHING
        token = self.tokens[at]
        year = self._as_year(at)
        if year.kind != "nothing":
            return year
        if not self.is_day(at) or self.is_amount(at):
            return _NOTHING
        last, is_range = self.range_end(at, self.after_ordinal(at + 1))
        return _Number("day", at, last, token.value, is_range)

    def _as_year(self, at: int) -> _Number:
        """Read a four-digit year, or a two-digit one after an apostrophe."""
        token = self.tokens[at]
        if len(token.text) == 4:
            kind = "wrong" if self.goes_on(at) or not self.rules.is_year(token.value) else "year"
            return _Number(kind, at, at + 1, token.value)
        if len(token.text) == 2 and token.gap == 0 and self.tokens[at - 1].text == "'":
            return _Number("year", at, at + 1, self.rules.full_year(token.value))
        return _NOTHING

    def _year_after(self, at: int) -> _Number:
        """Read the year after a month and a day, a time of day between them or not."""
        start = at
        while at < len(self.tokens) and at - start <= 9:
            token = self.tokens[at]
            if token.kind == "n":
                if len(token.text) == 4 and self.tokens[at - 1].text not in {"+", ":"}:
                    return self._as_year(at)
                if at > start and self.tokens[at - 1].text == "'":
                    return self._as_year(at)
                if not self.is_hours(at) and self.tokens[at - 1].text not in {":", "+"}:
                    return _NOTHING
            elif not self.leads_on(at) and token.text not in {":", "+"} | NOISE:
                return _NOTHING
            at += 1
        return _NOTHING

    # Numbers alone.

    def _numeric(self, at: int) -> Found | None:
        tokens = self.tokens
        if at + 4 >= len(tokens):
            return None
        first, sign, second, again, third = tokens[at : at + 5]
        if (
            sign.text != again.text
            or sign.text not in {".", "/", "-"}
            or not second.kind == third.kind == "n"
            or not self._lengths_fit(first, second, third)
        ):
            return None
        if sign.gap or again.gap or (sign.text == "-" and (second.gap or third.gap)):
            return None
        numbers = (first.text, second.text, third.text)
        date = self.rules.from_numbers(numbers, sign.text, is_spaced=second.gap > 0)
        if date is None and len(third.text) == 4:
            date = self._told_by_weekday(at, first.value, second.value, third.value)
        if date and self._is_version(at):
            date = None
        start = self._numeric_range_start(at, sign.text)
        if self._is_chained(at, sign.text) and start == at:
            date = None
        found = self._dated(start, at + 5, Precision.FULL, date)
        return replace(found, is_range=start < at or self._goes_to(at + 5, sign.text))

    def _is_version(self, at: int) -> bool:
        """Say whether it reads "PyCharm 2016.1.2": unpadded, dots, right behind a word."""
        year, sign, second, _, third = self.tokens[at : at + 5]
        return (
            at > 0
            and len(year.text) == 4
            and sign.text == "."
            and second.gap == third.gap == 0
            and min(len(second.text), len(third.text)) == 1
            and self.tokens[at - 1].kind == "w"
            and self.tokens[at - 1].text not in PUBLISHED | UPDATED
            and not is_east_asian(self.tokens[at - 1].text[0])
        )

    def _told_by_weekday(self, at: int, first: int, second: int, year: int) -> ItemDate | None:
        """Read "Thu, 05/12/2016": only one of the two readings is a Thursday."""
        named = self.weekdays_beside(at, at + 5)
        readings = (
            self.rules.full_date(year, *both) for both in ((second, first), (first, second))
        )
        fitting = [
            one
            for one in readings
            if named and one and all(_weekday(one) in days for days in named)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _goes_to(self, at: int, sign: str) -> bool:
        """Say whether "2016.05.12 ~ 05.14" goes on after the first date."""
        rest = self.tokens[at : at + 4]
        return (
            len(rest) == 4
            and rest[0].text in {"-", "~"}
            and rest[0].text != sign
            and rest[1].kind == rest[3].kind == "n"
            and rest[2].text == sign
            and len(rest[1].text) <= 2
            and len(rest[3].text) <= 2
        )

    @staticmethod
    def _lengths_fit(first: Token, second: Token, third: Token) -> bool:
        lengths = (len(first.text), len(second.text), len(third.text))
        return lengths[1] <= 2 and (
            (lengths[0] == 4 and lengths[2] <= 2)
            or (lengths[0] <= 2 and (lengths[2] == 4 or lengths[2] == 2))
        )

    def _is_chained(self, at: int, sign: str) -> bool:
        """Say whether the numbers are part of a version, an address or a telephone number."""
        tokens = self.tokens
        before = tokens[at - 1] if at else None
        if self.is_attached(at) or self.is_counted(at):
            return True
        if before and tokens[at].gap == 0 and before.text in {"-", "/", "+", "."}:
            return (
                at > 1 and before.gap == 0 and tokens[at - 2].kind in "nw"
            ) or before.text == "+"
        after = tokens[at + 5 : at + 7]
        if not after or after[0].gap:
            return False
        if after[0].kind == "w":
            return (
                len(after[0].text) < 3
                and after[0].text not in NOISE
                and not is_east_asian(after[0].text[0])
            )
        return (
            len(after) == 2
            and after[0].text == sign
            and after[1].kind == "n"
            and not (after[1].gap)
        )

    def _numeric_range_start(self, at: int, sign: str) -> int:
        """Return where "17.-23.04.2016" or "28/04 - 02/05/2016" begins, or `at`."""
        tokens = self.tokens
        joiner = at - 1
        if joiner < 1 or not self.is_joiner(joiner) or tokens[joiner].text == sign:
            return at
        start = joiner - 1
        if tokens[start].text == "." and start:
            start -= 1
        if not self.is_day(start) or self.is_minutes(start):
            return at
        if start > 1 and tokens[start - 1].text == sign and self.is_day(start - 2):
            return start - 2
        return start if tokens[start].value < tokens[at].value else at

    # What is believed in the end.

    def _dated(self, first: int, last: int, precision: Precision, date: ItemDate | None) -> Found:
        """Return the found date, without it where the weekday beside it says otherwise."""
        day = date.as_date() if date else None
        if day is not None:
            named = self.weekdays_beside(first, last)
            date = None if any(day.weekday() not in days for days in named) else date
        return Found(first, last, precision, date)

    def _without_overlaps(self, candidates: list[Found]) -> list[Found]:
        taken: set[int] = set()
        chosen: list[Found] = []
        for one in sorted(candidates, key=lambda f: (-f.precision, f.first - f.last, f.first)):
            span = range(one.first, one.last)
            if taken.isdisjoint(span):
                taken.update(span)
                chosen.append(one)
        return sorted(chosen, key=lambda found: found.first)

    def _joined(self, dates: list[Found]) -> list[Found]:
        """Join "28 April - 2 May 2016" into one range."""
        joined: list[Found] = []
        for one in dates:
            if joined and self._is_from_to(joined[-1], one):
                before = joined.pop()
                one = replace(one, first=before.first, is_range=True, date=before.date or one.date)
            joined.append(one)
        return joined

    def _is_from_to(self, one: Found, other: Found) -> bool:
        between = range(one.last, other.first)
        joiners = [at for at in between if self.is_joiner(at)]
        if not joiners or len(between) > 4 or one.date == other.date:
            return False
        if not all(at in joiners or self.is_small(at) for at in between):
            return False
        days = [found.date.as_date() if found.date else None for found in (one, other)]
        return not (days[0] and days[1] and days[0] > days[1])

    def _stands_alone(self, found: Found) -> bool:
        """Refuse a day without year in running text, and parts of different lines."""
        tokens = self.tokens
        lines = {tokens[at].gap for at in range(found.first + 1, found.last)}
        starts_line = found.first == 0 or tokens[found.first].gap == 2
        ends_line = found.last == len(tokens) or tokens[found.last].gap == 2
        if 2 in lines and not (starts_line and ends_line):
            return False
        if found.precision is not Precision.YEARLESS or found.is_range:
            return True
        left = starts_line or self.is_edge(found.first - 1)
        right = ends_line or self.is_edge(found.last) or self.is_hours(found.last)
        return left and right
