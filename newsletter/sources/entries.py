"""What a feed says of one item, and the item that becomes of it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.model.content import Item, ItemStatus, Picture
from newsletter.sources.cleaning import MAX_HTML, clean_html, clean_text, clean_title, plain_text
from newsletter.sources.dates import parse_date, parse_machine_date
from newsletter.sources.pages import absolute, clean

if TYPE_CHECKING:
    from newsletter.model.content import ItemDate
    from newsletter.model.sources import Source

#: No newsletter reads further back; a feed of 50,000 items is a mistake or an attack.
MAX_ITEMS = 2_000
#: A description longer than this is the text itself, not a summary of it.
LONG_SUMMARY = 1_000
#: What is then kept of it as the summary.
SHORT_SUMMARY = 500
#: Words of a summary that stand in for a missing title.
_TITLE_WORDS = 12
#: Pictures looked at in a text before it counts as having none.
_MOST_PICTURES = 20

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
#: What most links are: absolute and harmless; joining and checking them would only cost time.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/[!#-;=?-\[\]_a-z~]{0,1500}")
_IMG = re.compile(r"<img\b[^<>]{0,4000}+>", re.I)
_ATTRIBUTE = re.compile(
    r"""\b(src|alt|width|height)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I
)
_SENTENCE_END = re.compile(r"[.!?…。！？؟।۔](?:[\"»”’')\]]*)(?=\s|$)|[。！？]")
#: Drupal repeats title, author and time before the text of each item.
_DRUPAL_FIELD = re.compile(
    r'<span class="[^"<>]{0,100}field--name-(?:title|uid|created)\b[^<>]{0,300}>'
    r"(?:[^<]++|<span\b[^<>]*+>[^<]*+</span>|<(?!/?span\b)[^<>]*+>)*+</span>"
)
#: Pictures that are part of a page's machinery, not of the news.
_MACHINERY = re.compile(
    r"feedburner|feedsportal|doubleclick|/pixel|pixel\.|/tracking|stats\.|gravatar\.com|/emoji/"
    r"|s\.w\.org/images/core|/smilies/|share-?button|\bspacer\b|blank\.gif|counter",
    re.I,
)


@dataclass(slots=True)
class FeedPicture:
    """A picture a feed names, not yet checked."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(slots=True)
class FeedEntry:
    """One entry as its feed wrote it: nothing cleaned, links perhaps relative."""

    title: str = ""
    #: False: the title is HTML, as RSS titles are in practice. True: plain text.
    is_plain_title: bool = False
    link: str = ""
    #: What its links are relative to.
    base: str = ""
    guid: str = ""
    is_permalink: bool = False
    #: The dates it has, the date of publication first.
    dates: list[str] = field(default_factory=list)
    summary: str = ""
    content: str = ""
    pictures: list[FeedPicture] = field(default_factory=list)
    language: str = ""


@dataclass(slots=True)
class Feed:
    """A whole feed as it was written."""

    #: rss, atom or jsonfeed.
    rule: str
    title: str = ""
    link: str = ""
    language: str = ""
    entries: list[FeedEntry] = field(default_factory=list)
    #: How many entries there were, of which at most MAX_ITEMS are in `entries`.
    count: int = 0


def item_of(entry: FeedEntry, feed: Feed, source: Source, *, fetched_at: datetime) -> Item | None:
    """Return the item an entry stands for; None where it has neither title nor text."""
    title = clean(html.unescape(entry.title)) if entry.is_plain_title else clean_title(entry.title)
    title = title[:500]
    body = entry.content or entry.summary
    summary = _summary(entry, feed, title)
    if not title:
        title = first_words(summary)
        if not title:
            return None
    if summary == title:
        summary = ""
    day = _date(entry, source, fetched_at)
    return Item(
        title=title,
        link=_link(entry),
        date=day,
        summary=summary,
        picture=_picture(entry, body),
        language=language_tag(entry.language) or source.language or language_tag(feed.language),
        source=source.name,
        section=source.section,
        content=_content(entry, feed, title, body),
        guid=clean(entry.guid)[:500],
        status=ItemStatus.NEW if day is not None and day.is_full else ItemStatus.UNDATED,
    )


def first_words(text: str) -> str:
    """Return the beginning of a text as a title: the first sentence if it is short."""
    words = text.split()
    end = _SENTENCE_END.search(text)
    if end and len(text[: end.end()].split()) <= _TITLE_WORDS and end.end() <= 120:
        return text[: end.end()].rstrip(".。۔।")
    if len(words) <= _TITLE_WORDS and len(text) <= 120:
        return text
    shortened = " ".join(words[:_TITLE_WORDS])[:120].rstrip(" ,;:–-")
    return f"{shortened}…"


def shorten(text: str, limit: int) -> str:
    """Return a text cut at the end of a sentence, else of a word, within `limit`."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit)]
    if ends and ends[-1] >= limit // 3:
        return text[: ends[-1]].rstrip()
    cut = text[:limit]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:–-") + "…"


