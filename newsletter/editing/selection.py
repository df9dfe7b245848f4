"""Which items an issue gets: those of the period, each once, and none that ran before."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from newsletter.editing.canonical import canonical_link, fragment, title_key
from newsletter.model.content import Item, ItemDate, ItemStatus, Period, Picture


class Standing(StrEnum):
    """How a date stands to a period."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    #: The date is missing or too vague to tell: a person decides.
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Ran:
    """What earlier issues told already."""

    links: frozenset[str] = frozenset()
    #: (title key, ISO day)
    titles: frozenset[tuple[str, str]] = frozenset()
    #: Undated items that an earlier issue offered and nobody took: link, else title key.
    offered: frozenset[str] = frozenset()

    def has(self, item: Item) -> bool:
        """Say whether an earlier issue had the item."""
        link = canonical_link(item.link)
        if link and link in self.links:
            return True
        return item.date is not None and (title_key(item.title), _iso(item.date)) in self.titles

    def has_offered(self, item: Item) -> bool:
        """Say whether an earlier issue offered the undated item already."""
        return offer_mark(item) in self.offered


def offer_mark(item: Item) -> str:
    """Return what an undated item is known by from one issue to the next."""
    return canonical_link(item.link) or title_key(item.title)


@dataclass(frozen=True, slots=True)
class Selected:
    """The items of a period and what became of the others."""

    #: Inside the period, or undated and offered (status UNDATED), in page order.
    items: tuple[Item, ...]
    outside: int = 0
    already_ran: int = 0
    #: Undated, and offered in an earlier issue already: once is enough.
    offered_before: int = 0
    #: How many items were one with another.
    merged: int = 0

    @property
    def undated(self) -> int:
        """Return how many are offered without a date that could be judged."""
        return sum(item.status is ItemStatus.UNDATED for item in self.items)


def select(items: Sequence[Item], period: Period, ran: Ran) -> Selected:
    """Return the items that fall in the period, duplicates merged, without what ran before.

    Vague and missing dates are offered as UNDATED, never silently in or out.
    """
    single = merge_duplicates(items, period)
    chosen: list[Item] = []
    outside = already_ran = offered = 0
    for item in single:
        standing = standing_of(item.date, period)
        if standing is Standing.OUTSIDE:
            outside += 1
        elif ran.has(item):
            already_ran += 1
        elif standing is Standing.OPEN and ran.has_offered(item):
            offered += 1
        else:
            status = ItemStatus.NEW if standing is Standing.INSIDE else ItemStatus.UNDATED
            chosen.append(replace(item, status=status))
    return Selected(tuple(chosen), outside, already_ran, offered, len(items) - len(single))


def standing_of(written: ItemDate | None, period: Period) -> Standing:
    """Return whether a date of any precision lies in the period.

    A known moment decides by itself. A day counts from its midnight to the next in the
    newsletter's time zone; a day that the period cuts in two is inside. A month or a
    year is inside only as a whole.
    """
    if written is None:
        return Standing.OPEN
    if written.instant is not None:
        return Standing.INSIDE if written.instant in period else Standing.OUTSIDE
    if written.year is None:
        return _yearless(written, period)
    first, last = _span(written)
    start, end = _moments(first, last, period)
    if end <= period.start or start >= period.end:
        return Standing.OUTSIDE
    is_whole = period.start <= start and end <= period.end
    return Standing.INSIDE if written.is_full or is_whole else Standing.OPEN


def _span(written: ItemDate) -> tuple[date, date]:
    """Return the first and the last day that a date with a year can mean."""
    year, month, day = written.year or 0, written.month, written.day
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _moments(first: date, last: date, period: Period) -> tuple[datetime, datetime]:
    zone = period.start.tzinfo
    start = datetime.combine(first, time(), zone)
    return start, datetime.combine(last + timedelta(days=1), time(), zone)


def _yearless(written: ItemDate, period: Period) -> Standing:
    """Return OPEN where some year puts the day inside, else OUTSIDE."""
    for year in range(period.start.year, period.end.year + 1):
        try:
            day = date(year, written.month or 1, written.day or 1)
        except ValueError:
            continue
        start, end = _moments(day, day, period)
        if end > period.start and start < period.end:
            return Standing.OPEN
    return Standing.OUTSIDE


def _iso(written: ItemDate) -> str:
    return written.isoformat() if written.is_full else ""


def day_keys(written: ItemDate | None, period: Period | None = None) -> tuple[str, ...]:
    """Return the ISO days an item may be known by: as written, and in the newsletter's zone."""
    if written is None or not written.is_full:
        return ()
    keys = [written.isoformat()]
    if written.instant is not None and period is not None:
        local = written.instant.astimezone(period.start.tzinfo).date().isoformat()
        keys += [] if local in keys else [local]
    return tuple(keys)


# Duplicates.


def merge_duplicates(items: Iterable[Item], period: Period | None = None) -> list[Item]:
    """Return each item once, at its first place, with the richest texts and all its sources."""
    groups: list[list[Item]] = []
    by_key: dict[tuple[str, ...], int] = {}
    for item in items:
        keys = _keys(item, period)
        found = next((by_key[key] for key in keys if key in by_key), None)
        if found is None or not _is_same(groups[found], item):
            found = len(groups)
            groups.append([])
        groups[found].append(item)
        for key in keys:
            by_key.setdefault(key, found)
    return [_merged(group) for group in groups]


def _keys(item: Item, period: Period | None) -> list[tuple[str, ...]]:
    link, title = canonical_link(item.link), title_key(item.title)
    keys: list[tuple[str, ...]] = [("link", link)] if link else []
    if title:
        keys += [("title", title, day) for day in day_keys(item.date, period)]
    return keys


def _is_same(group: Sequence[Item], item: Item) -> bool:
    """Tell anchors apart: one page that holds several items, each at its own #."""
    first = group[0]
    anchors = {fragment(first.link), fragment(item.link)}
    is_anchored = first.source == item.source and len(anchors) == 2 and "" not in anchors
    return not is_anchored or title_key(first.title) == title_key(item.title)


def _merged(group: Sequence[Item]) -> Item:
    if len(group) == 1:
        return group[0]
    sources = dict.fromkeys(one.source for one in group if one.source)
    return replace(
        group[0],
        link=_first(group, lambda one: one.link),
        date=max((one.date for one in group), key=_precision),
        summary=max((one.summary for one in group), key=len),
        content=max((one.content for one in group), key=len),
        picture=max((one.picture for one in group), key=_richness),
        language=_first(group, lambda one: one.language),
        section=_first(group, lambda one: one.section),
        guid=_first(group, lambda one: one.guid),
        source=", ".join(sources),
    )


def _first(group: Sequence[Item], part: Callable[[Item], str]) -> str:
    return next((part(one) for one in group if part(one)), "")


def _precision(written: ItemDate | None) -> int:
    if written is None:
        return 0
    known = sum(part is not None for part in (written.year, written.month, written.day))
    return 2 * known + (written.instant is not None)


def _richness(picture: Picture | None) -> int:
    return 0 if picture is None else 1 + bool(picture.alt) + (picture.width is not None)
