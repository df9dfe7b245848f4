"""The whole texts of the items, as a light edition carries them: few tags, bounded weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from newsletter.model.editions import EditionContent, EditionItem, LocalText
from newsletter.model.message import without_markers

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: A light edition of 12 items stays under 20 kB; this is what its texts may take of it.
BUDGET_BYTES = 10_000
#: Titles, addresses and the editor's words of 12 usual items: what is more comes off the budget.
_USUAL_WORDS_BYTES = 3_000
#: nh3 is worse than linear on hostile nesting (run with 0.3.8): bound what it is handed.
_MOST_CHARACTERS = 65_536
#: Tells the reader that the page, to which the title leads, says more.
_GOES_ON = Markup("<p>…</p>")
_TAGS = {"a", "b", "blockquote", "br", "em", "i", "li", "ol", "p", "strong", "ul"}
_INLINE = {"a", "b", "br", "em", "i", "strong"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
#: Read for the blocks they hold, never written.
_FRAMES = {"article", "div", "figure", "main", "section", "table", "tbody", "td", "tr"}


def budget_of(content: EditionContent) -> int:
    """Return what whole texts may take of an edition: less where its own words are heavy.

    Cyrillic and Arabic letters take two bytes each, Chinese ones three.
    """
    words = [str(content.intro)]
    for item in content.items:
        words += [str(item.title), item.link]
    for link in content.quick_links:
        words += [str(link.title), link.link]
    return max(0, BUDGET_BYTES - max(0, sum(map(_size, words)) - _USUAL_WORDS_BYTES))


def whole_texts(
    items: Sequence[EditionItem], budget_bytes: int = BUDGET_BYTES
) -> dict[str, Markup]:
    """Return item key -> its whole text as HTML, "" where there is none.

    Each item gets an equal share of the budget, and what shorter texts leave over. A
    longer text ends after the last paragraph that fits, with "…"; an item whose first
    paragraph is too long has none, and is told by its summary.
    """
    texts = {item.key: Markup("") for item in items}
    waiting = sorted(
        ((item.key, _paragraphs(item.content)) for item in items if item.content),
        key=lambda pair: sum(_size(one) for one in pair[1]),
    )
    left = budget_bytes
    for at, (key, paragraphs) in enumerate(waiting):
        texts[key] = _fitting(paragraphs, left // (len(waiting) - at))
        left -= _size(texts[key])
    return texts


def _fitting(paragraphs: Sequence[Markup], share_bytes: int) -> Markup:
    taken = Markup("")
    for at, paragraph in enumerate(paragraphs, start=1):
        is_last = at == len(paragraphs)
        if _size(taken) + _size(paragraph) + (0 if is_last else _size(_GOES_ON)) > share_bytes:
            return taken + _GOES_ON if taken else taken
        taken += paragraph
    return taken


def _paragraphs(content: LocalText) -> list[Markup]:
    """Return the text's blocks, cleaned again: what is mailed may have been edited by hand."""
    import nh3
    from lxml.html import fragment_fromstring

    cleaned = nh3.clean(
        content.text[:_MOST_CHARACTERS],
        tags=_TAGS | _HEADINGS | _FRAMES,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # Again: a marker may have been written with entities, which are characters only now.
    clean = without_markers(cleaned)
    return list(_blocks(fragment_fromstring(clean, create_parent="div"))) if clean.strip() else []


def _blocks(frame: HtmlElement) -> Iterator[Markup]:
    """Return a frame's paragraphs and lists in order; loose text becomes paragraphs."""
    from lxml.html import tostring

    loose = Markup("{}").format(frame.text or "")
    for one in frame:
        tail, one.tail = one.tail or "", None
        if one.tag in _INLINE:
            loose += Markup(tostring(one, encoding="unicode"))  # noqa: S704 - cleaned by nh3
        else:
            yield from _paragraph(loose)
            loose = Markup("")
            yield from _blocks_of(one)
        loose += Markup("{}").format(tail)
    yield from _paragraph(loose)


def _blocks_of(block: HtmlElement) -> Iterator[Markup]:
    from lxml.html import tostring

    if block.tag in _FRAMES:
        yield from _blocks(block)
    elif block.tag in _HEADINGS:
        yield Markup("<p><b>{}</b></p>").format(" ".join(block.text_content().split()))
    elif block.text_content().strip():
        yield Markup(tostring(block, encoding="unicode"))  # noqa: S704 - cleaned by nh3


def _paragraph(loose: Markup) -> Iterator[Markup]:
    if loose.striptags().strip():
        yield Markup("<p>{}</p>").format(loose.strip())


def _size(html: str) -> int:
    return len(html.encode())