def language_tag(text: str) -> str:
    """Return a language as BCP 47 writes it, `pt-BR`; empty for what is none."""
    match = _LANGUAGE.fullmatch(text.strip())
    if match is None:
        return ""
    parts = [part for part in re.split("[-_]", match.group(2)) if part]
    spelled = [
        part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part
        for part in parts
    ]
    return "-".join([match.group(1).lower(), *spelled])


def _link(entry: FeedEntry) -> str:
    if _PLAIN_URL.fullmatch(entry.link):
        return entry.link
    link = absolute(entry.link, entry.base) if entry.link.strip() else ""
    if not link and entry.is_permalink:
        link = absolute(entry.guid, entry.base) if "://" in entry.guid else ""
    return link


def _date(entry: FeedEntry, source: Source, fetched_at: datetime) -> ItemDate | None:
    for text in entry.dates:
        if (day := parse_machine_date(text)) is not None:
            return day
    for text in entry.dates:
        day = parse_date(
            text[:100], language=source.language or entry.language, fetched_at=fetched_at,
            day_first=source.day_first,
        )  # fmt: skip
        if day is not None:
            return day
    return None


def _summary(entry: FeedEntry, feed: Feed, title: str) -> str:
    written = entry.summary
    if "field--name-" in written[:2_000]:
        written = _DRUPAL_FIELD.sub("", written[:MAX_HTML])
    text = plain_text(written) or plain_text(entry.content)
    lines = text.split("\n")
    if len(lines) > 1 and lines[0] == title:
        del lines[0]
    if len(lines) > 1 and _is_signature(lines[-1], title, feed.title):
        lines.pop()
    if sum(map(len, lines)) > LONG_SUMMARY:
        return shorten(" ".join(lines)[: SHORT_SUMMARY * 2], SHORT_SUMMARY)
    return " ".join(lines)


def _is_signature(line: str, title: str, feed_title: str) -> bool:
    """Say whether a line only says where the item first appeared, as WordPress adds it."""
    room = len(title) + len(feed_title) + 80
    named = bool(title) and title in line
    return named and len(line) <= room and (not feed_title or clean_title(feed_title) in line)


def _content(entry: FeedEntry, feed: Feed, title: str, body: str) -> str:
    if not entry.content and len(body) <= LONG_SUMMARY:
        return ""
    safe = clean_html(body, entry.base)
    start = safe.rfind("<p>")
    # Where the item first appeared stands in the last paragraph, and in the summary's too.
    is_signed = start > 0 and _is_signature(plain_text(safe[start:]), title, feed.title)
    return safe[:start].rstrip() if is_signed else safe


def _picture(entry: FeedEntry, body: str) -> Picture | None:
    sized = [one for one in entry.pictures if one.width]
    # The widest that a mail can use; bigger ones only cost the reader.
    sized.sort(key=lambda one: (one.width or 0) if (one.width or 0) <= 1200 else -(one.width or 0))
    for one in [*reversed(sized), *(one for one in entry.pictures if not one.width)]:
        if picture := _checked(one, entry.base):
            return picture
    if "<img" not in body and "<IMG" not in body:
        return None
    for match in islice(_IMG.finditer(body[:200_000]), _MOST_PICTURES):
        if picture := _checked(_of_tag(match.group()), entry.base):
            return picture
    return None


def _of_tag(tag: str) -> FeedPicture:
    found = {
        name.lower(): html.unescape(one or two or three)
        for name, one, two, three in _ATTRIBUTE.findall(tag)
    }
    return FeedPicture(
        found.get("src", ""), found.get("alt", ""), pixels(found.get("width", "")),
        pixels(found.get("height", "")),
    )  # fmt: skip


def pixels(text: str) -> int | None:
    """Return a size in pixels; None for what is none."""
    digits = text.strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None


def _checked(picture: FeedPicture, base: str) -> Picture | None:
    url = absolute(picture.url, base) if picture.url.strip() else ""
    too_small = any(size is not None and size < 32 for size in (picture.width, picture.height))
    if not url or too_small or _MACHINERY.search(url):
        return None
    return Picture(url, clean_text(picture.alt)[:500], picture.width, picture.height)
