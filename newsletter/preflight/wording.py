"""The words: titles, texts, unresolved fields, the postal address, how to leave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.model.content import Issue, RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import Page, shortened, squeezed, where_of, width, without_markers

#: Four lines of a phone; longer titles push all others out of sight.
TITLE_COLUMNS = 200
#: Fields of Jinja and of the mailers people come from, never filled by us.
_FIELD = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\{\{|\*\|[A-Z_:]{2,30}\|\*|%%[A-Za-z_ ]{2,30}%%"
    r"|XPERSONALX[A-Z]{1,40}",
    re.DOTALL,
)
#: Not "XXX" (the thirtieth congress) and not "TODO" alone (Spanish for all).
_PLACEHOLDER = re.compile(
    r"(?i:\blorem ipsum\b)|\bTODO:|\b(?:TBD|FIXME|X{4,})\b|\[\[[A-Za-z_ ]{2,30}\]\]|<%.{0,40}?%>"
)


def titles(candidate: Candidate) -> Iterator[Finding]:
    """Find item titles that are texts of their own, or no words at all, in any language."""
    for where, title in _titles(candidate.issue):
        columns = width(title)
        if columns > TITLE_COLUMNS:
            yield warning(
                "title-long",
                f"the title {shortened(title)!r} is {columns} columns long",
                where=where,
                mend="Say the news in a line; the rest belongs into the summary.",
            )
        if not any(character.isalnum() for character in title):
            yield warning(
                "title-words",
                f"the title {shortened(title)!r} has no words",
                where=where,
                mend="Write a title that can be read aloud.",
            )


def _titles(issue: Issue) -> Iterator[tuple[str, str]]:
    for item in issue.items:
        if not item.included:
            continue
        yield f"item {item.key!r}", item.title
        for language, texts in issue.translations.items():
            if (own := texts.items.get(item.key)) and own.title:
                yield f"item {item.key!r} in {language!r}", own.title


def texts(candidate: Candidate) -> Iterator[Finding]:
    """Find editions without words, in the HTML or in the text alternative."""
    if not candidate.editions:
        yield error("text-empty", "the issue has no edition", mend="Set `language` in issue.toml.")
    items = [item for item in candidate.issue.items if item.included]
    if not items and not candidate.issue.intro.strip():
        yield error(
            "issue-empty",
            "the issue has no item and no introduction",
            where=f"issue {candidate.issue.slug!r}",
            mend="Run `newsletter collect`, or set `included = true` for an item in issue.toml.",
        )
    for rendered in candidate.editions:
        if not squeezed(without_markers(rendered.text)):
            yield error(
                "text-empty",
                "the text alternative is empty",
                where=where_of(rendered),
                mend="The theme's issue.txt.j2 writes nothing; compare it with the shipped one.",
            )
    for page in candidate.pages:
        if not squeezed(without_markers(page.visible_text)):
            yield error(
                "text-empty",
                "the HTML shows no text",
                where=page.where,
                mend="Pictures alone are blocked by half of all readers' programs: add text.",
            )


def fields(candidate: Candidate) -> Iterator[Finding]:
    """Find fields that nothing will fill, and text that somebody meant to replace."""
    for rendered in candidate.editions:
        seen: set[str] = set()
        for part, text in _parts(candidate, rendered):
            for pattern in (_FIELD, _PLACEHOLDER):
                for found in pattern.finditer(without_markers(text)):
                    if found[0] in seen:
                        continue
                    seen.add(found[0])
                    yield _unresolved(found[0], f"{where_of(rendered)}, {part}", pattern is _FIELD)


def _unresolved(text: str, where: str, is_field: bool) -> Finding:
    if is_field:
        return error(
            "field-unresolved",
            f"the field {shortened(text)!r} will not be filled",
            where=where,
            mend="Take it out of the text, or correct its name in the theme.",
        )
    return warning(
        "placeholder",
        f"{text!r} looks like text that was to be replaced",
        where=where,
        mend="Write the real text.",
    )


def _parts(candidate: Candidate, rendered: RenderedEdition) -> Iterator[tuple[str, str]]:
    yield "subject", rendered.subject
    yield "preheader", rendered.preheader
    yield "text", rendered.text
    for page in candidate.pages:
        if page.rendered is rendered:
            yield "HTML", page.visible_text
            yield "a link", " ".join(str(link.get("href", "")) for link in page.body.iter("a"))


def postal_address(candidate: Candidate) -> Iterator[Finding]:
    """Find editions that do not say where the sender can be reached by post."""
    address = candidate.identity.postal_address
    if not squeezed(address):
        yield error(
            "postal-address",
            "there is no postal address; law in many countries asks for one",
            where="newsletter.toml",
            mend='Add postal_address = "Street 1, Town, Country" at the top of newsletter.toml.',
        )
        return
    for where, text in _shown(candidate):
        if _bare(address) not in _bare(text):
            yield error(
                "postal-address",
                "the postal address is not shown",
                where=where,
                mend="Show it in the theme's footer: {{ identity.postal_address }}.",
            )


def _bare(text: str) -> str:
    """Return the letters and digits alone: line breaks and commas may differ in a footer."""
    return "".join(character for character in text.casefold() if character.isalnum())


def unsubscribe(candidate: Candidate) -> Iterator[Finding]:
    """Find editions that a reader cannot leave by a link that is seen."""
    marker = MARKERS["unsubscribe_url"]
    mend = "Link to the field `unsubscribe_url` in the theme's footer."
    for rendered in candidate.editions:
        if marker not in rendered.text:
            yield error(
                "unsubscribe", "the text has no way to leave", where=where_of(rendered), mend=mend
            )
    for page in candidate.pages:
        links = [link for link in page.body.iter("a") if marker in (link.get("href") or "")]
        if not links:
            yield error("unsubscribe", "the HTML has no way to leave", where=page.where, mend=mend)
        elif not any(_is_seen(page, link) for link in links):
            yield error(
                "unsubscribe",
                "the link to leave is hidden or has no words",
                where=page.where,
                mend="Show it as plainly as its neighbours.",
            )


def _is_seen(page: Page, link: object) -> bool:
    return link not in page.hidden and bool(squeezed(getattr(link, "text_content", str)()))


def _shown(candidate: Candidate) -> Iterator[tuple[str, str]]:
    """Yield what every part of every edition shows."""
    for rendered in candidate.editions:
        yield f"{where_of(rendered)}, text", rendered.text
    for page in candidate.pages:
        yield f"{page.where}, HTML", page.visible_text


CHECKS: tuple[Check, ...] = (
    titles,
    texts,
    fields,
    postal_address,
    unsubscribe,
)
