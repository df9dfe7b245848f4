"""JSON Feed, versions 1 and 1.1, to a feed."""

from __future__ import annotations

import html
import json
from typing import Any

from newsletter.sources.entries import MAX_ITEMS, Feed, FeedEntry, FeedPicture

#: https://www.jsonfeed.org/version/1.1/ : the only sign of a JSON Feed.
_SIGN = b"jsonfeed.org/version/"


def is_json_feed(body: bytes) -> bool:
    """Say whether these bytes look like a JSON Feed."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return False
    return _SIGN in body[:4000].replace(b"\\/", b"/") or _SIGN in body.replace(b"\\/", b"/")


def json_feed(body: bytes, base_url: str) -> Feed | None:
    """Return the feed in these bytes; None where they are not the JSON they look like."""
    try:
        # One level of nesting costs Python one frame: RecursionError is malformed input too.
        written = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(written, dict) or not isinstance(written.get("items"), list):
        return None
    feed = Feed(
        "jsonfeed",
        title=_text(written, "title"),
        link=_text(written, "home_page_url"),
        language=_text(written, "language"),
    )
    base = base_url or _text(written, "feed_url") or feed.link
    items = [item for item in written["items"] if isinstance(item, dict)]
    feed.count = len(items)
    feed.title = html.escape(feed.title)
    feed.entries = [_entry(item, base) for item in items[:MAX_ITEMS]]
    return feed


def _entry(item: dict[str, Any], base: str) -> FeedEntry:
    guid = _text(item, "id")
    content = _text(item, "content_html")
    plain = _text(item, "content_text")
    if not content and plain:
        content = "".join(f"<p>{html.escape(part)}</p>" for part in plain.split("\n\n"))
    entry = FeedEntry(
        title=_text(item, "title"),
        is_plain_title=True,
        link=_text(item, "url"),
        base=base,
        guid=guid,
        is_permalink=True,
        summary=html.escape(_text(item, "summary")),
        content=content,
        language=_text(item, "language"),
    )
    entry.link = entry.link or _text(item, "external_url")
    entry.dates = [day for key in ("date_published", "date_modified") if (day := _text(item, key))]
    entry.pictures = [
        FeedPicture(url) for key in ("image", "banner_image") if (url := _text(item, key))
    ] + [FeedPicture(*one) for one in _attached(item)]
    return entry


def _attached(item: dict[str, Any]) -> list[tuple[str, str]]:
    attached = item.get("attachments")
    return [
        (_text(one, "url"), _text(one, "title"))
        for one in (attached if isinstance(attached, list) else [])
        if isinstance(one, dict) and _text(one, "mime_type").startswith("image/")
    ]


def _text(values: dict[str, Any], key: str) -> str:
    """Return a text; numbers count as text, because ids often are numbers."""
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
