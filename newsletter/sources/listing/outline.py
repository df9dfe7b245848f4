"""A page's visible elements in document order, each with its region and its shape."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.sources.phrases import weight, words_in

if TYPE_CHECKING:
    from lxml.html import HtmlElement


class Region(StrEnum):
    """Which part of the page an element belongs to, by its tags, roles and class words."""

    MAIN = "main"
    NEUTRAL = "neutral"
    #: Beside the news: related, most read, widgets, advertisements.
    SIDE = "side"
    NAVIGATION = "navigation"
    HEADER = "header"
    FOOTER = "footer"


#: Where no list of news is looked for.
OUTSIDE = frozenset({Region.NAVIGATION, Region.FOOTER})

_INVISIBLE = words_in(
    """
    script style noscript template svg iframe object select textarea button head map audio
    video canvas math dialog datalist
    """
)
_WORDS = {
    Region.NAVIGATION: """
        nav navi navbar navigation menu menus mainmenu submenu topmenu navmenu menubar megamenu
        breadcrumb breadcrumbs crumbs crumb pagination paginator pager paging pagenavi wppagenavi
        sitemap dropdown langs languages langswitcher languageswitcher tagcloud tagcloudlink
        social socials share sharing addthis cookie cookies consent gdpr login signin searchform
        searchbox ticker newsticker marquee toolbar skiplinks skip alphabet letters menue
        nawigacja navigacija navegacion navegacao navigazione
        """,
    Region.FOOTER: """
        footer foot colophon pagefooter sitefooter subfooter footermenu fuss fusszeile footerwrap
        copyright credits podval stopka rodape
        """,
    Region.HEADER: """
        masthead siteheader pageheader topbar mainheader headerwrap kopf kopfzeile cabecera
        cabecalho entete testata shapka banner leaderboard hero-nav
        """,
    Region.SIDE: """
        sidebar sidebars aside rail widget widgets related relatedposts popular mostread
        mostpopular mostviewed trending recommended recommendations recentcomments comments
        comment commentlist promo promos advert adverts advertisement ads adsense sponsor sponsors
        sponsored newsletter subscribe twitter facebook instagram authorbox seealso sidenav
        sidecolumn sidecol rightcol rightcolumn rightbar rightside leftbar sideblock blogroll
        archives calendar poll popup modal lightbox overlay seitenleiste marginalspalte lateral
        barralateral colonnadestra populares masleidas maisleidas tooltip tagcloud
        relacionadas relacionados alsoread readalso poluparnye reklama similar
        """,
    Region.MAIN: """
        main content maincontent contents primary article articles posts entries newslist inhalt
        hauptinhalt contenido conteudo contenu contenuto principal listing newsitems
        """,
}
_REGION_OF_WORD = {word: region for region, text in _WORDS.items() for word in text.split()}
_TAGS = {
    "nav": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "footer": Region.FOOTER,
    "aside": Region.SIDE,
    "main": Region.MAIN,
}
_ROLES = {
    "navigation": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "search": Region.NAVIGATION,
    "contentinfo": Region.FOOTER,
    "complementary": Region.SIDE,
    "dialog": Region.SIDE,
    "alertdialog": Region.SIDE,
    "main": Region.MAIN,
}
#: In a class name, these speak of the page's layout and not of this element.
_LAYOUT = words_in(
    """
    has no with without is not layout elementor toggle
    """
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPLIT = re.compile(r"[^0-9A-Za-z]+")
_DIGITS = re.compile(r"\d+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
#: Class words that number, colour or sort the members of a list and say nothing of their kind.
_NOISE = words_in(
    """
    odd even first last alt alternate sticky active current clearfix cf row col left right
    hover item clear group new featured lead big small large top bottom middle center selected
    open
    """
)
#: "views-row-first", "item_odd"
_ORDER = re.compile(r"(?:^|[-_])(?:first|last|odd|even|alt|active|current)(?=$|[-_])")
#: Members of a list are all of one kind, whatever classes single ones have.
_MEMBERS = words_in("li tr dt dd article")
_NOISE_STARTS = (
    "category-",
    "tag-",
    "post-",
    "format-",
    "status-",
    "type-",
    "col-",
    "span",
    "grid-",
)
#: Shorter texts are labels and titles.
_SENTENCE = 80
_NO_PROSE = words_in("a li dt h1 h2 h3 h4 h5 h6 b strong em i span")
_EMPHASIS = words_in("b strong em i span font")
#: A region is not believed when it holds most of the page.
_MOST_OF_PAGE = 0.6


@dataclass(slots=True)
class Outline:
    """The visible elements of a page in document order; all lists run parallel."""

    nodes: list[HtmlElement] = field(default_factory=list)
    #: Index of the parent; -1 for the root.
    parents: list[int] = field(default_factory=list)
    #: Index of the last element inside.
    lasts: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    #: Length of the text inside, links included.
    sizes: list[int] = field(default_factory=list)
    #: Tag and most telling class.
    shapes: list[str] = field(default_factory=list)
    positions: dict[HtmlElement, int] = field(default_factory=dict)
    #: Paragraphs of running text outside links: index and weight.
    prose: list[tuple[int, int]] = field(default_factory=list)

    def holds(self, outer: int, inner: int) -> bool:
        """Say whether one element is, or lies inside, the other."""
        return outer <= inner <= self.lasts[outer]

    def path(self, index: int) -> list[int]:
        """Return the indexes from an element up to the root."""
        found = []
        while index >= 0:
            found.append(index)
            index = self.parents[index]
        return found


def outline(root: HtmlElement) -> Outline:
    """Return the outline of what a reader sees under an element."""
    result = Outline()
    _walk(root, result)
    _measure(result)
    _shape(result)
    _label(result)
    _find_prose(result)
    return result


def _walk(root: HtmlElement, result: Outline) -> None:
    """Fill nodes, parents and tags without recursion: pages nest as deep as they like."""
    stack = [(root, -1)]
    while stack:
        node, parent = stack.pop()
        if not isinstance(node.tag, str) or is_invisible(node):
            continue
        index = len(result.nodes)
        result.nodes.append(node)
        result.parents.append(parent)
        result.tags.append(node.tag)
        result.positions[node] = index
        stack.extend((child, index) for child in reversed(node))


def is_invisible(node: HtmlElement) -> bool:
    """Say whether a browser would show nothing of an element's text."""
    if not isinstance(node.tag, str) or node.tag in _INVISIBLE:
        return True
    if node.get("hidden") is not None or node.get("type") == "hidden":
        return True
    style = node.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))


