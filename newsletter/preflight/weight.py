"""The size of each edition, and what makes it heavy."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from newsletter.model.content import EditionForm
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import Page, shortened, squeezed

#: Gmail shows about 102 KB of a message's HTML, then "[Message clipped]", without the footer.
CLIPPED_BYTES = 102_000
NEAR_BYTES = 90_000
#: What a reader's own links, longer than their markers, may add.
PERSONAL_BYTES = 1_500
#: Gmail drops every style of a mail with more than 16 KB in its <style> blocks.
STYLE_BYTES = 16_384
#: A light edition: 20 KB for 12 items, more items in proportion.
LIGHT_BYTES, LIGHT_ITEMS = 20_000, 12


def size(candidate: Candidate) -> Iterator[Finding]:
    """Find editions that Gmail would cut, with what is biggest in them."""
    for page in candidate.pages:
        total = bytes_of(page.rendered.html) + PERSONAL_BYTES
        if total < NEAR_BYTES:
            continue
        kilobytes = (total + 500) // 1000
        finding = error if total > CLIPPED_BYTES else warning
        verb = "is cut" if total > CLIPPED_BYTES else "is near to being cut"
        yield finding(
            "size",
            f"the HTML has {kilobytes} KB and {verb} by Gmail, which shows 102 KB",
            where=page.where,
            mend=f"Shorten or take out: {'; '.join(biggest(candidate, page))}.",
        )


def biggest(candidate: Candidate, page: Page) -> list[str]:
    """Return the three heaviest parts with their size, "'Title' 14 KB"."""
    found: dict[str, int] = {}
    for style in page.root.iter("style"):
        found["the style sheet"] = found.get("the style sheet", 0) + len(style.text or "")
    for picture in page.pictures():
        if (picture.get("src") or "").startswith("data:"):
            name = f"the picture {shortened(picture.get('alt') or 'without a name', 40)!r}"
            found[name] = len(picture.get("src") or "")
    for title, weight in _items(candidate, page):
        found[repr(shortened(title, 50))] = weight
    heaviest = sorted(found.items(), key=lambda one: -one[1])[:3]
    return [f"{name} {max(1, round(weight / 1000))} KB" for name, weight in heaviest]


def _items(candidate: Candidate, page: Page) -> Iterator[tuple[str, int]]:
    """Yield each item's title with the size of the largest element that is its alone."""
    links = {item.link for item in candidate.issue.items if item.included and item.link}
    for texts in candidate.issue.translations.values():
        links |= {one.link for one in texts.items.values() if one.link}
    seen: set[str] = set()
    for link in page.body.iter("a"):
        target, title = link.get("href") or "", squeezed(link.text_content())
        if target not in links or target in seen or not title:
            continue
        seen.add(target)
        whole = link
        parent = link.getparent()
        while parent is not None and parent is not page.body and _only(parent, target, links):
            whole, parent = parent, parent.getparent()
        yield title, len(etree.tostring(whole, encoding="utf-8", method="html", with_tail=False))


def _only(element: etree._Element, target: str, links: set[str]) -> bool:
    return not any(
        other.get("href") in links and other.get("href") != target for other in element.iter("a")
    )


def styles(candidate: Candidate) -> Iterator[Finding]:
    """Find more style sheet than Gmail reads: it then drops all of it."""
    for page in candidate.pages:
        total = sum(bytes_of(style.text or "") for style in page.root.iter("style"))
        if total > STYLE_BYTES:
            yield error(
                "style-size",
                f"the style blocks have {total} bytes; Gmail drops all above {STYLE_BYTES}",
                where=page.where,
                mend="Keep only media queries in the kept style sheets of the theme.",
            )


def light(candidate: Candidate) -> Iterator[Finding]:
    """Find light editions that are not light."""
    items = sum(1 for item in candidate.issue.items if item.included)
    allowed = LIGHT_BYTES * max(items, LIGHT_ITEMS) // LIGHT_ITEMS
    for page in candidate.pages:
        if page.rendered.edition.form is not EditionForm.LIGHT:
            continue
        total = bytes_of(page.rendered.html)
        if total > allowed:
            yield warning(
                "light-size",
                f"the light edition has {total // 1000} KB; {allowed // 1000} KB are meant to do",
                where=page.where,
                mend=f"Shorten: {'; '.join(biggest(candidate, page))}.",
            )
        remote = [one for one in page.pictures() if not (one.get("src") or "").startswith("data:")]
        if remote:
            yield warning(
                "light-pictures",
                f"the light edition fetches {len(remote)} pictures",
                where=page.where,
                mend="Leave pictures out of the theme's light form.",
            )


def budget(candidate: Candidate) -> Iterator[Finding]:
    """Find editions that cost their readers more than newsletter.toml allows."""
    for rendered in candidate.editions:
        allowed = candidate.budgets.get(rendered.edition.form, 0)
        total = bytes_of(rendered.html) + bytes_of(rendered.text)
        if allowed and total > allowed:
            yield warning(
                "budget",
                f"HTML and text have {total / 1000:.1f} KB; the budget is {allowed / 1000:.0f} KB",
                where=f"edition {rendered.edition.key!r}",
                mend="Shorten summaries or leave items out, or raise [budgets] in newsletter.toml.",
            )


def bytes_of(text: str) -> int:
    """Return how many bytes a text takes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


CHECKS: tuple[Check, ...] = (size, styles, light, budget)
