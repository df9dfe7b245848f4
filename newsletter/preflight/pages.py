"""An edition's HTML, parsed once: its elements, what they show, how they look."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from newsletter.model.content import RenderedEdition
from newsletter.model.message import MARKERS

_BLANKS = re.compile(r"[\s\u00a0\u00ad\u034f\u200b-\u200f\u2060-\u2069\ufeff]+")
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|"
    r"opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)|max-height\s*:\s*0|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)
_NOT_SHOWN = frozenset({"style", "script", "title", "head", "template", "noscript", "meta"})


@dataclass(frozen=True)
class Page:
    """One edition's document."""

    rendered: RenderedEdition
    root: HtmlElement

    @property
    def where(self) -> str:
        """Return how findings name the edition."""
        return where_of(self.rendered)

    @cached_property
    def body(self) -> HtmlElement:
        """Return the body; the whole document where it has none."""
        body = self.root.find("body")
        return self.root if body is None else body

    @cached_property
    def elements(self) -> tuple[HtmlElement, ...]:
        """Return the elements of the body in document order, comments left out."""
        return tuple(one for one in self.body.iter() if isinstance(one.tag, str))

    @cached_property
    def hidden(self) -> frozenset[HtmlElement]:
        """Return the elements that a reader does not see."""
        found: set[HtmlElement] = set()
        for one in self.elements:
            parent = one.getparent()
            if parent in found or one.tag in _NOT_SHOWN or is_hidden(one):
                found.add(one)
        return frozenset(found)

    @cached_property
    def visible_text(self) -> str:
        """Return all text that a reader sees."""
        pieces = [text for one in self.elements for text in own_texts(one, self.hidden)]
        return squeezed(" ".join(pieces))

    def pictures(self) -> Iterator[HtmlElement]:
        """Yield the pictures that are shown, one by one."""
        return (one for one in self.elements if one.tag == "img" and one not in self.hidden)


def parse(rendered: RenderedEdition) -> Page:
    """Return the page of a rendered edition."""
    parser = HTMLParser(encoding="utf-8", huge_tree=False)
    try:
        root = document_fromstring(rendered.html.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        root = document_fromstring("<html><body></body></html>")
    return Page(rendered, root)


def is_hidden(element: HtmlElement) -> bool:
    """Say whether an element hides itself, by its style or the `hidden` attribute."""
    return "hidden" in element.attrib or bool(_HIDING.search(element.get("style", "")))


def own_texts(element: HtmlElement, hidden: frozenset[HtmlElement]) -> Iterator[str]:
    """Yield the texts directly in an element: its start, and what follows each child."""
    if element in hidden:
        return
    if element.text:
        yield element.text
    for child in element:
        if child.tail:
            yield child.tail


def squeezed(text: str) -> str:
    """Return text with every run of blanks and invisible characters made one blank."""
    return _BLANKS.sub(" ", text).strip()


def text_of(element: HtmlElement) -> str:
    """Return what an element says, pictures by their alternative texts."""
    said = [element.text_content()]
    said += [picture.get("alt") or "" for picture in element.iter("img")]
    return squeezed(" ".join(said))


def without_markers(text: str) -> str:
    """Return text with the markers for personal values taken out."""
    for marker in MARKERS.values():
        text = text.replace(marker, "")
    return text


def shortened(text: str, length: int = 60) -> str:
    """Return text fit to be quoted in a finding."""
    text = squeezed(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def where_of(rendered: RenderedEdition) -> str:
    """Return how findings name an edition."""
    return f"edition {rendered.edition.key!r}"


def width(text: str) -> int:
    """Return how many columns a text takes: wide characters two, marks none."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
        if unicodedata.category(one) not in {"Mn", "Me", "Cf"}
    )
