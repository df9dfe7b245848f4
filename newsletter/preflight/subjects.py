"""What an inbox shows first: the subject and the preheader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import shortened, squeezed, where_of, width

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


def subject(candidate: Candidate) -> Iterator[Finding]:
    """Find subjects that are empty, too long, fake a reply or cannot travel."""
    for rendered in candidate.editions:
        where, text = where_of(rendered), rendered.subject
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
        yield _control(text, where)
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


def written_subjects(candidate: Candidate) -> Iterator[Finding]:
    """Find subjects as people wrote them that hold what no header may: it is taken out."""
    issue = candidate.issue
    texts = {issue.language: issue.subject}
    texts |= {language: one.subject for language, one in issue.translations.items()}
    for language, text in texts.items():
        if _CONTROLS.search(text):
            yield _control(text, f"language {language!r}")


def _control(text: str, where: str) -> Finding:
    return error(
        "subject-control",
        f"the subject {_visible(text)!r} holds a control character or line break",
        where=where,
        mend="Type the subject anew, on one line.",
    )


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
            where=where_of(rendered),
            mend="Write `preheader` in issue.toml: 90 to 130 characters that go on.",
        )


CHECKS: tuple[Check, ...] = (subject, written_subjects, preheader)
