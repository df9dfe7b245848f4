"""Repeated records of a page: what belongs to each of a group of alike links or headings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from newsletter.sources.listing.outline import OUTSIDE, Outline
from newsletter.sources.pages import absolute, clean

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
#: A page with more links than this is no list of news.
_MAX_SEEDS = 4000
#: One record holds a title, a date, a summary; thousands of elements are the whole page.
_MAX_RECORD_NODES = 1500


@dataclass(frozen=True, slots=True)
class Seed:
    """A link or heading that may name one item."""

    index: int
    #: Empty for a heading without a link.
    link: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """The pieces of the page that speak of one item: neighbouring elements and texts."""

    seeds: tuple[Seed, ...]
    #: Index of the element the record stands in or is.
    root: int
    pieces: tuple[HtmlElement | str, ...]

    @property
    def link(self) -> str:
        """Return the address the record leads to; empty where it has no link."""
        return next((seed.link for seed in self.seeds if seed.link), "")


def seeds_of(page_outline: Outline, base_url: str) -> list[Seed]:
    """Return all links and headings of a page in document order."""
    found: list[Seed] = []
    for index, node in enumerate(page_outline.nodes):
        if node.tag == "a":
            link = absolute(node.get("href") or "", base_url)
            if link:
                found.append(Seed(index, link, clean(node.text_content())[:400]))
        elif node.tag in HEADINGS:
            found.append(
                Seed(index, _heading_link(node, base_url), clean(node.text_content())[:400])
            )
        if len(found) >= _MAX_SEEDS:
            break
    return found


def _heading_link(node: HtmlElement, base_url: str) -> str:
    for inner in node.iter("a"):
        if link := absolute(inner.get("href") or "", base_url):
            return link
    for outer in node.iterancestors("a"):
        return absolute(outer.get("href") or "", base_url)
    return ""


def groups_of(page_outline: Outline, seeds: list[Seed]) -> list[list[Seed]]:
    """Return the seeds that stand at alike places, outside menus and footers, biggest first."""
    groups: dict[tuple[str, ...], list[Seed]] = defaultdict(list)
    shapes = _path_shapes(page_outline, seeds)
    for seed in seeds:
        region = page_outline.regions[seed.index]
        if region not in OUTSIDE:
            groups[(region, *shapes[seed.index])].append(seed)
    return sorted((group for group in groups.values() if len(group) > 1), key=len, reverse=True)


def _path_shapes(page_outline: Outline, seeds: list[Seed]) -> dict[int, tuple[str, ...]]:
    return {
        seed.index: tuple(page_outline.shapes[step] for step in page_outline.path(seed.index))
        for seed in seeds
    }


def records_of(page_outline: Outline, group: list[Seed]) -> list[Record]:
    """Return one record for each member of a group, in page order.

    A record is the largest element that holds its seed and no other one's; where the seeds
    stand flat among what belongs to them (h3 p h3 p; table rows; lines of one paragraph),
    it is the seed with its neighbours.
    """
    roots = _roots(page_outline, group)
    ordered = sorted(roots)
    by_parent: dict[int, list[int]] = defaultdict(list)
    for root in ordered:
        by_parent[page_outline.parents[root]].append(root)
    records = {}
    for parent, siblings in by_parent.items():
        for root, pieces in _with_neighbours(page_outline, parent, siblings):
            records[root] = Record(tuple(roots[root]), root, pieces)
    return [records[root] for root in ordered]


def lone_record(page_outline: Outline, seed: Seed, before: int) -> Record | None:
    """Return the record of a single seed above a list that starts at `before`."""
    root = seed.index
    while (parent := page_outline.parents[root]) > 0 and page_outline.lasts[parent] < before:
        root = parent
    if page_outline.lasts[root] - root > _MAX_RECORD_NODES or page_outline.parents[root] < 0:
        return None
    pieces: list[HtmlElement | str] = [page_outline.nodes[root]]
    for node in page_outline.nodes[root].itersiblings():
        at = page_outline.positions.get(node)
        if at is None or page_outline.lasts[at] >= before or node.tag in HEADINGS:
            break
        pieces.append(node)
    return Record((seed,), root, tuple(pieces))


def _roots(page_outline: Outline, group: list[Seed]) -> dict[int, list[Seed]]:
    """Return the root element of each record with the seeds inside it."""
    paths = [list(reversed(page_outline.path(seed.index))) for seed in group]
    depths = _depths(paths, group)
    depth = _common_depth(depths, paths, group)
    roots: dict[int, list[Seed]] = defaultdict(list)
    for path, seed in zip(paths, group, strict=True):
        roots[path[min(depth, len(path) - 1)]].append(seed)
    return roots


def _depths(paths: list[list[int]], group: list[Seed]) -> list[int]:
    """Return for each seed the depth at which its path leaves those of its neighbours."""
    depths = []
    for number, path in enumerate(paths):
        shared = 0
        for other in (number - 1, number + 1):
            if 0 <= other < len(paths) and not _is_same(group[other], group[number]):
                shared = max(shared, _shared(path, paths[other]))
        depths.append(min(shared, len(path) - 1))
    return depths


def _is_same(one: Seed, other: Seed) -> bool:
    return bool(one.link) and one.link == other.link


def _shared(one: list[int], other: list[int]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _common_depth(depths: list[int], paths: list[list[int]], group: list[Seed]) -> int:
    """Return the depth most records begin at, deep enough to keep the seeds apart."""
    counts = Counter(depths)
    for depth, _ in sorted(counts.items(), key=lambda pair: (-pair[1], -pair[0])):
        kept = {path[min(depth, len(path) - 1)] for path in paths}
        links = {seed.link or seed.index for seed in group}
        if len(kept) >= 0.9 * len(links):
            return depth
    return max(depths)


def _with_neighbours(
    page_outline: Outline, parent: int, roots: list[int]
) -> Iterator[tuple[int, tuple[HtmlElement | str, ...]]]:
    """Yield each root with the pieces of its record."""
    nodes = page_outline.nodes
    flow = _flow(nodes[parent]) if parent >= 0 else []
    places = {id(nodes[root]) for root in roots}
    at = [number for number, piece in enumerate(flow) if id(piece) in places]
    if not _stand_flat(flow, at):
        yield from ((root, (nodes[root],)) for root in roots)
        return
    starts = _starts(flow, at)
    ends = [*starts[1:], _end(flow, starts, at[-1])]
    for root, place, start, end in zip(roots, at, starts, ends, strict=True):
        yield root, tuple(flow[start : _before_heading(flow, place, end)])


def _stand_flat(flow: list[HtmlElement | str], at: list[int]) -> bool:
    """Say whether something stands between most roots that must belong to one of them."""
    gaps = [flow[left + 1 : right] for left, right in pairwise(at)]
    filled = sum(1 for gap in gaps if any(_kind(piece) not in {"br", "hr"} for piece in gap))
    return bool(gaps) and filled * 2 > len(gaps)


def _before_heading(flow: list[HtmlElement | str], place: int, end: int) -> int:
    """Return where a record must end: a heading at least as high starts something else."""
    own = _kind(flow[place])
    for number in range(place + 1, end):
        kind = _kind(flow[number])
        if kind in HEADINGS and (own not in HEADINGS or kind <= own):
            return number
    return end


def _flow(parent: HtmlElement) -> list[HtmlElement | str]:
    """Return an element's children and the texts between them in order."""
    pieces: list[HtmlElement | str] = []
    if parent.text and parent.text.strip():
        pieces.append(parent.text)
    for child in parent:
        if isinstance(child.tag, str):
            pieces.append(child)
        if child.tail and child.tail.strip():
            pieces.append(child.tail)
    return pieces


