"""RSS, RDF, Atom and JSON Feed: any feed's bytes to a reading."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.errors import SourceNotUnderstoodError
from newsletter.model.content import Reading
from newsletter.sources.charsets import decode
from newsletter.sources.cleaning import clean_title, plain_text
from newsletter.sources.entries import MAX_ITEMS, Feed, item_of, language_tag
from newsletter.sources.feed_elements import feed_of_tree
from newsletter.sources.feed_xml import feed_tree, is_xml_feed
from newsletter.sources.jsonfeed import is_json_feed, json_feed
from newsletter.sources.languages import language_of

if TYPE_CHECKING:
    from newsletter.model.content import Item
    from newsletter.model.sources import Source

#: A feed larger than this is not read by the forgiving parser: it needs 25 s for 10 MB.
_FORGIVING_BYTES = 2_000_000
#: Entries whose words tell the language of all.
_SAMPLE = 30
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.I)


def is_feed(body: bytes, content_type: str = "") -> bool:
    """Say whether these bytes are a feed of any kind, by their beginning."""
    return is_json_feed(body) or is_xml_feed(decode(body[:10_000], content_type))


def read_feed(
    body: bytes, source: Source, *, content_type: str = "", base_url: str, fetched_at: datetime
) -> Reading:
    """Return the items of a feed in its own order.

    A well-formed feed takes the fast way; one that is broken is mended, and what still
    cannot be read so goes to feedparser. Raises SourceNotUnderstoodError for bytes that
    are no feed.
    """
    if is_json_feed(body):
        feed = json_feed(body, base_url)
    elif is_xml_feed(decode(body[:10_000], content_type)):
        feed = _xml_feed(body, content_type, base_url)
    else:
        feed = None
    if feed is None:
        raise SourceNotUnderstoodError(source.name, what_it_is(body, content_type))
    return _reading(feed, source, fetched_at)


def what_it_is(body: bytes, content_type: str = "") -> str:
    """Return what bytes that are no feed are, in words for staff."""
    head = decode(body[:10_000], content_type).strip().lower()
    if not head:
        return "the answer is empty, not a feed"
    if head.startswith("<") and ("<html" in head or "<!doctype html" in head or "<body" in head):
        return "it is a web page, not a feed"
    if head.startswith(("{", "[")):
        return "it is JSON, but not a JSON Feed"
    if head.startswith("<"):
        return "it is XML, but neither RSS nor Atom"
    return "it is not a feed: neither RSS nor Atom nor JSON Feed"


def _xml_feed(body: bytes, content_type: str, base_url: str) -> Feed | None:
    text, tree, is_well_formed = feed_tree(body, content_type)
    feed = feed_of_tree(tree, base_url, "xml:base" in text) if tree is not None else None
    if is_well_formed:
        return feed
    found = feed.count if feed else 0
    if found < len(_ENTRY.findall(text)) and len(body) <= _FORGIVING_BYTES:
        from newsletter.sources.forgiving import forgiving_feed

        other = forgiving_feed(text, base_url)
        if other is not None and other.count > found:
            return other
    return feed


def _reading(feed: Feed, source: Source, fetched_at: datetime) -> Reading:
    feed.language = language_of(_sample(feed), language_tag(feed.language))
    items: list[Item] = []
    seen: set[tuple[str, str]] = set()
    nameless = 0
    for entry in feed.entries:
        item = item_of(entry, feed, source, fetched_at=fetched_at)
        if item is None:
            nameless += 1
        elif (key := (item.link or item.guid, item.title)) not in seen:
            seen.add(key)
            items.append(item)
    return Reading(
        source=source.name,
        rule=feed.rule,
        items=tuple(items),
        notes=_notes(feed, nameless),
        title=clean_title(feed.title),
        language=feed.language,
    )


def _sample(feed: Feed) -> str:
    """Return enough of a feed's words to tell its language, whatever its system claims."""
    first = feed.entries[:_SAMPLE]
    return " ".join(f"{entry.title} {plain_text(entry.summary[:2_000])}" for entry in first)


def _notes(feed: Feed, nameless: int) -> tuple[str, ...]:
    notes: list[str] = []
    if not feed.count:
        notes.append("the feed has no items")
    if feed.count > MAX_ITEMS:
        notes.append(f"the feed has {feed.count} items; only the first {MAX_ITEMS} were read")
    if nameless:
        notes.append(f"left out {nameless} without title and text")
    return tuple(notes)
