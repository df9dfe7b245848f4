"""The HTML: alternative texts, headings, language and direction, hidden text, lost rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import Page, own_texts, shortened, squeezed, text_of

#: Screen readers read an alternative text in one breath; longer belongs into the article.
ALT_AT_MOST = 150
#: Hidden text that says more than a label for screen readers; Gmail (2024) counts it as deceit.
HIDDEN_AT_MOST = 80
_FILE_NAME = re.compile(r"(?i)^\S+\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?)$|^(?:img|dsc|pxl)[_-]?\d+")
#: What says only "picture", in our seven languages.
_EMPTY_WORDS = re.compile(
    r"(?i)(?:image|picture|photo(?:graph)?|logo|icon|banner|img|bild|foto|imagen|imagem|immagine"
    r"|фото|изображение|картинка|صورة|图片|照片|圖片)\W*\d*"
)


def alternatives(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures that say nothing to those who do not see them."""
    for page in candidate.pages:
        titles = {squeezed(item.title).casefold() for item in candidate.issue.items}
        for number, picture in enumerate(page.pictures(), 1):
            where = f"{page.where}, picture {number} ({_file(picture)!r})"
            if "alt" not in picture.attrib:
                yield error(
                    "alt-missing",
                    "the picture has no alternative text",
                    where=where,
                    mend='Write `alt` for the item\'s picture; alt = "" only for an ornament.',
                )
                continue
            problem = _alt_problem(squeezed(picture.get("alt") or ""), titles)
            if problem:
                yield warning(
                    "alt-quality",
                    problem,
                    where=where,
                    mend="Say in a sentence what the picture shows.",
                )


def _alt_problem(alt: str, titles: set[str]) -> str:
    if _FILE_NAME.match(alt):
        return f"the alternative text {shortened(alt)!r} is a file name"
    if alt.startswith(("http://", "https://")):
        return f"the alternative text {shortened(alt)!r} is an address"
    if _EMPTY_WORDS.fullmatch(alt):
        return f"the alternative text {alt!r} says only that there is a picture"
    if alt.casefold() in titles:
        return f"the alternative text {shortened(alt)!r} repeats the title beside it"
    if len(alt) > ALT_AT_MOST:
        return f"the alternative text is {len(alt)} characters long"
    return ""


def _file(picture: HtmlElement) -> str:
    source = picture.get("src") or ""
    if source.startswith("data:"):
        return source.partition(";")[0]
    try:
        return shortened(PurePosixPath(urlsplit(source).path).name or source)
    except ValueError:
        return shortened(source)


def headings(candidate: Candidate) -> Iterator[Finding]:
    """Find headings out of order: screen readers walk through a mail by them."""
    for page in candidate.pages:
        found = [one for one in page.elements if re.fullmatch(r"h[1-6]", one.tag)]
        yield from _first_headings(page, [one for one in found if one.tag == "h1"])
        level = 0
        for heading in found:
            says, new = text_of(heading), int(heading.tag[1])
            where = f"{page.where}, heading {shortened(says)!r}"
            if not says:
                yield warning("heading-empty", f"a heading <h{new}> is empty", where=page.where)
            elif level and new > level + 1:
                yield warning(
                    "heading-order",
                    f"after <h{level}> comes <h{new}>",
                    where=where,
                    mend=f"Make it <h{level + 1}> in the theme.",
                )
            level = new


def _first_headings(page: Page, firsts: list[HtmlElement]) -> Iterator[Finding]:
    if len(firsts) != 1:
        yield warning(
            "heading-order",
            f"there are {len(firsts)} headings <h1>; there should be one, the newsletter's name",
            where=page.where,
            mend="Give the masthead the only <h1> of the theme.",
        )


def language(candidate: Candidate) -> Iterator[Finding]:
    """Find documents that do not say their language or direction."""
    for page in candidate.pages:
        says = (page.root.get("lang") or "").casefold()
        wanted = page.rendered.edition.language.casefold()
        if says.partition("-")[0] != wanted.partition("-")[0]:
            yield error(
                "language",
                f"the HTML says it is in {says!r}, the edition is {wanted!r}",
                where=page.where,
                mend='Write <html lang="{{ language }}"> in the theme.',
            )
        if page.rendered.direction == "rtl" and page.root.get("dir") != "rtl":
            yield error(
                "direction",
                "the edition reads from right to left, the HTML does not say so",
                where=page.where,
                mend='Write <html dir="{{ direction }}"> in the theme.',
            )


def hidden_text(candidate: Candidate) -> Iterator[Finding]:
    """Find text that readers do not see; one preheader at the top is meant to be."""
    for page in candidate.pages:
        wanted = squeezed(page.rendered.preheader)[:40]
        for element in page.elements:
            parent = element.getparent()
            if element not in page.hidden or element.tag in {"style", "title"}:
                continue
            if parent is not None and parent in page.hidden:
                continue
            says = squeezed(element.text_content())
            if len(says) > HIDDEN_AT_MOST and not (wanted and says.startswith(wanted)):
                yield warning(
                    "hidden-text",
                    f"the text {shortened(says)!r} is hidden; mail providers count that as spam",
                    where=page.where,
                    mend="Show it, or take it out of the theme.",
                )


def active_content(candidate: Candidate) -> Iterator[Finding]:
    """Find what mail programs remove or punish: scripts, forms, frames, event handlers."""
    for page in candidate.pages:
        for element in page.root.iter():
            if not isinstance(element.tag, str):
                continue
            handlers = [name for name in element.attrib if str(name).lower().startswith("on")]
            if element.tag in _ACTIVE or handlers:
                what = f"<{element.tag}>" + (f" with {handlers[0]}" if handlers else "")
                yield error(
                    "active-content",
                    f"{what} does not work in mail and makes filters refuse it",
                    where=page.where,
                    mend="Take it out of the theme or the item, and link to a page instead.",
                )


_ACTIVE = frozenset({"script", "form", "iframe", "object", "embed", "applet", "video", "audio"})


def lost_rules(candidate: Candidate) -> Iterator[Finding]:
    """Find CSS rules of the theme that would not reach the reader."""
    for page in candidate.pages:
        for loss in page.rendered.lost_rules:
            yield warning(
                "inlining-lost",
                f"inlining would lose CSS: {shortened(loss, 160)}",
                where=page.where,
                mend="Use plain selectors and values, or move it to the theme's head.css.",
            )


def picture_only(candidate: Candidate) -> Iterator[Finding]:
    """Find mails that are pictures with hardly a word, as spam is."""
    for page in candidate.pages:
        pictures = sum(1 for _ in page.pictures())
        letters = len(
            " ".join(text for one in page.elements for text in own_texts(one, page.hidden))
        )
        if pictures and letters < 200 * min(pictures, 5):
            yield warning(
                "picture-only",
                f"there are {pictures} pictures and only {letters} characters of text",
                where=page.where,
                mend="Write a summary for each item.",
            )


CHECKS: tuple[Check, ...] = (
    alternatives,
    headings,
    language,
    hidden_text,
    active_content,
    lost_rules,
    picture_only,
)
