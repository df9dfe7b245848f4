"""What belongs to the best group of a page: its featured first item, its second column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.sources.listing.lines import words_of
from newsletter.sources.listing.outline import Outline, Region
from newsletter.sources.listing.records import HEADINGS
from newsletter.sources.phrases import weight

if TYPE_CHECKING:
    from newsletter.sources.listing.blocks import Block, Group

#: A box with such a name repeats, or leads away from, the list beside it.
_OTHER_LIST = re.compile(
    r"related|popular|most (?:read|viewed|shared)|trending|recommend|see also|archive|categor|"
    r"comment|upcoming|events|tags|links|populaire|plus lus|lire aussi|commentaires|catégories|"
    r"más (?:leíd|vist)|relacionad|comentarios|etiquetas|mais (?:lid|vist)|meist|beliebt|"
    r"kommentar|veranstaltung|più lett|correlat|commenti|читайте также|популярн|комментар|"
    r"похожие|рубрик|الأكثر|مواضيع ذات|热门|相关|排行|人気|関連|जनप्रिय|লোকপ্রিয়",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What two groups must share to be one list."""

    region: Region
    is_dated: bool
    place: tuple[str, str]

    @classmethod
    def of(cls, group: Group) -> _Looks:
        dated = sum(1 for block in group.blocks if block.has_date)
        places = Counter(_place(block.item.link) for block in group.blocks)
        return cls(group.region, dated >= 0.6 * len(group.blocks), places.most_common(1)[0][0])


def _place(link: str) -> tuple[str, str]:
    """Return host and section of an address: what the articles of one list share."""
    parts = urlsplit(link)
    segments = [segment for segment in parts.path.split("/") if segment]
    section = segments[0] if len(segments) > 1 else ""
    # /2016/05/20/title and /2015/...: the year is no section.
    return (parts.hostname or "").removeprefix("www."), re.sub(r"\d+", "0", section)


def companions_of(best: Group, others: Sequence[Group], whole: Outline) -> list[Block]:
    """Return the blocks of other groups that are of the same list as the best one."""
    looks = _Looks.of(best)
    if looks.region in {Region.SIDE, Region.HEADER}:
        return []
    links = {block.item.link for block in best.blocks}
    found: list[Block] = []
    for group in others:
        fresh = [block for block in group.blocks if block.item.link not in links]
        if group is best or len(fresh) < 0.7 * len(group.blocks):
            continue
        if (
            _Looks.of(group) == looks
            and _is_alike(group, best, whole)
            and _is_near(group, best, whole)
        ):
            found += fresh
            links |= {block.item.link for block in fresh}
    return found


def _is_alike(group: Group, best: Group, whole: Outline) -> bool:
    """Say whether titles are of about the same kind, and undated groups told the same way."""
    if any(block.is_in_prose or not block.item.link for block in group.blocks):
        return False
    own = min(weight(block.item.title) for block in group.blocks)
    usual = sum(weight(block.item.title) for block in best.blocks) / len(best.blocks)
    if own < 0.3 * usual:
        return False
    if _are_of_one_kind(group, best, whole) or _go_on(group, best):
        return True
    # "Popular" and "in brief" boxes have dates and headings too, but seldom the same set of all.
    wanted = [has for has in _PARTS if _share(best, has) >= 0.6]
    if not all(_share(group, has) >= 0.6 for has in wanted):
        return False
    unwanted = [has for has in _PARTS if has not in wanted]
    return len(group.blocks) == 1 or not any(_share(group, has) >= 0.6 for has in unwanted)


def _are_of_one_kind(group: Group, best: Group, whole: Outline) -> bool:
    """Say whether all records are dated elements of the same name: big and small "entry"."""
    kinds = {whole.shapes[block.record.root] for some in (group, best) for block in some.blocks}
    is_named = len(kinds) == 1 and "." in next(iter(kinds))
    return (
        is_named
        and group.shape == best.shape
        and all(_share(some, lambda block: block.has_date) == 1 for some in (group, best))
    )


def _go_on(group: Group, best: Group) -> bool:
    """Say whether one list goes on where the other ends: all dated, newest first across both.

    A row of big pictures over a plain list is drawn another way, but its days do not start anew,
    as those of "popular" or "events" would.
    """
    upper, lower = sorted((group, best), key=lambda some: some.blocks[0].record.root)
    days = [[_day(block) for block in some.blocks] for some in (upper, lower)]
    before, after = ([day for day in some if day] for some in days)
    if len(before) < len(upper.blocks) or len(after) < len(lower.blocks):
        return False
    is_descending = before == sorted(before, reverse=True) and after == sorted(after, reverse=True)
    return is_descending and before[-1] >= after[0] and before[0] > after[-1]


def _day(block: Block) -> date | None:
    return block.item.date.as_date() if block.item.date and block.item.date.is_full else None


_PARTS: tuple[Callable[[Block], bool], ...] = (
    lambda block: block.has_date,
    lambda block: block.has_heading,
    lambda block: weight(block.item.summary) >= 30,
    lambda block: block.item.picture is not None,
)


def _share(group: Group, has: Callable[[Block], bool]) -> float:
    return sum(1 for block in group.blocks if has(block)) / len(group.blocks)


def _is_near(group: Group, best: Group, whole: Outline) -> bool:
    """Say whether no heading of its own stands between a group and the best one."""
    one, other = sorted((group, best), key=lambda some: some.blocks[0].record.root)
    end = whole.lasts[one.blocks[-1].record.root]
    start = other.blocks[0].record.root
    between = range(end + 1, start)
    if len(between) > 400 or _pane(whole, end) != _pane(whole, start):
        return False
    # The page's one h1 may stand below its featured item; it heads no box of its own.
    harmless = {"h1"} if whole.tags.count("h1") == 1 else set()
    if any(whole.tags[at] in HEADINGS - harmless for at in between):
        return False
    return not any(_names_another_list(whole, at) for at in between)


def _pane(whole: Outline, index: int) -> int:
    """Return the tab an element lies in; -1 outside tabs: another tab is another list."""
    for at in whole.path(index):
        # <li class="tab-pane-item"> is a member of a pane, not a pane.
        is_box = whole.tags[at] in {"div", "section"}
        if is_box and words_of(whole.nodes[at]) & {"pane", "tabpanel"}:
            return at
    return -1


def _names_another_list(whole: Outline, at: int) -> bool:
    text = (whole.nodes[at].text or "").strip()
    return 0 < len(text) < 40 and bool(_OTHER_LIST.search(text))