def _measure(result: Outline) -> None:
    count = len(result.nodes)
    result.lasts = list(range(count))
    result.sizes = [len((node.text or "").strip()) for node in result.nodes]
    for index in range(count - 1, 0, -1):
        parent = result.parents[index]
        result.lasts[parent] = max(result.lasts[parent], result.lasts[index])
        tail = len((result.nodes[index].tail or "").strip())
        result.sizes[parent] += result.sizes[index] + tail


def _find_prose(result: Outline) -> None:
    """Note the elements whose own text, not counting links, is at least a sentence long."""
    for index, node in enumerate(result.nodes):
        is_beside = result.regions[index] not in {Region.MAIN, Region.NEUTRAL}
        if node.tag in _NO_PROSE or result.sizes[index] < _SENTENCE / 2.5 or is_beside:
            continue
        own = [node.text or ""]
        for child in node:
            own.append(child.tail or "")
            if isinstance(child.tag, str) and child.tag in _EMPHASIS:
                own.append("".join(child.itertext()))
        # Forty ideographs are a sentence as long as a hundred letters.
        size = sum(weight(text.strip()) for text in own)
        if size >= _SENTENCE:
            result.prose.append((index, int(size)))


def _shape(result: Outline) -> None:
    tokens = [_tokens(node.get("class", "")) for node in result.nodes]
    counts = Counter(token for some in tokens for token in set(some))
    members: dict[tuple[int, str], list[int]] = defaultdict(list)
    for index, tag in enumerate(result.tags):
        if tag in _MEMBERS:
            members[result.parents[index], tag].append(index)
    for siblings in members.values():
        shared = Counter(token for index in siblings for token in set(tokens[index]))
        for index in siblings:
            # Of ten rows, "views-row-first" and "highlight" mark one: they name no kind of rows.
            tokens[index] = [t for t in tokens[index] if shared[t] * 2 >= len(siblings)]
    for tag, some in zip(result.tags, tokens, strict=True):
        # Of "item news-item category-sport" the commonest word is what the members share.
        best = max(some, key=lambda token: (counts[token], token), default="")
        result.shapes.append(f"{tag}.{best}" if best and counts[best] > 1 else tag)


def _tokens(classes: str) -> list[str]:
    tokens = []
    for token in classes.lower().split()[:12]:
        if token.startswith(_NOISE_STARTS):
            continue
        token = _ORDER.sub("", _DIGITS.sub("", token)).strip("-_")
        if len(token) > 1 and token not in _NOISE:
            tokens.append(token)
    return tokens


def _label(result: Outline) -> None:
    whole = (result.sizes[0] if result.sizes else 0) or 1
    for index, node in enumerate(result.nodes):
        parent = result.parents[index]
        inherited = result.regions[parent] if parent >= 0 else Region.NEUTRAL
        own = _own_region(node, inherited)
        if own not in {Region.MAIN, Region.NEUTRAL} and result.sizes[index] > _MOST_OF_PAGE * whole:
            own = Region.NEUTRAL
        result.regions.append(_combined(inherited, own))


def _combined(inherited: Region, own: Region) -> Region:
    if own is Region.NEUTRAL or inherited in OUTSIDE:
        return inherited
    if own is Region.MAIN:
        # "content" inside a sidebar is the sidebar's content.
        return inherited if inherited in {Region.SIDE, Region.HEADER} else own
    return own


def _own_region(node: HtmlElement, inherited: Region) -> Region:
    tag = node.tag
    role = (node.get("role") or "").lower()
    if role in _ROLES:
        return _ROLES[role]
    if tag in _TAGS:
        return _TAGS[tag]
    if tag in {"body", "html", "a", "article", "li", "h1", "h2", "h3", "h4", "time", "tr", "p"}:
        return Region.NEUTRAL
    if tag == "header" and inherited is Region.NEUTRAL:
        return Region.HEADER
    return _region_by_words(f"{node.get('id') or ''} {node.get('class') or ''}", inherited)


def _region_by_words(names: str, inherited: Region) -> Region:
    found = Region.NEUTRAL
    for name in names.split()[:14]:
        words = [word.lower() for word in _SPLIT.split(_CAMEL.sub("-", name)) if word]
        hits = {_REGION_OF_WORD.get(word) for word in (*words, "".join(words))} - {None}
        if not hits or _LAYOUT.intersection(words):
            continue
        if Region.MAIN in hits:
            # "main-menu" is a menu; "content-sidebar-wrap" holds both.
            hits = {Region.NEUTRAL} if "wrap" in words else hits - {Region.MAIN} or hits
        if Region.SIDE in hits and "widget" in words and inherited is Region.MAIN:
            continue
        region = min((hit for hit in hits if hit), key=list(Region).index)
        if found in {Region.NEUTRAL, Region.MAIN}:
            found = region
    return found
