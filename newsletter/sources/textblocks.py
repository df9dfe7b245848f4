"""A page saved as plain text, cut into blocks: titles, paragraphs, dates, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.sources.dates import parse_date
from newsletter.sources.pages import clean

if TYPE_CHECKING:
    from newsletter.model.content import ItemDate, Source

#: A page of text has a few hundred lines; a book is no news page.
MAX_LINES = 20_000
#: A date with its labels is shorter than this.
_MAX_DATE = 120
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
    #: The date that the block is, where it is nothing else.
    date: ItemDate | None = None
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
        if len(block.text) <= _MAX_DATE:
            day = parse_date(
                block.text, language=language, fetched_at=fetched_at, day_first=source.day_first
            )
            block = replace(block, date=day)
        if block.date is None and not block.is_bullet and (number := _NUMBER.match(block.text)):
            block = replace(block, text=block.text[number.end() :], is_bullet=True)
        blocks.append(block)
    return blocks


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
            starts_anew = not width or _BULLET.match(line) or _HASHES.match(line)
            if whole and (starts_anew or len(last) < width * 0.72):
                yield whole, number
                whole = ""
            whole = f"{whole} {line.strip()}" if whole else line.rstrip()
            last = line.rstrip()
        if whole:
            yield whole, number


def _paragraphs(text: str) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines()[:MAX_LINES]:
        if not line.strip() or _RULE.match(line):
            paragraphs.append([])
        else:
            paragraphs[-1].append(line[:5_000])
    return [lines for lines in paragraphs if lines]


def _wrap_width(paragraphs: list[list[str]]) -> int:
    """Return the width a text was wrapped at; 0 where each line is a paragraph."""
    longest = max((len(line.rstrip()) for lines in paragraphs for line in lines), default=0)
    inner = [len(line.rstrip()) for lines in paragraphs for line in lines[:-1]]
    full = sum(1 for length in inner if length >= longest * 0.75)
    return longest if 40 <= longest <= 100 and full >= 3 and full >= len(inner) * 0.6 else 0
