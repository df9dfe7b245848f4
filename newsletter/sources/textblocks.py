"""A page saved as plain text, cut into blocks: titles, paragraphs, dates, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from newsletter.sources.dates import Role, find_dates, parse_date
from newsletter.sources.pages import clean

if TYPE_CHECKING:
    from newsletter.model.content import ItemDate
    from newsletter.model.sources import Source

#: A page of text has a few hundred lines; a book is no news page.
MAX_LINES = 20_000
#: A date with its labels is shorter than this.
_MAX_DATE = 120
_MAX_LINE = 600
#: Stands for a date that was taken out.
_GAP = "\x00"
_SEPARATORS = " \t:：|–—·•,;/()[]-»›>"
#: What may stand between a date and the title after it, and between a title and its date.
_EDGES = frozenset(":：|–—·•-)/>»›")
_OPENERS = frozenset("([|–—·•-:/")
_PIECES = re.compile(r"[|·•()\[\]–—]|\s-\s|:\s")
_WORD = re.compile(r"[^\W\d_]")
_BULLET = re.compile(r"^\s*(?:[•·▪▫◦‣●○■□◆►▸➤✓*+]|[-–—](?=\s))\s*")
_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+")
_HASHES = re.compile(r"^\s*#{1,6}\s+(.*?)\s*#*\s*$")
_RULE = re.compile(r"^\s*([=\-_*~#.])\1{2,}\s*$")
_INLINE_LINK = re.compile(
    r"\[([^\[\]]{1,400})\]\(\s*<?(https?://[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?[^)]{0,200}\)"
)
_PICTURE = re.compile(r"!\[[^\]]{0,400}\]\([^)]{0,600}\)")
_ANGLED = re.compile(r"\s*[<(\[](https?://[^\s<>()\[\]]+)[>)\]]\s*")
_BARE = re.compile(
    r"^(?:(?:link|url|source|lien|enlace|quelle|ссылка|الرابط|链接)\s*[:：]\s*)?(https?://\S+)$",
    re.I,
)
_TRAILING = re.compile(r"^(.*\S)\s*(?:[-–—|:>→]\s*)?(https?://\S+)$")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


@dataclass(frozen=True, slots=True)
class Block:
    """A line or an unwrapped paragraph."""

    text: str
    #: Counts the groups of lines between blank lines.
    paragraph: int
    link: str = ""
    #: The date that the block is, or that stands at its edge.
    date: ItemDate | None = None
    #: What stands beside the date: "Letter from Panama (20 May 2016)".
    beside: str = ""
    is_bullet: bool = False


def blocks_of(text: str, source: Source, *, language: str, fetched_at: datetime) -> list[Block]:
    """Return the blocks of a text in order; a line that is only an address is a link."""
    blocks: list[Block] = []
    for line, paragraph in _unwrapped(text):
        block = _block(line, paragraph)
        if not block.text and block.link:
            if blocks and not blocks[-1].link:
                blocks[-1] = replace(blocks[-1], link=block.link)
            continue
        if not block.text:
            continue
        block = _dated(block, source, language, fetched_at)
        if block.date is None and not block.is_bullet and (number := _NUMBER.match(block.text)):
            block = replace(block, text=block.text[number.end() :], is_bullet=True)
        blocks.append(block)
    return blocks


def _dated(block: Block, source: Source, language: str, fetched_at: datetime) -> Block:
    """Return the block with the date it is, or begins or ends with."""
    text = block.text[:_MAX_LINE]
    how: dict[str, Any] = {
        "language": language,
        "fetched_at": fetched_at,
        "day_first": source.day_first,
    }
    found = [one for one in find_dates(text, **how) if not one.is_range]
    beside = text
    for one in reversed(found):
        beside = beside[: one.start] + _GAP + beside[one.end :]
    pieces = [piece.strip(_SEPARATORS) for piece in _PIECES.split(beside)]
    beside = " ".join(piece for piece in pieces if _GAP not in piece and _WORD.search(piece))
    if len(text) <= _MAX_DATE and (day := parse_date(text, **how)) is not None:
        return replace(block, date=day, beside=beside)
    for one in found:
        before, after = text[: one.start], text[one.end :]
        is_own = one.role in {Role.PLAIN, Role.PUBLISHED} and one.date.is_full
        at_start = not before.strip(_SEPARATORS) and after.lstrip()[:1] in _EDGES and after.strip()
        at_end = not after.strip(_SEPARATORS) and before.rstrip()[-1:] in _OPENERS
        if is_own and (at_start or at_end):
            rest = (after if at_start else before).strip(_SEPARATORS)
            return replace(block, date=one.date, beside=rest)
    return block


def _block(line: str, paragraph: int) -> Block:
    heading = _HASHES.match(line)
    text = heading.group(1) if heading else line
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
    text, link = _take_link(_PICTURE.sub("", text))
    text = clean(_STRONG.sub(r"\2", text))
    return Block(text, paragraph, link, is_bullet=bool(bullet))


def _take_link(text: str) -> tuple[str, str]:
    """Return the text without addresses, and the first of them."""
    links: list[str] = []

    def keep_words(match: re.Match[str]) -> str:
        links.append(match.group(2))
        return match.group(1)

    def drop(match: re.Match[str]) -> str:
        links.append(match.group(1))
        return " "

    text = _ANGLED.sub(drop, _INLINE_LINK.sub(keep_words, text)).strip()
    if bare := _BARE.match(text):
        links.append(bare.group(1))
        text = ""
    elif trailing := _TRAILING.match(text):
        text = trailing.group(1).rstrip(" -–—|:>→")
        links.append(trailing.group(2))
    return text, links[0].rstrip(".,;") if links else ""


def _unwrapped(text: str) -> Iterator[tuple[str, int]]:
    """Yield lines with the number of their paragraph; wrapped paragraphs as one line."""
    paragraphs = _paragraphs(text)
    width = _wrap_width(paragraphs)
    for number, lines in enumerate(paragraphs):
        whole = last = ""
        for line in lines:
            if whole and not (width and _is_broken(last, line, width)):
                yield whole, number
                whole = ""
            whole = f"{whole} {line.strip()}" if whole else line.rstrip()
            last = line.rstrip()
        if whole:
            yield whole, number


def _is_broken(line: str, following: str, width: int) -> bool:
    """Say whether a line ends only because its next word did not fit."""
    starts_anew = _BULLET.match(following) or _HASHES.match(following)
    word = following.split(maxsplit=1)[0]
    return not starts_anew and len(line.rstrip()) + 1 + len(word) > width - 2


def _paragraphs(text: str) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines()[:MAX_LINES]:
        if not line.strip() or _RULE.match(line):
            paragraphs.append([])
        else:
            paragraphs[-1].append(line[:5_000])
    return [lines for lines in paragraphs if lines]


def _wrap_width(paragraphs: list[list[str]]) -> int:
    """Return the width a text was wrapped at; 0 where each line is a paragraph.

    A wrapped line stops where the next word would not fit, and mostly in mid-sentence.
    """
    longest = max((len(line.rstrip()) for lines in paragraphs for line in lines), default=0)
    breaks = [pair for lines in paragraphs for pair in pairwise(lines)]
    full = [pair for pair in breaks if _is_broken(*pair, longest)]
    inside = [pair for pair in full if pair[1].lstrip()[:1].islower()]
    is_wrapped = len(full) >= 3 and len(inside) * 5 >= len(full) * 2
    return longest if 40 <= longest <= 100 and is_wrapped else 0
