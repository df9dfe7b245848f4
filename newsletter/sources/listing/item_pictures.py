"""The picture of one record: a real one, wherever lazy loading hides its address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.model.content import Item, Picture
from newsletter.sources.listing.lines import words_of
from newsletter.sources.pages import absolute, clean

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Attributes in which lazy loaders keep the real address while src holds a placeholder.
_LAZY = tuple(
    f"data-{name}"
    for name in [
        "src",
        "lazy-src",
        "original",
        "lazy",
        "url",
        "image",
        "img",
        "orig-file",
        "large-file",
        "echo",
        "hi-res-src",
    ]
)
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_DECORATION = re.compile(
    r"(?:^|[/_.=-])(?:spacer|blank|pixel|transparent|clear|1x1|dot|icons?|ico|avatars?|gravatar|logo|emoji|smil\w+|"
    r"placeholder|loading|loader|lazy|bullet|arrow|button|btn|share|rating|stars?|flags?|default-?image|no-?image|noimg)"
    r"(?:[/_.-]|\d|$)",
    re.I,
)
_DECORATION_WORDS = frozenset(
    ("avatar", "icon", "emoji", "logo", "gravatar", "author", "spacer", "flag", "smiley")
)
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]*?url\(\s*['\"]?([^'\")]+)", re.I)
_SIZE = re.compile(r"\d{1,5}")
#: Below this a picture is a bullet or an icon.
_MIN_SIDE = 50
#: The same picture at so many items belongs to the template, not to any of them.
_ORNAMENT_FROM = 3


def without_ornaments(items: Iterable[Item]) -> list[Item]:
    """Return the items without the pictures that stand at three or more of them.

    A stock photo, a telephone beside each entry, the site's emblem as every page's og:image:
    they say nothing about the item.
    """
    items = list(items)
    seen = Counter(item.picture.url for item in items if item.picture)
    return [
        replace(item, picture=None)
        if item.picture and seen[item.picture.url] >= _ORNAMENT_FROM
        else item
        for item in items
    ]


def picture_of(pieces: tuple[HtmlElement | str, ...], base_url: str) -> Picture | None:
    """Return the first real picture of a record; None where it has none."""
    elements = [piece for piece in pieces if not isinstance(piece, str)]
    images = (node for element in elements for node in element.iter("img", "amp-img"))
    found = (_from_image(node, base_url) for node in images)
    if picture := next((one for one in found if one), None):
        return picture
    nodes = (node for element in elements for node in element.iter())
    backgrounds = (_from_background(node, base_url) for node in nodes)
    return next((one for one in backgrounds if one), None)


def _from_background(node: HtmlElement, base_url: str) -> Picture | None:
    match = _BACKGROUND.search((node.get("style") or "")[:1000])
    url = absolute(match.group(1), base_url) if match else ""
    return Picture(url) if url and _is_picture(url) else None


def _from_image(node: HtmlElement, base_url: str) -> Picture | None:
    width, height = _side(node, "width"), _side(node, "height")
    if any(side is not None and side < _MIN_SIDE for side in (width, height)):
        return None
    names = words_of(node) | (
        words_of(parent) if (parent := node.getparent()) is not None else set()
    )
    if names & _DECORATION_WORDS:
        return None
    for address in _addresses(node):
        url = absolute(address, base_url)
        if url and _is_picture(url):
            return Picture(url, clean(node.get("alt") or "")[:300], width, height)
    return None


def _addresses(node: HtmlElement) -> Iterator[str]:
    for name in _LAZY:
        if value := node.get(name):
            yield value
    for name in _SETS:
        if value := node.get(name):
            # The last candidate of a set is usually the largest.
            yield value.split(",")[0].split()[0] if value.split(",")[0].split() else ""
    yield node.get("src") or ""


def _is_picture(url: str) -> bool:
    path = url.split("?")[0].lower()
    name = path.split("/", 3)[-1]
    return not path.endswith((".svg", ".ico")) and not _DECORATION.search("/" + name[-120:])


def _side(node: HtmlElement, name: str) -> int | None:
    match = _SIZE.match((node.get(name) or "").strip())
    return int(match.group()) if match else None
