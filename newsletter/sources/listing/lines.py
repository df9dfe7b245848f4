"""The lines of text a reader sees in one record, each with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.sources.listing.outline import is_invisible
from newsletter.sources.pages import absolute, clean
from newsletter.sources.phrases import weight, words_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement

INLINE = words_in(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr
    q s samp small span strike strong sub sup time tt u var wbr
    """
)
_HEADING = re.compile(r"h[1-6]$")
_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])")
#: Records are short; the text of a whole page in one record is a mistake.
_MAX_RUNS = 400


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one element."""

    text: str
    #: Elements around it, from the record's root inwards.
    chain: tuple[HtmlElement, ...]

    @property
    def link(self) -> HtmlElement | None:
        """Return the link the text belongs to."""
        return next((node for node in reversed(self.chain) if node.tag == "a"), None)

    @property
    def heading(self) -> HtmlElement | None:
        """Return the heading the text belongs to."""
        return next((node for node in self.chain if _HEADING.match(node.tag)), None)


@dataclass(frozen=True, slots=True)
class Line:
    """What a browser would show on one line, before wrapping."""

    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """Return the whole line, cleaned."""
        return joined(self.runs)

    @property
    def heading(self) -> HtmlElement | None:
        """Return the heading the line belongs to."""
        return next((run.heading for run in self.runs if run.heading is not None), None)

    def words(self) -> frozenset[str]:
        """Return the class, id and itemprop words of the elements around the whole line."""
        return frozenset.intersection(*(_chain_words(run.chain) for run in self.runs))

    def link_share(self) -> float:
        """Return how much of the line is link text, from 0 to 1."""
        whole = sum(weight(run.text) for run in self.runs) or 1
        return sum(weight(run.text) for run in self.runs if run.link is not None) / whole


def joined(runs: tuple[Run, ...] | list[Run]) -> str:
    """Return the text of some runs as a browser would show it."""
    pieces: list[str] = []
    for number, run in enumerate(runs):
        # "20" "May" in elements of their own are styled apart; inside a word nobody does that.
        is_apart = number and run.chain[-1:] != runs[number - 1].chain[-1:]
        if is_apart and _are_separate(runs[number - 1], run):
            pieces.append(" ")
        pieces.append(run.text)
    return clean("".join(pieces))


def _are_separate(left: Run, right: Run) -> bool:
    spans = {"span", "time", "a", "label", "small", "abbr"}
    inner = left.chain[-1].tag if left.chain else ""
    following = right.chain[-1].tag if right.chain else ""
    return inner in spans and following in spans


def words_of(node: HtmlElement) -> frozenset[str]:
    """Return the words an element's class, id and itemprop are made of, lower case."""
    names = f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemprop') or ''}"
    return _words(names[:300])


@lru_cache(maxsize=4096)
def _words(names: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _SPLIT.split(names) if word)


def _chain_words(chain: tuple[HtmlElement, ...]) -> frozenset[str]:
    return frozenset().union(*(words_of(node) for node in chain[1:])) if chain else frozenset()


def lines_of(pieces: tuple[HtmlElement | str, ...]) -> list[Line]:
    """Return the visible lines of a record's pieces in order."""
    lines: list[Line] = []
    current: list[Run] = []
    count = 0
    for event in _events(pieces):
        if event is None:
            if any(run.text.strip() for run in current):
                lines.append(Line(tuple(current)))
            current = []
            continue
        current.append(event)
        count += 1
        if count >= _MAX_RUNS:
            break
    if any(run.text.strip() for run in current):
        lines.append(Line(tuple(current)))
    return lines


def _events(pieces: tuple[HtmlElement | str, ...]) -> Iterator[Run | None]:
    """Yield runs of text, and None where a line ends."""
    for piece in pieces:
        if isinstance(piece, str):
            yield Run(piece, ())
        else:
            yield from _element_events(piece)


def _element_events(root: HtmlElement) -> Iterator[Run | None]:
    chain: list[HtmlElement] = []
    stack: list[tuple[HtmlElement, bool]] = [(root, False)]
    while stack:
        node, is_end = stack.pop()
        is_shown = isinstance(node.tag, str) and not is_invisible(node)
        if is_end:
            chain.pop()
        elif is_shown:
            yield from _break(node)
            chain.append(node)
            if node.text:
                yield Run(node.text, tuple(chain))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
            continue
        if is_shown:
            yield from _break(node)
        if node is not root and node.tail:
            yield Run(node.tail, tuple(chain))


def _break(node: HtmlElement) -> Iterator[None]:
    if node.tag not in INLINE:
        yield None


def links_in(pieces: tuple[HtmlElement | str, ...], base_url: str) -> list[tuple[HtmlElement, str]]:
    """Return the links of a record with their addresses in order."""
    found = []
    for piece in pieces:
        if not isinstance(piece, str):
            for node in piece.iter("a"):
                if link := absolute(node.get("href") or "", base_url):
                    found.append((node, link))
    return found
