"""A web page read once: its tree, language, title, address and announced feeds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from newsletter.sources.charsets import decode
from newsletter.sources.languages import language_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["FeedLink", "Page", "absolute", "clean", "decode", "parse_page"]

#: A listing page is 50 to 500 KB; what comes after 2 MB is not read.
MAX_BYTES = 2_000_000
#: Real pages have up to 20,000 elements; a page of 200,000 is an attack or a mistake.
MAX_ELEMENTS = 60_000
_MAX_TITLE = 500
_SPACES = re.compile(r"\s+")
#: Controls, soft hyphens, zero-width characters, and what overrides the reading direction
#: (bidi embeddings, overrides, isolates). ZWNJ and ZWJ stay: Persian and Hindi need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffd\ue000-\uf8ff\ud800-\udfff]"
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.I)
_FEED_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rss",
    "application/feed+json": "jsonfeed",
}
_XML_TYPES = frozenset(
    ("text/xml", "application/xml", "text/rss", "text/rss+xml", "application/x.atom+xml")
)
_FEED_WORDS = re.compile(r"rss|atom|feed|rdf", re.I)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page announces."""

    url: str
    title: str
    #: rss, atom or jsonfeed, as the page says; the feed itself may differ.
    type: str


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page; links in it are relative to `base_url`."""

    tree: HtmlElement
    #: Where it was fetched.
    url: str
    #: What its links are relative to: <base href>, else its own address.
    base_url: str
    language: str
    title: str
    canonical: str
    feeds: tuple[FeedLink, ...]
    #: The page calls itself one article; systems also say so of lists, so it is but a hint.
    is_article: bool = False


def parse_page(body: bytes, *, content_type: str = "", base_url: str) -> Page:
    """Return the page in these bytes; never fails, and bounded in time and memory."""
    tree = _tree(decode(body[:MAX_BYTES], content_type))
    base = _base(tree, base_url)
    return Page(
        tree=tree,
        url=base_url,
        base_url=base,
        language=language_of(_sample(tree), _declared_language(tree)),
        title=_title(tree),
        canonical=absolute(_first(tree, "//link[@rel='canonical']/@href"), base),
        feeds=_feeds(tree, base),
        is_article=_first(tree, "//meta[@property='og:type']/@content").lower() == "article",
    )


def clean(text: str) -> str:
    """Return the text on one line, without control and direction-overriding characters."""
    return _SPACES.sub(" ", _UNWANTED.sub("", text)).strip()


def absolute(link: str, base_url: str) -> str:
    """Return the http(s) address a link leads to; empty for any other kind of link."""
    link = _UNWANTED.sub("", link).strip()
    if not link or link.startswith("#") or len(link) > 2000:
        return ""
    link = re.sub(r"[\r\n\t]", "", link)
    try:
        joined = urljoin(base_url, link)
        parts = urlsplit(joined)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # "http://[" and the like
        return ""
    return joined.replace(" ", "%20") if is_web else ""


def _tree(text: str) -> HtmlElement:
    from lxml import etree, html

    # NULs end libxml2's input; it refuses a declaration in text that is already decoded.
    text = _XML_DECLARATION.sub("", text.replace("\x00", " "), count=1)
    body = text.encode("utf-8", errors="replace")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(body, parser=parser, ensure_head_body=True)
    except etree.ParserError:  # nothing but comments or spaces
        tree = html.document_fromstring(b"<html></html>", ensure_head_body=True)
    _cut(tree)
    return tree


def _cut(tree: HtmlElement) -> None:
    """Drop what lies beyond the element limit, in document order."""
    element = next(islice(tree.iter(), MAX_ELEMENTS, None), None)
    if element is None:
        return
    keep = 0
    while (parent := element.getparent()) is not None:
        del parent[parent.index(element) + keep :]
        element, keep = parent, 1


def _base(tree: HtmlElement, base_url: str) -> str:
    href = _first(tree, "//base/@href")
    return absolute(href, base_url) or base_url if href else base_url


def _first(tree: HtmlElement, path: str) -> str:
    found = tree.xpath(path)
    return str(found[0]) if found else ""


def _title(tree: HtmlElement) -> str:
    title = tree.find(".//title")
    text = clean(title.text_content()) if title is not None else ""
    return (text or clean(_first(tree, "//meta[@property='og:title']/@content")))[:_MAX_TITLE]


def _declared_language(tree: HtmlElement) -> str:
    for path in (
        "/html/@lang",
        "/html/@*[name()='xml:lang']",
        "/html/body/@lang",
        "//meta[translate(@http-equiv,'CONTELAGU','contelagu')='content-language']/@content",
        "//meta[@property='og:locale']/@content",
    ):
        language = _first(tree, path).split(",")[0].strip().replace("_", "-")
        if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
            return language
    return ""


def _sample(tree: HtmlElement) -> str:
    """Return enough of the page's visible text to tell its language."""
    pieces: list[str] = []
    size = 0
    body = tree.find("body")
    for element in tree.iter() if body is None else body.iter():
        is_hidden = element.tag in {"script", "style", "noscript", "template"}
        for text in ((None if is_hidden else element.text), element.tail):
            if text and not text.isspace():
                pieces.append(text)
                size += len(text)
        if size > 40_000:
            break
    # The middle of a page is news; its top is menus, often in English or in every language.
    whole = " ".join(pieces)
    return whole[len(whole) // 4 :]


def _feeds(tree: HtmlElement, base: str) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for link in tree.xpath("//link[@href and @type] | //a[@href and @type]"):
        if link.tag == "link" and "alternate" not in link.get("rel", "").lower().split():
            continue
        kind = _feed_kind(link)
        url = absolute(link.get("href", ""), base)
        if kind and url and url not in found:
            title = clean(link.get("title") or "" if link.tag == "link" else link.text_content())
            found[url] = FeedLink(url, title[:_MAX_TITLE], kind)
    return tuple(found.values())[:20]


def _feed_kind(link: HtmlElement) -> str:
    mime = link.get("type", "").split(";")[0].strip().lower()
    if mime in _FEED_TYPES:
        return _FEED_TYPES[mime]
    hint = link.get("title", "") + link.get("href", "")
    if mime in _XML_TYPES and _FEED_WORDS.search(hint):
        return "atom" if "atom" in hint.lower() else "rss"
    return "jsonfeed" if mime == "application/json" and "feed" in hint.lower() else ""
