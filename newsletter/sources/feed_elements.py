"""The elements of RSS, RDF and Atom, whatever their version, to a feed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from newsletter.sources.entries import MAX_ITEMS, Feed, FeedEntry, FeedPicture, pixels

if TYPE_CHECKING:
    from lxml.etree import _Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
#: A part of a namespace -> the prefix we know it by. Namespaces are misspelt in many ways
#: (http and https, with and without the last slash), their middle hardly ever.
_KNOWN = (
    ("purl.org/rss/1.0/modules/content", "content:"),
    ("purl.org/dc/elements", "dc:"),
    ("purl.org/dc/terms", "dcterms:"),
    ("search.yahoo.com/mrss", "media:"),
    ("rssboard.org/media-rss", "media:"),
    ("itunes.com/dtds/podcast", "itunes:"),
    ("rssnamespace.org/feedburner", "feedburner:"),
    ("w3.org/2005/atom", "atom:"),
    ("purl.org/atom", "atom:"),
    ("w3.org/1999/xhtml", "xhtml:"),
    ("purl.org/rss/1.0", ""),
    ("netscape.com/rdf/simple", ""),
    ("userland.com/rss", ""),
    ("urn:undeclared:", "?:"),
)
_PREFIXED = re.compile(r"<(/?)[A-Za-z][\w.-]*:(?=[A-Za-z])")
_ATOM_ROOT = ("w3.org/2005/atom", "purl.org/atom")
#: Date elements, the date of publication first.
_DATES = (
    "pubdate", "published", "dc:date", "issued", "dcterms:issued", "atom:published",
    "dcterms:created", "created", "date", "updated", "modified", "atom:updated", "dcterms:modified",
)  # fmt: skip


def feed_of_tree(tree: _Element, base_url: str, has_bases: bool) -> Feed | None:
    """Return the feed a tree holds; None where it is none."""
    names = _Names(str(tree.tag))
    root = names(tree)
    if root not in {"rss", "feed", "rdf", "channel", "?:rss", "?:feed"}:
        return None
    feed = Feed("atom" if root.endswith("feed") else "rss")
    head = tree
    entries: list[_Element] = []
    for node in _containers(tree, names):
        if names(node) == "channel":
            head = node
        entries += [child for child in node if names(child) in {"item", "entry"}]
    _read_head(feed, tree, names)
    if head is not tree:
        _read_head(feed, head, names)
    base_url = base_url or (feed.link if "://" in feed.link else "")
    feed.count = len(entries)
    for element in entries[:MAX_ITEMS]:
        base = urljoin(base_url, element.base or "") if has_bases else base_url
        feed.entries.append(_entry(element, names, base))
    return feed


class _Names:
    """Names of elements with our own prefix, in lower case; each is worked out once."""

    def __init__(self, root: str) -> None:
        self._root = root.rpartition("}")[0].lower()
        self._known: dict[str, str] = {}

    def __call__(self, element: _Element) -> str:
        tag = element.tag
        name = self._known.get(tag)
        if name is None:
            name = self._known[tag] = self._name(str(tag))
        return name

    def _name(self, tag: str) -> str:
        space, _, local = tag.lower().rpartition("}")
        is_atom = any(part in self._root for part in _ATOM_ROOT)
        for part, prefix in _KNOWN:
            # Other modules of RSS 1.0 share the beginning of its own namespace.
            if part in space if part != "purl.org/rss/1.0" else space.rstrip("/").endswith(part):
                return local if is_atom and prefix == "atom:" else prefix + local
        return local if space == self._root or not space else f"?:{local}"


def _containers(tree: _Element, names: _Names) -> Iterator[_Element]:
    yield tree
    for child in tree:
        if names(child) in {"channel", "items"}:
            yield child


def _read_head(feed: Feed, head: _Element, names: _Names) -> None:
    feed.language = head.get(_LANG, "") or feed.language
    for child in head:
        name = names(child)
        if name == "title":
            feed.title = feed.title or _inner(child)
        elif name in {"language", "dc:language"}:
            feed.language = (child.text or "").strip() or feed.language
        elif name == "link" and child.get("rel", "alternate") == "alternate":
            feed.link = feed.link or (child.get("href") or child.text or "").strip()


def _entry(element: _Element, names: _Names, base: str) -> FeedEntry:
    entry = FeedEntry(base=base, language=element.get(_LANG, ""))
    dates: dict[str, str] = {}
    for child in element:
        name = names(child)
        if name in _DATES:
            dates.setdefault(name, (child.text or "").strip())
        elif (read := _READERS.get(name)) is not None:
            read(entry, child, names)
    if dates:
        entry.dates = [dates[name] for name in _DATES if dates.get(name)]
    if not entry.link.strip():
        entry.link = element.get(_ABOUT, "")
    return entry


def _title(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    if entry.title.strip():
        return
    kind = element.get("type", "").lower()
    if kind in {"text", "text/plain"} and not len(element):
        entry.title, entry.is_plain_title = element.text or "", True
        return
    entry.title, entry.is_plain_title = _inner(element), False


def _link(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    href = element.get("href")
    if href is None:
        entry.link = entry.link or (element.text or "").strip()
        return
    rel = element.get("rel", "alternate").lower()
    kind = element.get("type", "").lower()
    if rel == "alternate" and (not entry.link or kind == "text/html"):
        entry.link = href
    elif rel == "enclosure" and kind.startswith("image/"):
        entry.pictures.append(FeedPicture(href, element.get("title", "")))


def _original_link(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    entry.link = (element.text or "").strip() or entry.link


def _guid(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    entry.guid = (element.text or "").strip()
    entry.is_permalink = element.get("isPermaLink", "true").lower() != "false"


def _summary(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    entry.summary = entry.summary or _inner(element)


def _content(entry: FeedEntry, element: _Element, names: _Names) -> None:
    kind = element.get("type", "").lower()
    if element.get("src"):
        entry.link = entry.link or element.get("src", "")
        return
    is_text = kind in {"", "text", "html", "xhtml"} or kind.startswith("text/") or "xml" in kind
    if not is_text or entry.content:
        return
    text = _inner(element)
    is_marked_up = kind not in {"", "text", "text/plain"} or "</" in text or "<br" in text.lower()
    entry.content = (
        text if is_marked_up or names(element).startswith("content:") else html.escape(text)
    )


def _language(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    entry.language = (element.text or "").strip() or entry.language


def _enclosure(entry: FeedEntry, element: _Element, _names: _Names) -> None:
    url, kind = element.get("url", ""), element.get("type", "").lower()
    if kind.startswith("image/") or (not kind and _is_picture(url)):
        entry.pictures.append(FeedPicture(url))


def _image(entry: FeedEntry, element: _Element, names: _Names) -> None:
    url = element.get("href") or element.get("url") or (element.text or "").strip()
    alt = ""
    for child in element:
        if names(child) == "url":
            url = (child.text or "").strip()
        elif names(child) == "title":
            alt = child.text or ""
    if url:
        entry.pictures.append(FeedPicture(url, alt))


def _media(entry: FeedEntry, element: _Element, names: _Names) -> None:
    medium, kind = element.get("medium", ""), element.get("type", "").lower()
    url = element.get("url", "")
    is_picture = (
        names(element) == "media:thumbnail" or medium == "image" or kind.startswith("image/")
    )
    if url and (is_picture or (not medium and not kind and _is_picture(url))):
        sizes = pixels(element.get("width", "")), pixels(element.get("height", ""))
        entry.pictures.append(FeedPicture(url, _media_text(element, names), *sizes))
    for child in element:
        if names(child) in {"media:thumbnail", "media:content"}:
            _media(entry, child, names)
        elif names(child) == "media:description" and names(element) == "media:group":
            entry.summary = entry.summary or html.escape(child.text or "")


def _media_text(element: _Element, names: _Names) -> str:
    """Return what a picture shows: its own words, else the title of its group."""
    group = element.getparent()
    own = {names(child): (child.text or "").strip() for child in element}
    for name in ("media:text", "media:description", "media:title"):
        if own.get(name):
            return own[name]
    if group is None or names(group) not in {"media:group", "media:content"}:
        return ""
    shared = {names(child): (child.text or "").strip() for child in group}
    return shared.get("media:title", "")


def _is_picture(url: str) -> bool:
    path = url.partition("?")[0].lower()
    return path.endswith((".jpg", ".jpeg", ".png", ".gif", ".webp"))


def _inner(element: _Element) -> str:
    """Return an element's HTML: escaped text as it is meant, real markup written out."""
    if not len(element):
        return element.text or ""
    from lxml import etree

    parts = [html.escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return _PREFIXED.sub(r"<\1", "".join(parts))


_READERS: dict[str, Callable[[FeedEntry, _Element, _Names], None]] = {
    "title": _title,
    "link": _link,
    "atom:link": _link,
    "feedburner:origlink": _original_link,
    "guid": _guid,
    "id": _guid,
    "description": _summary,
    "summary": _summary,
    "dc:description": _summary,
    "itunes:summary": _summary,
    "content": _content,
    "content:encoded": _content,
    "xhtml:body": _content,
    "fullitem": _content,
    "dc:language": _language,
    "language": _language,
    "enclosure": _enclosure,
    "image": _image,
    "itunes:image": _image,
    "thumbnail": _image,
    "media:thumbnail": _media,
    "media:content": _media,
    "media:group": _media,
}
