"""The items of a "latest news" page: selectors, structured data, or repeated blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from newsletter.model.content import Item, ItemStatus, Reading
from newsletter.model.sources import Source
from newsletter.sources.listing.blocks import block_items
from newsletter.sources.listing.item_dates import DateReader
from newsletter.sources.listing.item_pictures import without_ornaments
from newsletter.sources.listing.selected import selected_items
from newsletter.sources.listing.structured import h_entry_items, json_ld_items, microdata_items
from newsletter.sources.pages import Page, absolute

_STRUCTURED: tuple[tuple[str, Callable[[Page], list[Item]]], ...] = (
    ("json-ld", json_ld_items),
    ("microdata", microdata_items),
    ("h-entry", h_entry_items),
)
#: One or two declared items are the page describing itself or its header.
_FEWEST_DECLARED = 3


def read_listing(page: Page, source: Source, *, fetched_at: datetime) -> Reading:
    """Return the news of a listing page, in page order, and the rule that found them.

    Never the menu: where nothing is convincing there are no items, and a note says so.
    """
    language = source.language or page.language
    reader = DateReader(language, fetched_at, source.day_first)
    if source.selectors.item:
        rule, found = "selectors", selected_items(page, source.selectors, reader)
    else:
        rule, found = _detect(page, reader)
    items = tuple(_finished(item, source, language) for item in without_ornaments(found))
    return Reading(
        source=source.name,
        rule=rule,
        items=items,
        notes=tuple(_notes(items, rule)),
        title=page.title,
        language=language,
    )


def _detect(page: Page, reader: DateReader) -> tuple[str, list[Item]]:
    """Return the winning rule and its items.

    What a page declares is believed as far as a reader can see it; where the page shows more
    than it declares, what it shows is the list, and the declarations only complete it.
    """
    shown = block_items(page, reader)
    links = {_key(item) for item in shown}
    anchors = {
        absolute(link, page.base_url).split("#")[0] for link in page.tree.xpath("//body//a/@href")
    }
    declared_dates: dict[str, Item] = {}
    for rule, find in _STRUCTURED:
        declared = [item for item in find(page) if _key(item) in anchors]
        keys = {_key(item) for item in declared}
        declared_dates = {_key(item): item for item in declared} | declared_dates
        if len(keys) < _FEWEST_DECLARED:
            continue
        if not shown:
            return rule, declared
        if len(links & keys) >= 0.9 * len(links):
            return rule, [_completed(item, declared_dates) for item in shown]
    return "blocks", [_completed(item, declared_dates) for item in shown]


def _key(item: Item) -> str:
    return item.link.split("#")[0]


def _completed(item: Item, declared: dict[str, Item]) -> Item:
    """Return the shown item with what only its declaration says."""
    other = declared.get(_key(item)) if item.link else None
    if other is None:
        return item
    date = item.date if item.date and item.date.is_full else other.date or item.date
    summary = item.summary or ("" if other.summary == item.title else other.summary)
    return replace(item, date=date, summary=summary, picture=item.picture or other.picture)


def _finished(item: Item, source: Source, language: str) -> Item:
    is_dated = item.date is not None and item.date.is_full
    return replace(
        item,
        language=language,
        source=source.name,
        section=source.section,
        status=ItemStatus.NEW if is_dated else ItemStatus.UNDATED,
    )


def _notes(items: tuple[Item, ...], rule: str) -> list[str]:
    """Return what is missing, as sentences for staff."""
    if not items:
        return [
            "The selectors match nothing on this page."
            if rule == "selectors"
            else "Nothing on this page reads like a list of news; "
            "name its feed, or give CSS selectors for its items."
        ]
    counts = (
        (sum(1 for item in items if item.date is None), "a date"),
        (sum(1 for item in items if item.date and not item.date.is_full), "a full date"),
        (sum(1 for item in items if not item.link), "a link"),
        (sum(1 for item in items if not item.summary), "a summary"),
        (sum(1 for item in items if item.picture is None), "a picture"),
    )
    return [f"{count} of {len(items)} items without {what}." for count, what in counts if count]
