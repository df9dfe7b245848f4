"""The title and the summary of one record, as a careful editor would copy them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from newsletter.sources.listing.lines import Line, Run, joined, words_of
from newsletter.sources.pages import clean
from newsletter.sources.phrases import is_label, is_read_more, weight, word_count, words_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_TITLE = 300
#: What is left of a card without its date and category is a title from here on.
_LEAST_TITLE = 12
#: A summary that a reader takes in at a glance; the article is a click away.
MAX_SUMMARY = 600
#: Lines that say who, where and how often, never what.
_ABOUT = words_in(
    """
    author byline meta entrymeta postmeta tags tag taglist category categories cat catlinks
    comments comment share social sharing rating date time datetime published posted timestamp
    breadcrumb more readmore price rubric label labels badge source views counter fecha datum
    kategorie autor auteur autore caption credit copyright kicker topline info ad ads advert
    sponsor button btn link links location venue cate categ icon ico
    """
)
_TITLE = words_in(
    """
    title headline titel titre titulo titolo subject name tit ttl baslik
    """
)
_SUMMARY = words_in(
    """
    summary excerpt teaser intro introtext description desc abstract lead snippet preview
    anons resumen bajada articlebody
    """
)
_BYLINE = re.compile(
    r"(?:posted|published|written|submitted|by|from|author|filed|categor\w+|tags?|tagged|location|where|when|"
    r"par|publié|por|publicado|von|veröffentlicht|di|pubblicato|door|geplaatst|автор|опубликовано|категория|"
    r"рубрика|метки|источник|مؤلف|بقلم|كتب|作者|来源|來源|投稿|カテゴリ)\b[^.!?]{0,90}$",
    re.I,
)
_CUT_MARK = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.|&hellip;)\s*\]|\(\s*…\s*\))\s*$")
_TAIL_LINK = re.compile(r"[\s»›→>]+$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and the runs of text it was read from."""

    text: str
    runs: tuple[Run, ...]

    @property
    def link(self) -> HtmlElement | None:
        """Return the link element the title belongs to."""
        return next((run.link for run in self.runs if run.link is not None), None)


def title_of(
    lines: list[Line],
    seeds: Iterable[HtmlElement],
    is_date: Callable[[str], bool],
    marks: frozenset[str] = frozenset(),
) -> Title | None:
    """Return the record's title; None where nothing in it reads like one.

    In this order: the link or heading the record was found by; another heading; what is
    marked as a title; the longest link; bold text; the first line. `marks` are the texts that
    name a category over many records.
    """

    def is_mark(text: str) -> bool:
        # "2054" may be what a title begins with.
        return text in marks or (is_date(text) and not text.isdigit())

    runs = tuple(run for line in lines for run in line.runs)
    finders: tuple[Callable[[], list[Title]], ...] = (
        lambda: _seed_titles(
            lines,
            tuple(seeds),
            lambda text: text in marks or (is_date(text) and not text.isdigit()),
        ),
        lambda: _heading_titles(runs),
        lambda: _marked_titles(runs),
        lambda: _link_titles(lines),
        lambda: _bold_titles(runs),
    )
    for find in finders:
        titles = [_tidy(title) for title in find()]
        good = [title for title in titles if _reads_like_one(title.text, is_date)]
        if good:
            return good[0]
    plain = (Title(line.text, line.runs) for line in lines)
    return next((title for title in plain if _reads_like_one(title.text, is_date)), None)


def _reads_like_one(text: str, is_date: Callable[[str], bool]) -> bool:
    return bool(text) and weight(text) <= MAX_TITLE and not is_label(text) and not is_date(text)


def _seed_titles(
    lines: list[Line], seeds: tuple[HtmlElement, ...], is_mark: Callable[[str], bool]
) -> list[Title]:
    """Return the titles that seeds give by themselves: those that stand on one line."""
    found = []
    for seed in seeds:
        own = [tuple(run for run in line.runs if seed in run.chain) for line in lines]
        own = [runs for runs in own if joined(runs)]
        if len(own) == 1:
            runs = _without_marks(own[0], seed, is_mark)
            found.append(Title(joined(runs), runs))
    return sorted(found, key=lambda title: -min(weight(title.text), 60))


def _without_marks(
    runs: tuple[Run, ...], seed: HtmlElement, is_mark: Callable[[str], bool]
) -> tuple[Run, ...]:
    """Return the runs of a link around date, category and title that are the title.

    Only where each of them is an element of its own: words set apart in a sentence belong to it.
    """
    parts = [tuple(part) for _, part in groupby(runs, key=lambda run: run.chain[-1:])]
    parts = [part for part in parts if joined(part)]
    if len(parts) < 2 or any(part[0].chain[-1] is seed for part in parts):
        return runs
    kept = [
        part
        for part in parts
        if not (is_mark(joined(part)) or words_of(part[0].chain[-1]) & _ABOUT)
    ]
    title = tuple(run for part in kept for run in part)
    return title if weight(joined(title)) >= _LEAST_TITLE else runs


