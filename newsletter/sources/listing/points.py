"""How much speaks for a group of blocks being the page's news."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.sources.listing.outline import OUTSIDE, Outline, Region
from newsletter.sources.listing.page_kinds import kind_points
from newsletter.sources.listing.records import HEADINGS
from newsletter.sources.pages import Page, clean
from newsletter.sources.phrases import weight, word_count

if TYPE_CHECKING:
    from newsletter.sources.listing.blocks import Block, Group

#: What stands under such a heading leads away from the page, or repeats what it has elsewhere.
_BESIDE = re.compile(
    r"^\W*(?:related|popular|most (?:read|viewed|shared|popular)|trending|recommended|see also|"
    r"you may also like|les plus lus|à lire aussi|lire aussi|sur le même sujet|lo más|"
    r"más (?:leíd|vist)|relacionad|le puede interesar|mais (?:lid|vist)|leia também|veja também|"
    r"meistgelesen|beliebt|das könnte sie|mehr zum thema|i più letti|più lett|correlat|"
    r"leggi anche|meest gelezen|najczęściej|zobacz też|czytaj także|популярн|читайте также|"
    r"похожие|по теме|самое читаемое|çok okunan|ilgili haber|benzer haber|δημοφιλή|σχετικά|"
    r"διαβάστε επίσης|الأكثر|مواضيع ذات|أخبار ذات|اقرأ أيضا|लोकप्रिय|संबंधित|यह भी पढ़ें|热门|相关|"
    r"排行|点击榜|熱門|相關|人気|関連|ランキング|많이 본|인기|관련)",
    re.I,
)


def points_of(group: Group, whole: Outline, page: Page) -> float:
    """Return how much speaks for a group being the page's news."""
    blocks = group.blocks
    dated = share(block.has_date for block in blocks)
    told = share(weight(block.item.summary) >= 30 for block in blocks)
    headed = share(block.has_heading for block in blocks)
    pictured = share(block.item.picture is not None for block in blocks)
    linked = share(bool(block.item.link) for block in blocks)
    if linked < 0.5 and dated < 0.8:
        return 0.0
    points = _title_points(blocks) + _place_points(group, whole) + _link_points(blocks, page)
    points += 4 * (dated >= 0.6) + 1.5 * (0.2 <= dated < 0.6)
    points += 2.5 * told + 2 * headed + 0.7 * (pictured >= 0.6)
    points += math.sqrt(min(len(blocks), 20)) * 0.8 - {2: 3.0, 3: 0.5}.get(len(blocks), 0.0)
    if not (dated or told or headed or pictured):
        points -= 1 if _title_points(blocks) >= 3 else 2  # bare links may be anything
    points -= _unfounded(blocks, page) if dated < 0.2 else 0.0
    points -= 6 * share(block.is_in_prose for block in blocks)
    # A concert has a day and a price; what has a price alone is for sale.
    points -= (6 if dated >= 0.6 else 12) * share(block.has_price for block in blocks)
    points -= 8 if _BESIDE.match(_heading_over(group, whole)) else 0
    return points - _article_points(group, whole, page)


def _unfounded(blocks: tuple[Block, ...], page: Page) -> float:
    """Return what undated blocks lack: the sections of an "about us" page look like news.

    Their headings lead nowhere; and two or three links with a word of explanation are no list,
    unless the page calls itself news.
    """
    unlinked = share(not block.is_linked for block in blocks)
    if kind_points(page) > 0:
        return 4.0 if unlinked >= 0.5 else 0.0
    pictured = share(block.item.picture is not None for block in blocks)
    return (7.0 - 3 * pictured if unlinked >= 0.5 else 0.0) + (2.0 if len(blocks) <= 3 else 0.0)


def _heading_over(group: Group, whole: Outline) -> str:
    """Return the text of the heading, or of a line in its place, right above a group."""
    first = min(block.record.root for block in group.blocks)
    for at in range(first - 1, max(-1, first - 12), -1):
        text = clean(whole.nodes[at].text_content())[:60] if whole.sizes[at] < 60 else ""
        if text and (whole.tags[at] in HEADINGS or whole.lasts[at] < first):
            return text
    return ""


def share(claims: Iterable[bool]) -> float:
    """Return how many of some claims hold, from 0 to 1."""
    values = list(claims)
    return sum(values) / (len(values) or 1)


def _title_points(blocks: tuple[Block, ...]) -> float:
    length = median(weight(block.item.title) for block in blocks)
    words = median(word_count(block.item.title) for block in blocks)
    points = 3.0 if length >= 40 else 2.0 if length >= 28 else 0.5 if length >= 18 else -2.5
    return points - (2 if words < 3 else 0)


def _place_points(group: Group, whole: Outline) -> float:
    points = {Region.MAIN: 1.5, Region.SIDE: -4.0, Region.HEADER: -3.0}.get(group.region, 0.0)
    total = whole.sizes[0] or 1
    size = sum(whole.sizes[block.record.root] for block in group.blocks)
    return points + 3 * min(1.0, size / total)


def _link_points(blocks: tuple[Block, ...], page: Page) -> float:
    hosts = [urlsplit(block.item.link).hostname or "" for block in blocks if block.item.link]
    own = urlsplit(page.base_url).hostname or ""
    foreign = sum(1 for host in hosts if host.removeprefix("www.") != own.removeprefix("www."))
    return -2.0 if hosts and foreign > len(hosts) / 2 else 0.0


def _article_points(group: Group, whole: Outline, page: Page) -> float:
    """Return how much speaks for the page being one article, with this group beside it."""
    own = _own_elements(group, whole)
    inside = sum(size for at, size in whole.prose if own[at])
    outside = sum(size for _, size in whole.prose) - inside
    points = 6.5 if outside > 300 and outside > inside and _is_headed(whole, own, page) else 0.0
    if outside > 800 and outside > inside:
        points += 2.0 + min(6.0, outside / 700)
        points += 3.0 if page.is_article else 0.0
        # "Related" and "latest" beside an article are bare links; a list with texts may be meant.
        bare = share(weight(block.item.summary) < 30 for block in group.blocks)
        points += 4.0 * bare if outside > 1500 else 0.0
    return points


def _is_headed(whole: Outline, own: bytearray, page: Page) -> bool:
    """Say whether the page has one title, as long as a sentence, in its head and over its text."""
    for at, tag in enumerate(whole.tags):
        if tag in {"h1", "h2"} and not own[at] and whole.regions[at] not in OUTSIDE:
            text = clean(whole.nodes[at].text_content())
            is_long = weight(text) >= 30 and word_count(text) >= 4
            if is_long and page.title.startswith(text[:60]):
                return True
    return False


def _own_elements(group: Group, whole: Outline) -> bytearray:
    """Return for each element of the page whether it belongs to a record of the group."""
    own = bytearray(len(whole.nodes))
    for block in group.blocks:
        pieces = [whole.positions.get(p) for p in block.record.pieces if not isinstance(p, str)]
        for at in (block.record.root, *(piece for piece in pieces if piece is not None)):
            own[at : whole.lasts[at] + 1] = b"\x01" * (whole.lasts[at] + 1 - at)
        # The lines of one paragraph are records, and the paragraph is theirs.
        own[max(0, whole.parents[block.record.root])] = 1
    return own