def _starts(flow: list[HtmlElement | str], at: list[int]) -> list[int]:
    """Return where in the flow each record starts: at its root, or at what leads up to it."""
    kinds = [_kind(piece) for piece in flow]
    gaps = [kinds[left + 1 : right] for left, right in pairwise(at)]
    lead = _lead(kinds[: at[0]], gaps)
    return [place - lead for place in at]


def _lead(before: list[str], gaps: list[list[str]]) -> int:
    """Return how many pieces before a root belong to it: those that stand before the first too."""
    if not gaps:
        return 0
    common = min(gaps, key=len)
    lead = 0
    while (
        lead < min(len(common), len(before))
        and all(gap[-1 - lead] == before[-1 - lead] for gap in gaps)
        and before[-1 - lead] not in {"br", "hr"}
    ):
        lead += 1
    return lead


def _end(flow: list[HtmlElement | str], starts: list[int], place: int) -> int:
    """Return where the last record ends: it is built like the one before it."""
    before, start = starts[-2], starts[-1]
    model = [_kind(piece) for piece in flow[before:start]][place - start :]
    end = place + 1
    while end < len(flow) and end - place < len(model) and _kind(flow[end]) in model:
        end += 1
    return end


def _kind(piece: HtmlElement | str) -> str:
    return "text" if isinstance(piece, str) else str(piece.tag)
