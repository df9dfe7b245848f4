"""The news among a page's repeated blocks, found without a feed and without selectors."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.model.content import Item, ItemDate
from newsletter.sources.listing.companions import companions_of
from newsletter.sources.listing.item_dates import (
    DateReader,
    date_of,
    tells_date,
    url_date,
    without_date,
)
from newsletter.sources.listing.item_pictures import picture_of
from newsletter.sources.listing.lines import Line, joined, lines_of, links_in
from newsletter.sources.listing.outline import Outline, Region, outline
from newsletter.sources.listing.page_kinds import kind_points
from newsletter.sources.listing.points import points_of, share
from newsletter.sources.listing.records import (
    HEADINGS,
    Record,
    Seed,
    groups_of,
    lone_record,
    records_of,
    seeds_of,
)
from newsletter.sources.listing.titles import Title, marks_of, summary_of, title_of
from newsletter.sources.pages import Page, absolute
from newsletter.sources.phrases import is_label, weight, word_count

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Fewer points than this and a group is not believed to be news.
ENOUGH = 6.0
#: Only the biggest groups are read in full; a page has dozens of small ones.
_MAX_GROUPS = 40
_MAX_ITEMS = 500


#: What has a price is for sale.
_PRICE = re.compile(
    r"(?:[$€£¥₹₽￥]|\bUSD|\bEUR|\bRs\.?)\s?\d|\d[\d.,\s]*(?:[€£₽円]|(?:\$|EUR|USD|zł|Kč|kr|Ft|TL|руб|р|грн|лв|"
    r"lei|บาท)\b\.?|\s?元)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What a site writes over many items, so that it is no item's title."""

    #: Never a title.
    labels: frozenset[str] = frozenset()
    #: Categories, left out of a link that holds more than them.
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Block:
    """One record of the page, read as an item."""

    item: Item
    record: Record
    has_heading: bool
    #: The title itself is a link.
    is_linked: bool
    #: Something in it is a date, though perhaps one that cannot be told for sure.
    has_date: bool
    has_price: bool
    #: The title stands inside a sentence: a link of a text, not the head of an item.
    is_in_prose: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Records found at alike places, with the points that speak for their being news."""

    blocks: tuple[Block, ...]
    region: Region
    points: float
    shape: str


def block_items(page: Page, reader: DateReader) -> list[Item]:
    """Return the news among the page's repeated blocks, in page order; empty: none convince."""
    body = page.tree.find("body")
    whole = outline(page.tree if body is None else body)
    groups = candidate_groups(whole, page, reader)
    best = max(groups, key=lambda group: group.points, default=None)
    if best is None or best.points + kind_points(page) < ENOUGH:
        return []
    blocks = [*best.blocks, *companions_of(best, groups, whole)]
    blocks += _featured(whole, best, blocks, page, reader)
    blocks.sort(key=lambda block: block.record.root)
    return [block.item for block in blocks]


def _featured(
    whole: Outline, best: Group, blocks: list[Block], page: Page, reader: DateReader
) -> list[Block]:
    """Return the one item above the list that is shown bigger than the others."""
    known = {block.item.link for block in blocks}
    first = min(block.record.root for block in blocks)
    seeds = [seed for seed in seeds_of(whole, page.base_url) if seed.index < first]
    for seed in reversed(seeds[-12:]):
        if not seed.link or seed.link in known or _is_same_page(seed.link, page):
            continue
        record = lone_record(whole, seed, first)
        if record is None:
            continue
        block = _read(whole, record, lines_of(record.pieces), page, reader)
        if block is None:
            continue
        group = Group((block,), whole.regions[record.root], 0.0, whole.shapes[seed.index])
        if companions_of(best, [group], whole):
            return [block]
    return []


def candidate_groups(whole: Outline, page: Page, reader: DateReader) -> list[Group]:
    """Return all groups of alike records, read and weighed."""
    seeds = [seed for seed in seeds_of(whole, page.base_url) if not _is_same_page(seed.link, page)]
    found = []
    for seed_group, records in _distinct_records(whole, groups_of(whole, seeds)):
        blocks = _read_group(whole, records, page, reader)
        if len(blocks) >= 2:
            region = whole.regions[records[0].root]
            shape = whole.shapes[seed_group[0].index]
            group = Group(tuple(blocks), region, 0.0, shape)
            found.append(replace(group, points=points_of(group, whole, page)))
    return found


def _distinct_records(
    whole: Outline, seed_groups: list[list[Seed]]
) -> Iterator[tuple[list[Seed], list[Record]]]:
    """Yield each group of seeds with its records, the best group for the same records only.

    Picture, title, "3 comments" and "read more" of the same items make four groups of seeds.
    """
    taken: list[frozenset[int]] = []
    promising = sorted(seed_groups[: 3 * _MAX_GROUPS], key=_promise, reverse=True)
    for seed_group in promising:
        records = records_of(whole, seed_group[:_MAX_ITEMS])
        roots = frozenset(record.root for record in records)
        if any(len(roots & other) >= 0.9 * max(len(roots), len(other)) for other in taken):
            continue
        taken.append(roots)
        yield seed_group, records
        if len(taken) >= _MAX_GROUPS:
            return


def _promise(seed_group: list[Seed]) -> float:
    """Return how much a group of seeds looks like titles, by its texts alone."""
    texts = [seed.text for seed in seed_group[:50]]
    good = [min(weight(text), 60.0) for text in texts if not is_label(text)]
    # A link around a whole card holds the title, but does not tell where it ends.
    plain = sum(1 for text in texts if weight(text) <= 200) / len(texts)
    return sum(good) / len(texts) * plain * math.sqrt(min(len(seed_group), 30))


