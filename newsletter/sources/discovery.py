"""`auto`: what an answer is, and whether a page or the feed it announces is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.errors import SourceNotUnderstoodError, SourceUnreachableError
from newsletter.model.content import Reading
from newsletter.sources.charsets import decode
from newsletter.sources.feeds import is_feed, read_feed
from newsletter.sources.fetching import FEEDS, PAGE_BYTES

if TYPE_CHECKING:
    from newsletter.model.content import Item
    from newsletter.model.sources import Source
    from newsletter.sources.fetching import Fetched, Fetches
    from newsletter.sources.pages import FeedLink

#: A page announces its own feed, its comments and perhaps a site's; more is a catalogue.
_MOST_FEEDS = 4
#: Feeds and pages date the same item in different time zones.
_SAME_DAY = timedelta(days=1)
#: A section's page and its feed share most links; a page and a foreign feed hardly any.
_ENOUGH_SHARED = 0.3
_COMMENTS = re.compile(
    r"comment|commentaire|comentario|comentário|kommentar|комментари|تعليق|评论|/replies", re.I
)
_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|div|p|a|ul|table|article|section|h[1-6]|meta)\b", re.I
)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An announced feed that opened and has items."""

    url: str
    reading: Reading


def read_any(fetched: Fetched, source: Source, fetcher: Fetches | None) -> Reading:
    """Return what an answer holds, whatever it is.

    A feed is read as one. Of a page, the feed that it announces is preferred if it opens,
    has items, is not older than the page and not of another section; `fetcher=None` means
    offline, and the page is read.
    """
    body, content_type = fetched.body, fetched.content_type
    if is_feed(body, content_type):
        return read_feed(
            body,
            source,
            content_type=content_type,
            base_url=fetched.url,
            fetched_at=fetched.fetched_at,
        )
    _refuse_other_kinds(fetched, source)
    if "markdown" in content_type:
        return read_one_markdown(fetched, source)
    if _is_plain(body, content_type):
        return read_plain(fetched, source)
    return _page_or_its_feed(fetched, source, fetcher)


def read_page(fetched: Fetched, source: Source) -> Reading:
    """Return what a listing page shows."""
    from newsletter.sources.listing import read_listing
    from newsletter.sources.pages import parse_page

    _refuse_large(fetched, source)
    page = parse_page(fetched.body, content_type=fetched.content_type, base_url=fetched.url)
    return read_listing(page, source, fetched_at=fetched.fetched_at)


def read_plain(fetched: Fetched, source: Source) -> Reading:
    """Return what a page saved as text says."""
    from newsletter.sources.textpage import read_text

    return read_text(
        fetched.body,
        source,
        content_type=fetched.content_type,
        base_url=fetched.url,
        fetched_at=fetched.fetched_at,
    )


def read_one_markdown(fetched: Fetched, source: Source) -> Reading:
    """Return the one item of a Markdown file, or the list that a file without front matter is."""
    from newsletter.sources.markdown import read_markdown

    text = decode(fetched.body, fetched.content_type).lstrip()
    if not text.startswith(("---", "+++")):
        return read_plain(fetched, source)
    try:
        item = read_markdown(fetched.body, source, name=source.name, fetched_at=fetched.fetched_at)
    except ValueError as error:
        reason = " ".join(str(error).split())[:300]
        raise SourceNotUnderstoodError(source.name, reason) from error
    notes = () if item else ("the file is a draft",)
    return Reading(source.name, "markdown", (item,) if item else (), notes)


def _refuse_other_kinds(fetched: Fetched, source: Source) -> None:
    body, kind = fetched.body, fetched.content_type.partition(";")[0].strip().lower()
    if not body.strip():
        raise SourceNotUnderstoodError(source.name, "the answer is empty")
    if body.startswith(b"%PDF") or kind == "application/pdf":
        raise SourceNotUnderstoodError(
            source.name,
            "it is a PDF",
            hint="Give the address of the web page that lists the news, not of one document.",
        )
    is_media = kind.startswith(("image/", "audio/", "video/", "font/"))
    if is_media or (b"\x00" in body[:200] and _is_binary(body)):
        raise SourceNotUnderstoodError(source.name, f"it is not text ({kind or 'binary data'})")
    if body.lstrip()[:1] in {b"{", b"["} and "html" not in kind:
        raise SourceNotUnderstoodError(source.name, "it is JSON, but not a JSON Feed")


def _is_binary(body: bytes) -> bool:
    """Say whether bytes are neither text nor UTF-16."""
    text = decode(body[:2_000])
    strange = sum(1 for one in text if one == "\ufffd" or (one < " " and one not in "\t\r\n\f"))
    return strange * 10 > len(text)


def _is_plain(body: bytes, content_type: str) -> bool:
    head = decode(body[:50_000], content_type)
    if "html" in content_type:
        return False
    return _MARKUP.search(head) is None