def _heading_titles(runs: tuple[Run, ...]) -> list[Title]:
    """Return the titles of headings, linked ones first, then higher ones."""
    titles = [(node, title) for node, title in _grouped(runs, lambda run: run.heading)]
    return [t for _, t in sorted(titles, key=lambda pair: (pair[1].link is None, pair[0].tag))]


def _marked_titles(runs: tuple[Run, ...]) -> list[Title]:
    def marked(run: Run) -> HtmlElement | None:
        return next((node for node in run.chain[1:] if words_of(node) & _TITLE), None)

    return [title for _, title in _grouped(runs, marked)]


def _link_titles(lines: list[Line]) -> list[Title]:
    """Return the titles of links, longest first; of a link around a whole card, its lines."""
    titles = []
    for line in lines:
        titles += [title for _, title in _grouped(line.runs, lambda run: run.link)]
    # All anchors of a card share its words: what comes first among the long ones is the title.
    return sorted(titles, key=lambda title: -min(weight(title.text), 30))


def _bold_titles(runs: tuple[Run, ...]) -> list[Title]:
    def bold(run: Run) -> HtmlElement | None:
        return next((node for node in run.chain if node.tag in {"strong", "b"}), None)

    return [title for _, title in _grouped(runs, bold)]


def _grouped(
    runs: tuple[Run, ...], key: Callable[[Run], HtmlElement | None]
) -> list[tuple[HtmlElement, Title]]:
    groups: dict[HtmlElement, list[Run]] = {}
    for run in runs:
        if (node := key(run)) is not None:
            groups.setdefault(node, []).append(run)
    return [(node, Title(joined(own), tuple(own))) for node, own in groups.items()]


def _tidy(title: Title) -> Title:
    """Complete a shortened title from its tooltip, and drop arrows at its end."""
    text = _TAIL_LINK.sub("", title.text)
    shortened = text.rstrip(" .…")
    if text != shortened and title.link is not None and text.endswith(("…", "..", "...")):
        whole = clean(title.link.get("title") or "")
        if whole.startswith(shortened[: len(shortened) * 3 // 4]) and weight(whole) <= MAX_TITLE:
            text = whole
    return Title(text, title.runs)


def marks_of(records: list[list[Line]]) -> frozenset[str]:
    """Return the texts inside links that name a category: few of them, over many records."""
    texts: dict[str, list[str]] = defaultdict(list)
    for lines in records:
        for run in (run for line in lines for run in line.runs):
            inner = run.chain[-1] if run.chain else None
            if run.link is not None and inner is not run.link and inner is not None:
                texts[inner.get("class") or ""].append(clean(run.text))
    found: set[str] = set()
    for name, some in texts.items():
        is_frequent = name and len(some) >= max(4, 0.5 * len(records))
        if is_frequent and len(set(some)) <= 0.6 * len(some) and max(map(weight, some)) <= 30:
            found.update(some)
    return frozenset(found)


def summary_of(lines: list[Line], title: Title, is_date: Callable[[str], bool]) -> str:
    """Return the text of a record beside title, date, author, labels and read-more links."""
    used = frozenset(id(run) for run in title.runs)
    kept: list[str] = []
    for line in lines:
        rest = tuple(run for run in line.runs if id(run) not in used and not _is_more_link(run))
        text = joined(rest)
        if _is_summary(Line(rest) if rest else line, text, title, is_date):
            kept.append(text)
        if sum(map(len, kept)) > MAX_SUMMARY:
            break
    return _shortened(_CUT_MARK.sub("…", " ".join(kept)))


def _is_more_link(run: Run) -> bool:
    return run.link is not None and is_read_more(clean(run.link.text_content())[:80])


def _is_summary(line: Line, text: str, title: Title, is_date: Callable[[str], bool]) -> bool:
    if not text or is_label(text) or is_date(text) or text == title.text:
        return False
    words = line.words()
    if words & _SUMMARY and word_count(text) >= 2:
        return True
    if weight(text) < 100 and (words & _ABOUT or _BYLINE.match(text)):
        return False
    if line.link_share() > 0.6 and weight(text) < 100:
        return False
    return weight(text) >= 30 and word_count(text) >= 4


def _shortened(text: str) -> str:
    if len(text) <= MAX_SUMMARY:
        return text
    cut = text[:MAX_SUMMARY]
    stop = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。", "。", "؟ ", "। "))
    if stop > MAX_SUMMARY // 2:
        return cut[: stop + 1].rstrip()
    space = cut.rfind(" ")
    return (cut[:space] if space > MAX_SUMMARY // 2 else cut).rstrip(" ,;:") + "…"
