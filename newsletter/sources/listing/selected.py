"""The items of a page by the CSS selectors that a person gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from newsletter.errors import SettingsError
from newsletter.model.content import Item, ItemDate, Picture
from newsletter.model.sources import Selectors
from newsletter.sources.dates import parse_machine_date
from newsletter.sources.listing.item_dates import DateReader, date_of
from newsletter.sources.listing.item_pictures import picture_of
from newsletter.sources.listing.lines import lines_of
from newsletter.sources.listing.titles import summary_of, title_of
from newsletter.sources.pages import Page, absolute, clean

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MAX_ITEMS = 500


def selected_items(page: Page, selectors: Selectors, reader: DateReader) -> list[Item]:
    """Return the items that the selectors find; what they leave open is detected.

    Raises SettingsError for a selector that is no CSS.
    """
    nodes = _select(page.tree, selectors.item)[:_MAX_ITEMS]
    found = (_item(node, page, selectors, reader) for node in nodes)
    return [item for item in found if item is not None]


def _select(node: HtmlElement, selector: str) -> list[HtmlElement]:
    from lxml.cssselect import CSSSelector, SelectorError

    try:
        return cast("list[HtmlElement]", CSSSelector(selector)(node))
    except SelectorError as error:
        raise SettingsError(f"{selector!r} is not a CSS selector: {error}") from error


def _item(node: HtmlElement, page: Page, selectors: Selectors, reader: DateReader) -> Item | None:
    lines = lines_of((node,))
    chosen = _select(node, selectors.title)[:1] if selectors.title else []
    title = title_of(lines, chosen or [node], reader.is_date)
    text = clean(chosen[0].text_content()) if chosen else title.text if title else ""
    if not text or title is None:
        return None
    summaries = _select(node, selectors.summary)[:1] if selectors.summary else []
    return Item(
        title=text[:300],
        link=_link(node, chosen, page, selectors),
        date=_date(node, selectors, reader)
        if selectors.date
        else date_of(lines, title, (node,), reader),
        summary=clean(summaries[0].text_content())[:600]
        if summaries
        else summary_of(lines, title, reader.is_date),
        picture=_picture(node, page, selectors),
    )


def _link(node: HtmlElement, title: list[HtmlElement], page: Page, selectors: Selectors) -> str:
    chosen = _select(node, selectors.link) if selectors.link else []
    places = [*chosen, *title, node]
    for place in places:
        for anchor in (*place.iter("a"), *place.iterancestors("a")):
            if link := absolute(anchor.get("href") or "", page.base_url):
                return link
    return ""


def _date(node: HtmlElement, selectors: Selectors, reader: DateReader) -> ItemDate | None:
    for place in _select(node, selectors.date)[:1]:
        machine = parse_machine_date(place.get("datetime") or place.get("content") or "")
        return machine or reader.parse(clean(place.text_content()))
    return None


def _picture(node: HtmlElement, page: Page, selectors: Selectors) -> Picture | None:
    places = _select(node, selectors.picture)[:1] if selectors.picture else [node]
    return picture_of((places[0],), page.base_url) if places else None
