"""What a listing left out, from the article's own page: summary, picture, date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsletter.errors import SourceUnreachableError
from newsletter.model.content import Item, ItemDate, ItemStatus, Picture
from newsletter.sources.cleaning import clean_text
from newsletter.sources.dates import parse_machine_date
from newsletter.sources.entries import LONG_SUMMARY, SHORT_SUMMARY, pixels, shorten
from newsletter.sources.pages import Page, absolute, parse_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from newsletter.sources.fetching import Fetches

#: The head and the beginning of an article say all we ask for.
ARTICLE_BYTES = 1_000_000
#: A teaser has a sentence or two; captions and bylines are shorter.
_MIN_PARAGRAPH = 80
_MIN_PARAGRAPH_DENSE = 30
_ARTICLE_NAMES = (
    "article newsarticle blogposting reportagenewsarticle pressrelease event report "
    "scholarlyarticle technicalarticle liveblogposting analysisnewsarticle webpage"
)
_ARTICLE_TYPES = frozenset(_ARTICLE_NAMES.split())
_BOILERPLATE = (
    "ancestor::nav or ancestor::footer or ancestor::aside or ancestor::header or ancestor::form "
    "or ancestor::figure "
    "or ancestor::*[@role='navigation' or @role='dialog' or @role='banner'] "
    "or ancestor::*[contains(@class,'cookie') or contains(@id,'cookie') "
    "or contains(@class,'consent') "
    "or contains(@class,'comment') or contains(@class,'sidebar') or contains(@class,'related')]"
)


#: Sites give pages without a picture of their own the logo, or a picture for all of them.
_SHARED_PICTURE = re.compile(r"logo|favicon|placeholder|default|no-?image|blank\.", re.I)
_DATE_METAS = (
    "datepublished dc.date.issued dcterms.issued dc.date dcterms.date citation_publication_date "
    "parsely-pub-date pubdate publish-date publication_date sailthru.date date"
)
_DATE_PATHS = (
    "//time[@pubdate or @itemprop='datePublished' or contains(@class,'published')]/@datetime"
    " | //*[@itemprop='datePublished']/@datetime | //*[@itemprop='datePublished']/@content"
)


@dataclass(frozen=True, slots=True)
class Enriched:
    """An item with what its page added, and a sentence if that failed."""

    item: Item
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    summary: str = ""
    picture: Picture | None = None
    date: ItemDate | None = None


def is_complete(item: Item) -> bool:
    """Say whether an article page could add nothing, or there is none."""
    has_date = item.date is not None and item.date.is_full
    return not item.link or bool(item.summary and item.picture and has_date)


def enrich(item: Item, fetcher: Fetches, *, now: datetime) -> Enriched:
    """Return the item with summary, picture and date filled in from its page.

    What the listing gave is never overwritten. A page that cannot be had, or that its
    site asks robots to leave alone, leaves the item as it is, with a note.
    """
    if is_complete(item):
        return Enriched(item)
    if not fetcher.may_read(item.link):
        return Enriched(
            item, f"{item.link}: the site does not answer, or asks programs not to read it"
        )
    try:
        answer = fetcher.fetch(
            item.link,
            typed_by_staff=False,
            accept="text/html, application/xhtml+xml, */*;q=0.1",
            max_bytes=ARTICLE_BYTES,
            whole=False,
        )
    except SourceUnreachableError as error:
        return Enriched(item, f"{item.link}: {error.reason}")
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind and "html" not in kind and "xml" not in kind:
        return Enriched(item)
    page = parse_page(answer.body, content_type=answer.content_type, base_url=answer.url)
    return Enriched(_filled(item, find(page, title=item.title), now))


def find(page: Page, *, title: str = "") -> _Found:
    """Return what an article's page says of itself; empty where it says nothing."""
    metas = _metas(page.tree)
    article = next(_articles(page.tree), {})
    summary = _first_text(
        metas.get("og:description", ""),
        metas.get("twitter:description", ""),
        _text(article.get("description")),
        metas.get("description", ""),
        different_from=title,
    ) or _first_paragraph(page.tree)
    return _Found(
        _bounded(summary), _picture(metas, article, page), _date(metas, article, page.tree)
    )


def _filled(item: Item, found: _Found, now: datetime) -> Item:
    is_dated = item.date is not None and item.date.is_full
    day = item.date if is_dated else _agreeing(item.date, found.date, now)
    return replace(
        item,
        summary=item.summary or (found.summary if found.summary != item.title else ""),
        picture=item.picture or found.picture,
        date=day,
        status=ItemStatus.NEW
        if item.status is ItemStatus.UNDATED and day is not None and day.is_full
        else item.status,
    )


