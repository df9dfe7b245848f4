"""Feeds so broken that only feedparser can read them."""

from __future__ import annotations

import html
from typing import Any

from newsletter.sources.entries import MAX_ITEMS, Feed, FeedEntry, FeedPicture, pixels

#: feedparser is quadratic on nesting; a feed has ten levels, an attack has thousands.
_MAX_DEPTH = 300


def forgiving_feed(text: str, base_url: str) -> Feed | None:
    """Return the feed that feedparser finds in a text; None where it finds none."""
    if _depth(text) > _MAX_DEPTH:
        return None
    import feedparser

    # Bytes only: a string would be opened as a file or an address.
    found = feedparser.parse(
        text.encode("utf-8", "replace"),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not found.get("version"):
        return None
    feed = Feed("atom" if found["version"].startswith("atom") else "rss")
    head = found.get("feed", {})
    feed.title, feed.link = _text(head, "title"), _text(head, "link")
    feed.language = _text(head, "language")
    feed.count = len(found.entries)
    feed.entries = [_entry(one, base_url or feed.link) for one in found.entries[:MAX_ITEMS]]
    return feed


def _depth(text: str) -> int:
    """Return roughly how deep elements are nested, in one pass."""
    depth = deepest = 0
    position = text.find("<")
    while position >= 0:
        following = text[position + 1 : position + 2]
        if following == "/":
            depth = max(0, depth - 1)
        elif following.isalpha():
            end = text.find(">", position)
            if end > 0 and text[end - 1] != "/":
                depth += 1
                deepest = max(deepest, depth)
        position = text.find("<", position + 1)
    return deepest


def _entry(found: Any, base: str) -> FeedEntry:
    entry = FeedEntry(
        title=_text(found, "title"),
        link=_text(found, "feedburner_origlink") or _text(found, "link"),
        base=base,
        guid=_text(found, "id"),
        is_permalink=bool(found.get("guidislink")),
        summary=_text(found, "summary"),
        language=_text(found, "dc_language"),
    )
    if contents := found.get("content"):
        entry.content = _text(contents[0], "value")
        if entry.summary == entry.content:
            entry.summary = ""
    dates = (_text(found, key) for key in ("published", "created", "updated"))
    entry.dates = [day for day in dates if day]
    for one in [*found.get("media_content", []), *found.get("media_thumbnail", [])]:
        if one.get("medium", "image") == "image" and one.get("type", "image/").startswith("image/"):
            size = pixels(str(one.get("width", ""))), pixels(str(one.get("height", "")))
            entry.pictures.append(FeedPicture(html.unescape(one.get("url", "")), "", *size))
    for one in found.get("enclosures", []):
        if one.get("type", "").startswith("image/"):
            entry.pictures.append(FeedPicture(one.get("href", "")))
    return entry


def _text(values: Any, key: str) -> str:
    # Its own `get` answers for keys that are not there, with a warning.
    value = dict(values).get(key)
    return value if isinstance(value, str) else ""