def _is_same_page(link: str, page: Page) -> bool:
    return bool(link) and link.split("#")[0] in {
        page.url.split("#")[0],
        page.base_url.split("#")[0],
    }


def _read_group(
    whole: Outline, records: list[Record], page: Page, reader: DateReader
) -> list[Block]:
    lines = [lines_of(record.pieces) for record in records]
    reader = reader.settled(line.text for some in lines for line in some if len(line.text) < 120)
    words = SiteWords(marks=marks_of(lines))
    blocks = []
    for record, some in zip(records, lines, strict=True):
        if block := _read(whole, record, some, page, reader, words):
            blocks.append(block)
    repeated = Counter(title for title, _ in {(b.item.title, b.item.link) for b in blocks})
    for number, block in enumerate(blocks):
        # "Forums:" over every item is a label of the site; a monthly "Board meeting" has no other.
        if repeated[block.item.title] > 1:
            label = replace(words, labels=frozenset((block.item.title,)))
            other = _read(whole, block.record, lines_of(block.record.pieces), page, reader, label)
            if other and other.is_linked and other.item.link == block.item.link:
                blocks[number] = other
    return _with_own_pictures(_of_one_list(whole, _distinct(blocks)))


def _of_one_list(whole: Outline, blocks: list[Block]) -> list[Block]:
    """Return the blocks without those of another list that happens to be built alike.

    A menu or "most read" box beside a list of dated news has no dates.
    """
    lists: dict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        lists[whole.parents[block.record.root]].append(block)
    main = max(lists.values(), key=lambda some: sum(b.has_date for b in some), default=[])
    if len(main) < 3 or share(block.has_date for block in main) < 0.8:
        return blocks
    others = [some for some in lists.values() if len(some) > 1 and some is not main]
    undated = [block for some in others for block in some if not any(b.has_date for b in some)]
    return [block for block in blocks if not any(block is other for other in undated)]


def _with_own_pictures(blocks: list[Block]) -> list[Block]:
    """Drop pictures that stand in several records: buttons, badges, "no picture" pictures."""
    counts = Counter(block.item.picture.url for block in blocks if block.item.picture)
    return [
        replace(block, item=replace(block.item, picture=None))
        if block.item.picture and counts[block.item.picture.url] > 1
        else block
        for block in blocks
    ]


def _read(
    whole: Outline,
    record: Record,
    lines: list[Line],
    page: Page,
    reader: DateReader,
    words: SiteWords | None = None,
) -> Block | None:
    nodes = [whole.nodes[seed.index] for seed in record.seeds]
    words = words or SiteWords()
    title = title_of(
        lines, nodes, lambda text: text in words.labels or reader.is_date(text), words.marks
    )
    if title is None:
        return None
    link = _link_of(record, title, page)
    found = date_of(lines, title, record.pieces, reader) or _date_above(whole, record, reader)
    item = Item(
        title=without_date(title.text, reader),
        link=link,
        date=found or url_date(link),
        summary=summary_of(lines, title, reader.is_date),
        picture=picture_of(record.pieces, page.base_url),
    )
    return Block(
        item=item,
        record=record,
        has_heading=any(run.heading is not None for run in title.runs),
        is_linked=title.link is not None,
        has_date=item.date is not None or tells_date(lines, title, reader),
        has_price=any(_PRICE.search(line.text) for line in lines if len(line.text) < 80),
        is_in_prose=_is_in_prose(lines, title, reader),
    )


def _is_in_prose(lines: list[Line], title: Title, reader: DateReader) -> bool:
    """Say whether words of a sentence stand before the title on its line."""
    if not title.runs:
        return False
    first = title.runs[0]
    for line in lines:
        at = next((number for number, run in enumerate(line.runs) if run is first), None)
        if at is not None:
            around = [
                run for run in line.runs[:at] if run.link is None or run.link is not first.link
            ]
            before = joined(around)  # day and category inside the same link are no sentence
            return word_count(before) >= 3 and not reader.is_date(before.rstrip(" -–—:|"))
    return False


def _link_of(record: Record, title: Title, page: Page) -> str:
    """Return the address of the item: where its title leads, else its seed, else its read-more."""
    if title.link is not None and (link := absolute(title.link.get("href") or "", page.base_url)):
        return link
    if record.link:
        return record.link
    links = [link for _, link in links_in(record.pieces, page.base_url)]
    return Counter(links).most_common(1)[0][0] if links else ""


def _date_above(whole: Outline, record: Record, reader: DateReader) -> ItemDate | None:
    """Return the date that stands as a heading above this record and those after it."""
    node: HtmlElement | None = whole.nodes[record.root]
    for _ in range(3):
        if node is None:
            return None
        for number, earlier in enumerate(node.itersiblings(preceding=True)):
            text = " ".join("".join(earlier.itertext()).split()) if number < 60 else ""
            if number >= 60:
                break
            if 4 <= len(text) <= 40 and (found := reader.parse(text)) and found.day:
                return found
            if earlier.tag in HEADINGS and len(text) > 2:
                break
        node = node.getparent()
    return None


def _distinct(blocks: list[Block]) -> list[Block]:
    """Return each link once, with its best title, where it stands first."""
    best: dict[str, Block] = {}
    for block in blocks:
        key = block.item.link.split("#")[0] or block.item.title
        if key not in best:
            best[key] = block
        elif weight(block.item.title) > weight(best[key].item.title) and not best[key].has_heading:
            best[key] = replace(best[key], item=replace(best[key].item, title=block.item.title))
    return list(best.values())
