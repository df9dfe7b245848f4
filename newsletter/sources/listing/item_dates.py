"""The date of one record: what the page says is the day of the news, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from newsletter.model.content import ItemDate
from newsletter.sources.dates import DateMatch, Role, find_dates, parse_date, parse_machine_date
from newsletter.sources.listing.lines import Line, Run, joined, words_of
from newsletter.sources.pages import clean
from newsletter.sources.phrases import weight, word_count, words_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from newsletter.sources.listing.titles import Title

_DATE_WORDS = words_in(
    """
    date dates datum fecha data time datetime timestamp published posted pubdate datepublished
    postdate entrydate newsdate created calendar tarih datestamp dateline postedon when
    createdate dato zeit datetext pubtime
    """
)
_UPDATED_WORDS = frozenset(
    ("updated", "modified", "datemodified", "lastmod", "enddate", "end", "ends")
)
_PUBLISHED_WORDS = frozenset(("published", "datepublished", "pubdate", "created", "datecreated"))
_META_WORDS = words_in(
    """
    meta info byline submitted details postmeta entrymeta
    """
)
_LABELS = words_in(
    """
    posted published created submitted added written date dated on at by the of publié publiée
    mis en ligne le du publicado publicada el fecha em veröffentlicht erstellt am vom datum
    pubblicato il data opublikowano dodano dnia geplaatst op vydáno dne
    опубликовано добавлено дата от
    """
)
_SEGMENT = re.compile(r"\s*[|•·»]\s*|\s+[-–—/]+\s+")
_SEPARATED = re.compile(r"^\s*(?:[-–—:|•·)\]】]|$)")
_OPENED = re.compile(r"(?:^|[-–—:|•·(\[【>,])\s*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([/-])(\d{1,2})\2((?:\d\d)?\d\d)(?!\d)")
_URL_DATE = re.compile(
    r"[/_=-]t?((?:19|20)\d\d)([/_-]?)(0[1-9]|1[0-2]|[1-9](?=[/_-]))\2"
    r"(0[1-9]|[12]\d|3[01]|[1-9](?=[/_-]))(?=[/_.-]|$)"
)
#: "[05-20]" is a day of some year; "2.1." is a chapter.
_DAY_ALONE = re.compile(r"[\[(（【]\s*\d{1,2}[-/.]\d{1,2}\s*[\])）】]|\d{2}[-/]\d{2}")
_NUMBERS = re.compile(
    r"(?<![\d.])(?:\d{4}([./-])\s?\d{1,2}\1\s?\d{1,2}|\d{1,2}([./-])\s?\d{1,2}\2\s?(?:\d{4}|\d{2}))"
    r"(?!\d|\.\d)"
)
_DAY_LEAF = re.compile(r"(\d{1,2})日?\s+((?:19|20)\d\d)\s?[-./年]\s?(\d{1,2})月?")
_YEAR_LEAF = re.compile(r"((?:19|20)\d\d)年?\s+(\d{1,2})[-./](\d{1,2})")
_OLDEST_YEAR = 1990


def _in_order(text: str) -> str:
    """Return a date that is laid out as a block, the big day over a small month, as one writes it.

    "20" over "2016-05", or "2016" over "05-20", is how Chinese systems draw a calendar leaf.
    """
    if leaf := _DAY_LEAF.fullmatch(text):
        day, year, month = leaf.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    if leaf := _YEAR_LEAF.fullmatch(text):
        year, month, day = leaf.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    return text


@lru_cache(maxsize=8192)
def _parse(text: str, language: str, at: datetime, day_first: bool | None) -> ItemDate | None:
    return parse_date(text, language=language, fetched_at=at, day_first=day_first)


@lru_cache(maxsize=8192)
def _find(text: str, language: str, at: datetime, day_first: bool | None) -> list[DateMatch]:
    return find_dates(text, language=language, fetched_at=at, day_first=day_first)


@dataclass(frozen=True, slots=True)
class DateReader:
    """Reads dates as one source writes them."""

    language: str
    fetched_at: datetime
    day_first: bool | None = None

    def find(self, text: str) -> list[DateMatch]:
        """Return the dates and ranges in a text."""
        if not text or len(text) > 2000:
            return []
        return _find(text, self.language, self.fetched_at, self.day_first)

    def parse(self, text: str) -> ItemDate | None:
        """Return the plausible date a whole text is; None for anything else."""
        if not text or len(text) > 200:
            return None
        found = _parse(_in_order(text), self.language, self.fetched_at, self.day_first)
        return found if self.is_plausible(found) else None

    def is_date(self, text: str) -> bool:
        """Say whether a text is a date or a range of dates and nothing more."""
        if not text or len(text) > 120:
            return False
        if not _WORD.search(text) and re.search(r"\d", text):
            return True  # what has no words is no title, whatever day it is
        matches = self.find(text)
        rest = text
        for match in reversed(matches):
            rest = rest[: match.start] + " " + rest[match.end :]
        words = [word.lower() for word in _WORD.findall(rest)]
        if matches and not words:
            return True
        # "Posted on 20 May 2016" is a date; "Library News, 1 May 2016" and "10 December - Human
        # Rights Day" are titles.
        is_told = len(words) <= 1 or _LABELS.issuperset(words)
        return is_told and self.parse(text) is not None

    def is_plausible(self, found: ItemDate | None) -> bool:
        """Say whether news can be of that day."""
        if found is None:
            return False
        return found.year is None or _OLDEST_YEAR <= found.year <= self.fetched_at.year + 2

    def settled(self, texts: Iterable[str]) -> DateReader:
        """Return a reader that knows the order of day and month where the list itself shows it.

        Beside 25/05/2016 in the same list, 05/06/2016 is no longer ambiguous: 25 is no month.
        """
        if self.day_first is not None:
            return self
        orders = set()
        for text in texts:
            for match in _NUMERIC.finditer(text):
                first, second = int(match.group(1)), int(match.group(3))
                if first > 12 >= second > 0:
                    orders.add(True)
                elif second > 12 >= first > 0:
                    orders.add(False)
        return replace(self, day_first=orders.pop()) if len(orders) == 1 else self


def date_of(
    lines: list[Line], title: Title, pieces: tuple[HtmlElement | str, ...], reader: DateReader
) -> ItemDate | None:
    """Return the date of a record; None where it has none, several, or only a range.

    Machine-readable dates first, then elements that are marked as dates, then lines that are
    dates, then short lines with a date at an edge, then a date before or after the title.
    """
    machine, is_told = _machine_date(pieces, reader)
    if is_told:
        return machine
    runs = tuple(run for line in lines for run in line.runs)
    marked = _marked_texts(runs)
    short = _short_texts(lines, title, reader)
    for texts in (*marked, _whole_texts(lines), short):
        dates, has_range = _dates_in(texts, reader)
        if has_range:
            return None
        if dates:
            return _the_one(dates)
    return _title_date(title, reader) or _dateline(lines, title, reader)


def tells_date(lines: list[Line], title: Title, reader: DateReader) -> bool:
    """Say whether a record speaks of a date at all, be it one that cannot be told for sure."""
    used = frozenset(id(run) for run in title.runs)
    for line in lines:
        rest = joined([run for run in line.runs if id(run) not in used])
        if not rest or weight(rest) > 90:
            continue
        if _has_day(rest, reader):
            return True
    return any(_has_day(text, reader) for text in _whole_texts(lines) if reader.is_date(text))


def _has_day(text: str, reader: DateReader) -> bool:
    # A price, a counter and a page number are numbers too.
    return bool(reader.find(text) or _NUMBERS.search(text) or _DAY_ALONE.fullmatch(text))


def _the_one(dates: list[ItemDate]) -> ItemDate | None:
    """Return the most precise of dates that agree; None where they do not."""
    precise = [found for found in dates if found.is_full] or dates
    days = {(found.year, found.month, found.day) for found in precise}
    return precise[0] if len(days) == 1 else None


def _machine_date(
    pieces: tuple[HtmlElement | str, ...], reader: DateReader
) -> tuple[ItemDate | None, bool]:
    """Return the machine-readable date, and whether there was any at all."""
    published: list[ItemDate] = []
    other: list[ItemDate] = []
    for node in _nodes(pieces):
        value = _machine_value(node)
        found = parse_machine_date(value) if value else None
        if found is None or not reader.is_plausible(found) or not found.is_full:
            continue
        words = words_of(node)
        if words & _PUBLISHED_WORDS:
            published.append(found)
        elif not words & _UPDATED_WORDS:
            other.append(found)
    dates = published or other
    days = {found.as_date() for found in dates}
    return (dates[0] if len(days) == 1 else None), bool(days)


def _nodes(pieces: tuple[HtmlElement | str, ...]) -> list[HtmlElement]:
    return [node for piece in pieces if not isinstance(piece, str) for node in piece.iter()]


def _machine_value(node: HtmlElement) -> str:
    if node.tag == "time":
        return node.get("datetime") or ""
    if (node.get("itemprop") or "").lower() in {"datepublished", "datecreated", "startdate"}:
        return node.get("content") or node.get("datetime") or ""
    if node.tag == "abbr" and words_of(node) & {"published", "dtstart", "date"}:
        return node.get("title") or ""
    return ""


def _marked_texts(runs: tuple[Run, ...]) -> tuple[list[str], list[str]]:
    """Return the texts of elements whose names say that they hold a date: published, other."""
    groups: dict[HtmlElement, list[str]] = {}
    for run in runs:
        named = [node for node in run.chain[1:] if _names_a_date(node)]
        if any(_names_an_update(node) for node in run.chain[1:]):
            continue
        for node in named:
            groups.setdefault(node, []).append(run.text)
    published: list[str] = []
    other: list[str] = []
    for node, texts in groups.items():
        text = clean(" ".join(texts))
        if len(text) <= 120:
            (published if words_of(node) & _PUBLISHED_WORDS else other).append(text)
    return published, other


def _names_a_date(node: HtmlElement) -> bool:
    return node.tag == "time" or bool(words_of(node) & _DATE_WORDS)


def _names_an_update(node: HtmlElement) -> bool:
    words = words_of(node)
    return bool(words & _UPDATED_WORDS) and not words & _PUBLISHED_WORDS


def _whole_texts(lines: list[Line]) -> list[str]:
    """Return the lines; day, month and year on lines of their own come as one."""
    merged: list[str] = []
    for text in (line.text for line in lines):
        is_small = len(text) <= 12 and bool(merged) and weight(merged[-1]) <= 16
        if is_small and re.search(r"\d", merged[-1] + text):
            merged[-1] = f"{merged[-1]} {text}"
        elif len(text) <= 120:
            merged.append(text)
    return merged


def _short_texts(lines: list[Line], title: Title, reader: DateReader) -> list[str]:
    """Return the segments of lines that speak about the news instead of telling it."""
    used = frozenset(id(run) for run in title.runs)
    texts: list[str] = []
    for line in lines:
        rest = tuple(run for run in line.runs if id(run) not in used)
        text = joined(rest)
        limit = 200 if line.words() & _META_WORDS else 90
        plain = joined([run for run in rest if run.link is None])
        if text and weight(plain) <= limit and weight(text) <= 3 * limit:
            if any(match.is_range for match in reader.find(text)):
                continue  # neither end of a range is the day of the news
            texts += [
                _told_text(text, reader),
                *(part for part in _SEGMENT.split(text) if part != text),
            ]
            texts += [_told_text(part, reader) for part in _apart(rest)]
    return texts


def _told_text(text: str, reader: DateReader) -> str:
    """Return a line up to the day it says it was published, leaving out what it counts."""
    for match in reader.find(text)[:1]:
        is_told = match.role is Role.PUBLISHED and word_count(text[: match.start]) <= 3
        # "on 20 May 2016 in", before a link to a category
        if is_told or word_count(text[match.end :]) <= 1:
            return text[: match.end]
    return text


def _apart(runs: tuple[Run, ...]) -> list[str]:
    """Return the texts of a line's elements that stand apart: not inside a sentence."""
    found: list[str] = []
    before = ""
    for _, group in groupby(runs, key=lambda run: run.chain[-1:]):
        some = tuple(group)
        text = joined(some)
        if _OPENED.search(before) or word_count(before) <= 3:
            found.append(text)
        before = "" if some[0].link is not None else f"{before} {text}"
    return found


