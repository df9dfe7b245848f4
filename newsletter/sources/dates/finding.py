"""The dates people write, in thirty languages, strictly: a wrong date is worse than none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from newsletter.model.content import ItemDate
from newsletter.sources.dates import east_asian, forms, relative
from newsletter.sources.dates.east_asian import Span
from newsletter.sources.dates.machine import parse_machine_date
from newsletter.sources.dates.rules import DateRules
from newsletter.sources.dates.surroundings import Role, is_whole, role_of
from newsletter.sources.dates.tokens import Token, clean, has_digit, tokens

#: A text that is one date with its labels is never longer than this.
LONGEST_DATE_TEXT = 200


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A date in characters [start, end) of a text; of a range, a day of it."""

    start: int
    end: int
    date: ItemDate
    #: "17-23 April 2016": nobody's publication date.
    is_range: bool = False
    #: What the words before it say it is.
    role: Role = Role.PLAIN


def find_dates(
    text: str, *, language: str = "", fetched_at: datetime, day_first: bool | None = None
) -> list[DateMatch]:
    """Return every date written inside a text, in order."""
    plain = clean(text)
    rules = DateRules.of(language, fetched_at, day_first)
    return [
        DateMatch(
            plain.place(span.start),
            plain.place(span.end - 1) + 1,
            span.date,
            span.is_range,
            role_of(plain.text, span.start),
        )
        for span in _spans(plain.text, rules)
        if span.date is not None
    ]


def parse_date(
    text: str, *, language: str = "", fetched_at: datetime, day_first: bool | None = None
) -> ItemDate | None:
    """Return the date a whole text is, give or take labels and noise around it.

    "Posted on 20 May 2016" and "By Jane, May 20th, 2016" are dates; a range, a
    deadline, a "last updated" and two different dates are not.
    """
    if len(text) > 4 * LONGEST_DATE_TEXT:
        return None
    plain = clean(text.strip()).text
    if not plain or len(plain) > LONGEST_DATE_TEXT:
        return None
    if _ISO_MOMENT.fullmatch(plain):
        found = parse_machine_date(plain)
        return found if found and found.year and found.year <= fetched_at.year + 2 else None
    return _the_one(plain, _spans(plain, DateRules.of(language, fetched_at, day_first)))


_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dt[\d:.,]{4,20}(?:z|[+-][\d:]{2,5})?")


def _the_one(text: str, spans: list[Span]) -> ItemDate | None:
    """Return the one date that all spans agree on, or that is labelled as the publication."""
    if not spans or not is_whole(text, [(span.start, span.end) for span in spans]):
        return None
    roles = [role_of(text, span.start) for span in spans]
    told = [span for span, role in zip(spans, roles, strict=True) if role is Role.PUBLISHED]
    plain = [span for span, role in zip(spans, roles, strict=True) if role is Role.PLAIN]
    chosen = told if told and Role.UPDATED in roles else told + plain
    if not chosen or Role.OTHER in roles:
        return None
    dates = {span.date for span in chosen}
    is_certain = len(dates) == 1 and not any(span.is_range for span in spans)
    return dates.pop() if is_certain else None


def _spans(text: str, rules: DateRules) -> list[Span]:
    """Return the dates of a clean text; those not to be believed have no date."""
    if not has_digit(text) and not relative.may_be(text) and "月" not in text:
        return []
    parts = tokens(text, rules.language)
    written = forms.FormReader(parts, rules).find()
    return east_asian.without_overlaps(
        [
            *east_asian.find(text, rules),
            *(_as_span(found, parts) for found in written),
            *relative.find(text, parts, rules),
        ]
    )


def _as_span(found: forms.Found, parts: list[Token]) -> Span:
    return Span(parts[found.first].start, parts[found.last - 1].end, found.date, found.is_range)
