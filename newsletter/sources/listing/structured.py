"""The items a page declares to machines: JSON-LD, microdata, h-entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from newsletter.model.content import Item, ItemDate, Picture
from newsletter.sources.dates import parse_machine_date
from newsletter.sources.pages import Page, absolute, clean
from newsletter.sources.phrases import is_label, words_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NEWS_TYPES = words_in(
    """
    article newsarticle blogposting socialmediaposting report techarticle scholarlyarticle
    liveblogposting reportagenewsarticle analysisnewsarticle opinionnewsarticle
    reviewnewsarticle advertisercontentarticle event businessevent educationevent socialevent
    exhibitionevent literaryevent musicevent theaterevent screeningevent festival
    courseinstance pressrelease
    """
)
#: Bigger scripts and deeper nesting than this are no description of a list.
_MAX_SCRIPT = 500_000
_MAX_NODES = 5000
_MAX_SUMMARY = 600
_TAGS = re.compile(r"<[^>]{0,500}>")


def json_ld_items(page: Page) -> list[Item]:
    """Return the news that JSON-LD lists, in its order."""
    found = []
    for script in page.tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        for thing in _things(_loaded(script.text or "")):
            if item := _from_thing(thing, page.base_url):
                found.append(item)
    return _distinct(found)


def _loaded(text: str) -> Any:
    if len(text) > _MAX_SCRIPT:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _things(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-LD document that stand for news, in order."""
    stack, seen = [root], 0
    while stack and seen < _MAX_NODES:
        value = stack.pop()
        seen += 1
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            if _types(value) & _NEWS_TYPES or _is_bare_list_item(value):
                yield value
            else:
                stack.extend(reversed(list(value.values())))


def _types(thing: dict[str, Any]) -> set[str]:
    types = thing.get("@type")
    names = types if isinstance(types, list) else [types]
    return {str(name).rsplit("/", 1)[-1].lower() for name in names if name}


def _is_bare_list_item(thing: dict[str, Any]) -> bool:
    """Say whether it is a ListItem that itself has name and address (a summary page's form)."""
    is_item = "listitem" in _types(thing) and not isinstance(thing.get("item"), dict)
    return is_item and bool(thing.get("url") and thing.get("name")) and "item" not in thing


def _from_thing(thing: dict[str, Any], base_url: str) -> Item | None:
    title = _text(thing.get("headline") or thing.get("name"))
    link = absolute(_address(thing), base_url)
    if not title or not link or is_label(title):
        return None
    stamp = thing.get("datePublished") or thing.get("startDate") or thing.get("dateCreated")
    return Item(
        title=title[:300],
        link=link,
        date=_full(parse_machine_date(str(stamp))) if stamp else None,
        summary=_text(thing.get("description"))[:_MAX_SUMMARY],
        picture=_picture(thing.get("image") or thing.get("thumbnailUrl"), base_url),
    )


def _full(found: ItemDate | None) -> ItemDate | None:
    return found if found and found.year and 1990 <= found.year <= 2100 else None


def _address(thing: dict[str, Any]) -> str:
    for name in ("url", "mainEntityOfPage", "@id"):
        value = thing.get(name)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _text(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    return clean(_TAGS.sub(" ", _unescaped(value))) if isinstance(value, str) else ""


def _unescaped(text: str) -> str:
    from html import unescape

    return unescape(text)


def _picture(value: Any, base_url: str) -> Picture | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    url = absolute(value, base_url) if isinstance(value, str) else ""
    return Picture(url) if url else None


def microdata_items(page: Page) -> list[Item]:
    """Return the news that microdata marks, in page order."""
    found = []
    for node in page.tree.iterfind(".//*[@itemtype]"):
        name = (node.get("itemtype") or "").rstrip("/").rsplit("/", 1)[-1].lower()
        if name in _NEWS_TYPES and (item := _from_microdata(node, page.base_url)):
            found.append(item)
    return _distinct(found)


def _from_microdata(scope: HtmlElement, base_url: str) -> Item | None:
    values: dict[str, HtmlElement] = {}
    for node in _own_nodes(scope):
        for name in (node.get("itemprop") or "").split():
            values.setdefault(name.lower(), node)
    title_node = values.get("headline", values.get("name"))
    if title_node is None:
        return None
    title = clean(title_node.get("content") or title_node.text_content())
    link = _microdata_link(values, title_node, base_url)
    if not title or not link or is_label(title):
        return None
    stamp = values.get("datepublished", values.get("startdate", values.get("datecreated")))
    summary = values.get("description", values.get("abstract"))
    return Item(
        title=title[:300],
        link=link,
        date=_full(parse_machine_date(_value(stamp))) if stamp is not None else None,
        summary=clean(_value(summary))[:_MAX_SUMMARY] if summary is not None else "",
        picture=None,
    )


def _own_nodes(scope: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements of an item but not those of items inside it."""
    stack = list(reversed(scope))
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str):
            continue
        yield node
        if node.get("itemscope") is None:
            stack.extend(reversed(node))


def _value(node: HtmlElement) -> str:
    return node.get("content") or node.get("datetime") or str(node.text_content())


def _microdata_link(values: dict[str, HtmlElement], title: HtmlElement, base_url: str) -> str:
    nodes = [values[name] for name in ("url", "mainentityofpage") if name in values]
    nodes += [title, *title.iter("a"), *title.iterancestors("a")]
    for node in nodes:
        address = node.get("href") or node.get("itemid") or node.get("content") or ""
        if (node is not title or node.tag == "a") and (link := absolute(address, base_url)):
            return link
    return ""


def h_entry_items(page: Page) -> list[Item]:
    """Return the entries marked with microformats (h-entry, hentry), in page order."""
    found = []
    for node in page.tree.iterfind(".//*[@class]"):
        classes = set((node.get("class") or "").split())
        if classes & {"h-entry", "hentry"} and (entry := _from_entry(node, page.base_url)):
            found.append(entry)
    return _distinct(found)


def _from_entry(node: HtmlElement, base_url: str) -> Item | None:
    title = _classed(node, ("p-name", "entry-title"))
    if title is None:
        return None
    links = [_classed(node, ("u-url",)), *title.iter("a"), *title.iterancestors("a")]
    addresses = (absolute(link.get("href") or "", base_url) for link in links if link is not None)
    link = next((address for address in addresses if address), "")
    text = clean(title.text_content())
    if not text or not link or is_label(text):
        return None
    stamp = _classed(node, ("dt-published", "published"))
    summary = _classed(node, ("p-summary", "entry-summary"))
    return Item(
        title=text[:300],
        link=link,
        date=_full(parse_machine_date(stamp.get("datetime") or stamp.get("title") or ""))
        if stamp is not None
        else None,
        summary=clean(summary.text_content())[:_MAX_SUMMARY] if summary is not None else "",
    )


def _classed(node: HtmlElement, names: tuple[str, ...]) -> HtmlElement | None:
    for inner in node.iterfind(".//*[@class]"):
        if set((inner.get("class") or "").split()).intersection(names):
            return inner
    return None


def _distinct(items: list[Item]) -> list[Item]:
    best: dict[str, Item] = {}
    for item in items:
        best.setdefault(item.link.split("#")[0], item)
    return list(best.values())
