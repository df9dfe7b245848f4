"""HTML of others to plain text, to safe HTML, to one-line titles."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.sources.pages import absolute, clean

if TYPE_CHECKING:
    import nh3

#: One item's HTML before it is sanitised; nh3 is quadratic on hostile nesting.
MAX_HTML = 64 * 1024
#: More tags than this go through libxml2 first: it is linear and cuts nesting at 256.
_MANY_TAGS = 400
_MAX_TITLE = 500

#: Controls, zero-width characters and what overrides the reading direction.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
#: Comments, elements whose content is not text, tags. Possessive: linear on hostile input.
_TOKENS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|template|noscript|iframe|object|svg|math|head|title|textarea|select|button)\b"
    r"[^>]*+>.*?(?:</\1\s*+>|\Z)"
    r"|</?+([a-zA-Z][a-zA-Z0-9:-]*+)(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+(?:>|\Z)"
    r"|</?+([a-zA-Z][a-zA-Z0-9:-]*+)[^<>]*+(?:>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)",
    re.S | re.I,
)
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark "
    "nobr q rp rt ruby s samp small span strike strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_NAMES.split())
#: Tags that people really put in titles; anything else in angle brackets is text.
_TITLE_NAMES = "br p div h1 h2 h3 h4 h5 h6 script style iframe svg center blockquote ul ol li"
_IN_TITLES = _INLINE | frozenset(_TITLE_NAMES.split())
#: Cannot come out of HTML text: libxml2 and we drop it at the border.
_BREAK = "\x00"

_ALLOWED_NAMES = (
    "a abbr b blockquote br cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr "
    "i img ins li ol p pre q s small strong sub sup table tbody td th thead tr u ul"
)
_ATTRIBUTES = {
    "a": {"href", "hreflang", "lang", "dir"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "lang", "dir"},
    "th": {"colspan", "rowspan", "lang", "dir"},
    "ol": {"start", "lang", "dir"},
    **{
        tag: {"lang", "dir"}
        for tag in ("p", "div", "ul", "li", "blockquote", "q", "h1", "h2", "h3", "h4", "h5", "h6")
    },
}
_DROPPED_NAMES = (
    "script style template noscript iframe object svg math title textarea select button form"
)
_BLOCKS_OF_PAGES = re.compile(
    r"<(/?)(?:section|article|main|header|footer|aside|nav|address|center|details|summary)\b", re.I
)
_PICTURE = re.compile(r"<img\b[^>]*>")
_SIZE = re.compile(r'\b(width|height)="([^"]*)"')
_EMPTY = re.compile(r"<(p|div|a|li|figure|b|strong|em|i)(?: [^>]*)?>\s*</\1>")


def plain_text(source: str) -> str:
    """Return the text of some HTML, one line for each block.

    Scripts, styles and comments are gone; entities are characters.
    """
    if "<" not in source and "&" not in source:
        return _lines(source)
    text = source[:MAX_HTML].replace(_BREAK, "")
    if "<" in text:
        text = _TOKENS.sub(_gap, text)
    return _lines(html.unescape(text))


def clean_text(source: str) -> str:
    """Return the text of some HTML on one line."""
    return " ".join(plain_text(source).split())


def clean_title(source: str) -> str:
    """Return a title on one line: no markup, no entities, no control characters.

    Only tags that HTML knows are markup: `Using <template> in C++` and `List<String>`
    are titles too.
    """
    text = source[: _MAX_TITLE * 4]
    if "<" in text:
        text = _TOKENS.sub(_gap_in_title, text)
    if "&" in text:
        # Twice: feeds escape titles that a system had already escaped for its own pages.
        text = html.unescape(html.unescape(text))
    return clean(text.replace(_BREAK, " "))[:_MAX_TITLE].rstrip()


def clean_html(source: str, base_url: str) -> str:
    """Return safe HTML: a strict allow-list, absolute links, no tracking pictures.

    Longer than 64 KB is cut first; hostile nesting costs bounded time.
    """
    text = source[:MAX_HTML]
    if not text.strip():
        return ""
    if text.count("<") > _MANY_TAGS:
        text = _flattened(text)
    text = _BLOCKS_OF_PAGES.sub(r"<\1div", text)
    safe = _UNWANTED.sub("", _cleaner(base_url).clean(text))
    safe = _PICTURE.sub(_visible, safe)
    return _EMPTY.sub("", safe).strip()


def _gap(match: re.Match[str]) -> str:
    tag = match.group(2) or match.group(3)
    return "" if match.group(1) is None and tag and tag.lower() in _INLINE else _gap_of(tag)


def _gap_of(tag: str | None) -> str:
    return " " if tag and tag.lower() in {"td", "th"} else _BREAK if tag else ""


def _gap_in_title(match: re.Match[str]) -> str:
    tag = (match.group(1) or match.group(2) or match.group(3) or "").lower()
    if tag and tag not in _IN_TITLES:
        return match.group()
    return "" if tag in _INLINE else " "


def _lines(text: str) -> str:
    lines = (" ".join(_UNWANTED.sub("", line).split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _flattened(text: str) -> str:
    from lxml import etree
    from lxml import html as lxml_html

    try:
        tree = lxml_html.fragment_fromstring(text.replace(_BREAK, ""), create_parent="div")
    except (etree.ParserError, ValueError):
        return html.escape(clean_text(text))
    return str(lxml_html.tostring(tree, encoding="unicode"))


@lru_cache(maxsize=64)
def _cleaner(base_url: str) -> nh3.Cleaner:
    import nh3

    def absolute_links(_tag: str, name: str, value: str) -> str | None:
        if name not in {"href", "src"}:
            return value
        if name == "href" and value.strip().lower().startswith("mailto:"):
            return value
        return absolute(value, base_url) or None

    return nh3.Cleaner(
        tags=set(_ALLOWED_NAMES.split()),
        clean_content_tags=set(_DROPPED_NAMES.split()),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=absolute_links,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _visible(match: re.Match[str]) -> str:
    """Return the picture, or nothing if it is a counter: 1x1, or without an address."""
    tag = match.group()
    if ' src="' not in tag:
        return ""
    sizes = [value.strip().removesuffix("px") for _, value in _SIZE.findall(tag)]
    return "" if any(size in {"0", "1", "2"} for size in sizes) else tag
