"""The words: subject, preheader, texts, unresolved fields, names, how to leave."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from newsletter.model.content import RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import Page, shortened, squeezed, without_markers

#: Phones show about 40 columns of a subject, desktops about 75; a Chinese character takes two.
SUBJECT_COLUMNS = 78
#: No inbox shows more; a subject of this length is a text in the wrong place.
SUBJECT_COLUMNS_AT_MOST = 250
#: "Re:" and "Fwd:" in the languages of mail programs; forbidden on bulk mail by Gmail (2024).
_REPLY = re.compile(
    r"\s*(?:re|fwd?|aw|wg|sv|vs|tr|rv|rif|odp|enc|res|回复|回覆|转发|轉寄|答复|رد|ответ|отв|пер)"
    r"\s*(?:\[\d+\])?\s*[::]",
    re.IGNORECASE,
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
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


def subject(candidate: Candidate) -> Iterator[Finding]:
    """Find subjects that are empty, too long, fake a reply or cannot travel."""
    for rendered in candidate.editions:
        where, text = _where(rendered), rendered.subject
        columns = width(text)
        if not squeezed(text):
            yield error("subject-empty", "the subject is empty", where=where, mend=_SET_SUBJECT)
        elif columns > SUBJECT_COLUMNS_AT_MOST:
            yield error(
                "subject-long", f"the subject is {columns} columns long", where=where, mend=_CUT
            )
        elif columns > SUBJECT_COLUMNS:
            yield warning(
                "subject-long",
                f"the subject is {columns} columns long; inboxes cut it at {SUBJECT_COLUMNS}",
                where=where,
                mend=_CUT,
            )
        yield from _subject_form(text, where)


_SET_SUBJECT = "Write a subject in issue.toml."
_CUT = "Put the news first and leave the rest to the preheader."


def _subject_form(text: str, where: str) -> Iterator[Finding]:
    if _CONTROLS.search(text):
        yield error(
            "subject-control",
            f"the subject {_visible(text)!r} holds a control character or line break",
            where=where,
            mend="Type the subject anew in issue.toml, on one line.",
        )
    if any(marker in text for marker in MARKERS.values()):
        yield error(
            "field-unresolved",
            f"the subject {shortened(text)!r} holds a personal field; subjects have none",
            where=where,
            mend="Write the subject without the field.",
        )
    if _REPLY.match(text):
        yield warning(
            "subject-reply",
            f"the subject {shortened(text)!r} looks like a reply or a forwarded message",
            where=where,
            mend="Begin with the news; mail providers count a false 'Re:' as deception.",
        )
    if text and not any(character.isalnum() for character in text):
        yield warning(
            "subject-words",
            f"the subject {shortened(text)!r} has no words",
            where=where,
            mend="Say what is inside in a few words.",
        )


def _visible(text: str) -> str:
    return shortened(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text))


def preheader(candidate: Candidate) -> Iterator[Finding]:
    """Find editions whose second line in the inbox says nothing new."""
    for rendered in candidate.editions:
        text = squeezed(rendered.preheader)
        if not text:
            message = "there is no preheader; the inbox shows the first words of the mail instead"
        elif text.casefold() == squeezed(rendered.subject).casefold():
            message = "the preheader repeats the subject"
        else:
            continue
        yield warning(
            "preheader",
            message,
            where=_where(rendered),
            mend="Write `preheader` in issue.toml: 90 to 130 characters that go on.",
        )


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
                where=_where(rendered),
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
                    yield _unresolved(found[0], f"{_where(rendered)}, {part}", pattern is _FIELD)


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
                "unsubscribe", "the text has no way to leave", where=_where(rendered), mend=mend
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
        yield f"{_where(rendered)}, text", rendered.text
    for page in candidate.pages:
        yield f"{page.where}, HTML", page.visible_text


def _where(rendered: RenderedEdition) -> str:
    return f"edition {rendered.edition.key!r}"


def width(text: str) -> int:
    """Return how many columns a text takes: wide characters two, marks none."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
        if unicodedata.category(one) not in {"Mn", "Me", "Cf"}
    )


CHECKS: tuple[Check, ...] = (
    subject,
    preheader,
    texts,
    fields,
    postal_address,
    unsubscribe,
)
