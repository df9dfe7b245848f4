"""The bytes of an XML feed to a tree: encodings, repairs, hostile input."""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import TYPE_CHECKING

from newsletter.sources.charsets import decode

if TYPE_CHECKING:
    from lxml.etree import _Element

#: Enough to see what a document is.
_HEAD = 10_000
#: Mending copies the text several times; a broken feed of more than this is cut.
_MOST_REPAIRED = 4_000_000
_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|\ufeff", re.S)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(rss|feed|rdf|channel)\b", re.I)
_LATE_ROOT = re.compile(r"<\?xml\b|<(?:rss|feed|rdf:rdf)\b[^>]*>", re.I)
_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.I)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.I)
_DOCTYPE_END = re.compile(r"\]\s*>")
_DECLARATION = re.compile(r"<\?xml[^>]*?\?>")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.S)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]+|#[xX][0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_BARE_LESS = re.compile(r"<(?![A-Za-z/!?_])")
_ROOT_TAG = re.compile(r"<[A-Za-z][^<>]*?(?=/?>)")
_PREFIX = re.compile(r"</?([A-Za-z][\w.-]*):|\s([A-Za-z][\w.-]*):[\w.-]+\s*=")
_DECLARED_PREFIX = re.compile(r"\sxmlns:([\w.-]+)\s*=")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})

ATOM = "http://www.w3.org/2005/Atom"
MEDIA = "http://search.yahoo.com/mrss/"
#: Prefix -> namespace, for feeds that use a prefix without declaring it.
_USUAL = {
    "atom": ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": MEDIA,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


def is_xml_feed(text: str) -> bool:
    """Say whether a document is an RSS, RDF or Atom feed by its first element."""
    head = text[:_HEAD]
    position = 0
    while match := _PROLOG.match(head, position):
        position = match.end()
    if head[position : position + 9].upper() == "<!DOCTYPE":
        if head[position : position + 14].lower() == "<!doctype html":
            return False
        rest = _without_doctype(text[:_HEAD])
        return bool(_ROOT.search(rest))
    if _ROOT.match(head, position):
        return True
    # A system's warnings may stand before the feed.
    late = _LATE_ROOT.search(head)
    return bool(late) and "<html" not in head.lower() and bool(_ROOT.search(head))


def feed_tree(body: bytes, content_type: str = "") -> tuple[str, _Element | None, bool]:
    """Return the feed's text, its tree, and whether it was well-formed as it came.

    Entities of a document type are never expanded; nesting is cut by libxml2 at 256.
    """
    text = _without_doctype(_DECLARATION.sub("", decode(body, content_type), count=1)).strip()
    if (tree := _parse(text, recover=False)) is not None:
        return text, tree, True
    repaired = _repaired(text[:_MOST_REPAIRED])
    if (tree := _parse(repaired, recover=False)) is not None:
        return repaired, tree, True
    return repaired, _parse(repaired, recover=True), False


def _parse(text: str, *, recover: bool) -> _Element | None:
    from lxml import etree

    parser = etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, remove_comments=True,
        remove_pis=True, huge_tree=False,
    )  # fmt: skip
    try:
        tree: _Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return tree


def _without_doctype(text: str) -> str:
    start = _DOCTYPE.search(text, 0, _HEAD)
    if start is None:
        return text
    close = text.find(">", start.end())
    subset = text.find("[", start.end(), close if close > 0 else None)
    if subset >= 0:
        end = _DOCTYPE_END.search(text, subset)
        close = end.end() - 1 if end else close
    return text[: start.start()] + text[close + 1 :] if close > 0 else text


def _repaired(text: str) -> str:
    """Return the feed with the usual mistakes mended.

    Words before or after the feed, characters and entities XML has not, bare `&` and
    `<`, prefixes nobody declared.
    """
    if (start := _LATE_ROOT.search(text, 0, _HEAD)) and start.start() > 0:
        text = _DECLARATION.sub("", text[start.start() :], count=1)
    ends = list(_END.finditer(text[-_HEAD:]))
    if ends:
        text = text[: max(0, len(text) - _HEAD) + ends[-1].end()]
    pieces = _CDATA.split(_NOT_XML.sub("", text))
    for number in range(0, len(pieces), 2):
        piece = _NAMED.sub(_character, pieces[number])
        piece = _NUMBERED.sub(_legal, piece)
        piece = _BARE_AMPERSAND.sub("&amp;", piece)
        pieces[number] = _BARE_LESS.sub("&lt;", piece)
    return _with_prefixes("".join(pieces))


def _character(match: re.Match[str]) -> str:
    name = match.group(1)
    if name in _XML_NAMES or name not in name2codepoint:
        return match.group()
    return chr(name2codepoint[name])


def _legal(match: re.Match[str]) -> str:
    code = int(match.group(1), 16) if match.group(1) else int(match.group(2))
    is_legal = code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0x10FFFF
    return match.group() if is_legal and code not in {0xFFFE, 0xFFFF} else ""


def _with_prefixes(text: str) -> str:
    used = {one or two for one, two in _PREFIX.findall(text)} - {"xml", "xmlns"}
    missing = sorted(used - set(_DECLARED_PREFIX.findall(text)))[:50]
    root = _ROOT_TAG.search(text)
    if not missing or root is None:
        return text
    added = "".join(f' xmlns:{one}="{_USUAL.get(one, f"urn:undeclared:{one}")}"' for one in missing)
    return text[: root.end()] + added + text[root.end() :]