def _agreeing(written: ItemDate | None, found: ItemDate | None, now: datetime) -> ItemDate | None:
    """Return the page's date where it does not contradict what the listing wrote."""
    if found is None or not found.is_full or (found.year or 0) > now.year + 1:
        return written
    if written is None:
        return found
    pairs = ((written.year, found.year), (written.month, found.month), (written.day, found.day))
    return found if all(one is None or one == other for one, other in pairs) else written


def _metas(tree: HtmlElement) -> dict[str, str]:
    """Return the page's meta values by name; the first of a name counts."""
    metas: dict[str, str] = {}
    for meta in tree.iterfind(".//meta"):
        name = (
            (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        )
        content = (meta.get("content") or "").strip()
        if name and content:
            metas.setdefault(name, content[:5_000])
    return metas


def _articles(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the article objects of the page's JSON-LD, the most telling first."""
    found: list[dict[str, Any]] = []
    for script in tree.xpath("//script[contains(@type,'ld+json')]")[:20]:
        try:
            _collect(json.loads(script.text_content()[:500_000], strict=False), found, 0)
        except (ValueError, RecursionError):
            continue
    found.sort(key=lambda one: "webpage" in _types(one))
    yield from found


def _collect(value: Any, found: list[dict[str, Any]], depth: int) -> None:
    if depth > 6 or len(found) > 50:
        return
    if isinstance(value, list):
        for one in value[:100]:
            _collect(one, found, depth + 1)
    elif isinstance(value, dict):
        if _types(value) & _ARTICLE_TYPES:
            found.append(value)
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            _collect(value.get(key), found, depth + 1)


def _types(value: dict[str, Any]) -> set[str]:
    kinds = value.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return {str(kind).rpartition("/")[2].lower() for kind in listed if kind}


def _text(value: Any) -> str:
    return value[:5_000] if isinstance(value, str) else ""


def _first_text(*texts: str, different_from: str) -> str:
    for text in texts:
        plain = clean_text(text)
        if plain and plain.casefold() != different_from.casefold():
            return plain
    return ""


def _bounded(text: str) -> str:
    return text if len(text) <= LONG_SUMMARY else shorten(text, SHORT_SUMMARY)


def _first_paragraph(tree: HtmlElement) -> str:
    """Return the first paragraph that is running text, looking into the article first."""
    for place in ("//article", "//main", "//*[@role='main']", "//body"):
        for holder in tree.xpath(place)[:1]:
            for paragraph in holder.xpath(f".//p[not({_BOILERPLATE})]")[:60]:
                text = " ".join(paragraph.text_content().split())
                links = sum(len(one.text_content()) for one in paragraph.iterfind(".//a"))
                if _is_running(text) and links * 2 < len(text):
                    return text
    return ""


def _is_running(text: str) -> bool:
    dense = sum(1 for one in text if "\u3040" <= one <= "\u9fff" or "\uac00" <= one <= "\ud7af")
    return len(text) >= (_MIN_PARAGRAPH_DENSE if dense * 2 > len(text) else _MIN_PARAGRAPH)


def _picture(metas: dict[str, str], article: dict[str, Any], page: Page) -> Picture | None:
    url = (
        metas.get("og:image:secure_url") or metas.get("og:image") or metas.get("og:image:url") or ""
    )
    if url and (address := _address(url, page)):
        size = pixels(metas.get("og:image:width", "")), pixels(metas.get("og:image:height", ""))
        return Picture(address, clean_text(metas.get("og:image:alt", ""))[:500], *size)
    url = (
        metas.get("twitter:image")
        or metas.get("twitter:image:src")
        or _picture_url(article.get("image"))
    )
    if url and (address := _address(url, page)):
        return Picture(address, clean_text(metas.get("twitter:image:alt", ""))[:500])
    return None


def _address(url: str, page: Page) -> str:
    """Return a picture's address; empty for the one that all pages of a site share."""
    return "" if _SHARED_PICTURE.search(url) else absolute(url, page.base_url)


def _picture_url(value: Any) -> str:
    while isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return _text(value)


def _date(metas: dict[str, str], article: dict[str, Any], tree: HtmlElement) -> ItemDate | None:
    written = [
        metas.get("article:published_time", ""),
        metas.get("og:article:published_time", ""),
        _text(article.get("datePublished")),
        *(metas.get(name, "") for name in _DATE_METAS.split()),
        *(str(one) for one in tree.xpath(_DATE_PATHS)[:3]),
    ]
    days = (parse_machine_date(text.strip()) for text in written if text)
    return next((day for day in days if day is not None and day.is_full), None)