def _dates_in(texts: list[str], reader: DateReader) -> tuple[list[ItemDate], bool]:
    """Return the dates that texts are, and whether one was a range."""
    dates = []
    for text in texts:
        if found := reader.parse(text):
            dates.append(found)
        elif any(match.is_range for match in reader.find(text)) and reader.is_date(text):
            return [], True
    return dates, False


def _edge_match(text: str, reader: DateReader) -> DateMatch | None:
    """Return the full date set before or after a text: "20.05.2016 - New hours"."""
    for match in reader.find(text):
        before, after = text[: match.start], text[match.end :]
        leads = not before.strip(" ([【") and _SEPARATED.match(after)
        trails = not after.strip(" )]】") and _OPENED.search(before)
        is_plain = match.role in {Role.PLAIN, Role.PUBLISHED} and not match.is_range
        if is_plain and match.date.is_full and (leads or trails):
            return match
    return None


def _title_date(title: Title, reader: DateReader) -> ItemDate | None:
    match = _edge_match(title.text, reader)
    return match.date if match and reader.is_plausible(match.date) else None


def without_date(text: str, reader: DateReader) -> str:
    """Return a title without the date that stands before or after it."""
    match = _edge_match(text, reader)
    if match is None:
        return text
    before = text[: match.start].rstrip(" -–—:|•·,/(【[")
    after = text[match.end :].lstrip(" -–—:|•·,/.)]】")
    rest = before or after
    # "Library News - 1 May 2016" would be nameless without its day.
    return rest if word_count(rest) >= 4 else text


def _dateline(lines: list[Line], title: Title, reader: DateReader) -> ItemDate | None:
    """Return the date a summary opens with: "20 May 2016 – The library ..."."""
    used = frozenset(id(run) for run in title.runs)
    for line in lines:
        text = joined([run for run in line.runs if id(run) not in used])
        for match in reader.find(text[:120])[:1]:
            is_first = not _WORD.search(text[: match.start])
            is_apart = re.match(r"\s*(?:[-–—:|•·]|\.\.\.|…)", text[match.end :])
            if is_first and is_apart and not match.is_range and match.date.is_full:
                return match.date if reader.is_plausible(match.date) else None
    return None


def url_date(link: str) -> ItemDate | None:
    """Return the full date in an address: /2016/05/20/; None where there is none."""
    path = link.split("?")[0].split("#")[0]
    for match in _URL_DATE.finditer(path):
        try:
            return ItemDate(int(match.group(1)), int(match.group(3)), int(match.group(4)))
        except ValueError:
            continue
    return None