def _refuse_large(fetched: Fetched, source: Source) -> None:
    if len(fetched.body) > PAGE_BYTES:
        raise SourceUnreachableError(
            source.name,
            "the page is larger than 2 MB",
            hint="Give the address of the page that only lists the news.",
        )


def _page_or_its_feed(fetched: Fetched, source: Source, fetcher: Fetches | None) -> Reading:
    from newsletter.sources.listing import read_listing
    from newsletter.sources.pages import parse_page

    _refuse_large(fetched, source)
    page = parse_page(fetched.body, content_type=fetched.content_type, base_url=fetched.url)
    has_selectors = bool(source.selectors.item or source.selectors.title)
    opened: list[_Opened] = []
    failures: list[str] = []
    if fetcher is not None and not has_selectors:
        for link in _candidates(page.feeds, fetched.url):
            _open(link, source, fetcher, opened, failures)
    try:
        shown: Reading | None = read_listing(page, source, fetched_at=fetched.fetched_at)
    except SourceNotUnderstoodError:
        if not opened:
            raise
        shown = None
    chosen, notes = _choose(opened, shown, fetched)
    return replace(chosen, notes=(*chosen.notes, *notes, *failures))


def _candidates(feeds: tuple[FeedLink, ...], page_url: str) -> list[FeedLink]:
    """Return the announced feeds worth opening, the nearest to the page first."""
    news = [
        feed for feed in feeds if not _COMMENTS.search(f"{feed.title} {urlsplit(feed.url).path}")
    ]
    path = urlsplit(page_url).path.rstrip("/")

    def distance(feed: FeedLink) -> int:
        return 0 if path and urlsplit(feed.url).path.startswith(path) else 1

    return sorted(news, key=distance)[:_MOST_FEEDS]


def _open(
    link: FeedLink, source: Source, fetcher: Fetches, opened: list[_Opened], failures: list[str]
) -> None:
    try:
        answer = fetcher.fetch(link.url, typed_by_staff=False, accept=FEEDS)
        reading = read_feed(
            answer.body,
            source,
            content_type=answer.content_type,
            base_url=answer.url,
            fetched_at=answer.fetched_at,
        )
    except SourceUnreachableError as error:
        failures.append(f"the page announces the feed {link.url!r}, but {error.reason}")
        return
    if reading.items and not _COMMENTS.search(reading.title):
        opened.append(_Opened(link.url, reading))


def _choose(
    opened: list[_Opened], shown: Reading | None, fetched: Fetched
) -> tuple[Reading, list[str]]:
    """Return the page's reading or that of one of its feeds, and why."""
    if shown is None or not shown.items:
        if opened:
            return opened[0].reading, [_took(opened[0])]
        assert shown is not None  # noqa: S101 - the caller raised otherwise
        return shown, []
    notes: list[str] = []
    for feed in sorted(opened, key=lambda one: -share(one.reading.items, shown.items)):
        if reason := _objection(feed.reading, shown, fetched):
            notes.append(f"the feed {feed.url!r} was not used: {reason}")
            continue
        return feed.reading, [_took(feed)]
    return shown, notes


def _took(feed: _Opened) -> str:
    return f"read from the feed that the page announces, {feed.url!r}"


def _objection(feed: Reading, page: Reading, fetched: Fetched) -> str:
    """Return why the page is better than the feed; empty where the feed is better."""
    today = fetched.fetched_at.date()
    newest_there, newest_here = newest(page.items, today), newest(feed.items, today)
    if newest_there and newest_here and newest_there - newest_here > _SAME_DAY:
        return f"its newest item is of {newest_here}, the page has one of {newest_there}"
    common = share(feed.items, page.items)
    is_front_page = urlsplit(fetched.url).path.strip("/") in {"", "index.html", "index.php", "home"}
    if common < _ENOUGH_SHARED and not (is_front_page and common > 0):
        return "it is of another section, with few of the items on the page"
    return ""


def newest(items: tuple[Item, ...], today: date) -> date | None:
    """Return the latest full date among items; coming events do not make a page newer."""
    days = [day for item in items if item.date and (day := item.date.as_date())]
    return max((day for day in days if day <= today + _SAME_DAY), default=None)


def share(one: tuple[Item, ...], other: tuple[Item, ...]) -> float:
    """Return which part of the shorter list stands in the other, by link or by title."""
    links = {_key(item.link) for item in one if item.link}
    titles = {item.title.casefold() for item in one}
    found = sum(1 for item in other if _key(item.link) in links or item.title.casefold() in titles)
    return found / (min(len(one), len(other)) or 1)


def _key(link: str) -> str:
    """Return what two spellings of the same address share."""
    parts = urlsplit(link.lower())
    query = "&".join(
        part for part in parts.query.split("&") if part and not part.startswith(("utm_", "wt_mc="))
    )
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{query}"
