"""Translations: what an edition would have to borrow from another language."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.model import strays as model
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import shortened

#: State of a text -> what is said of it.
_STATES = {
    "missing": "not translated",
    "partial": "translated in part",
    "stale": "older than the original",
}


def translations(candidate: Candidate) -> Iterator[Finding]:
    """Find languages with texts that are missing or older than their original.

    For a language that has to be complete they stop the send; else readers of that edition
    see the text of another language, marked as such.
    """
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in candidate.untranslated:
        grouped.setdefault((one.language, one.state), []).append(one.title)
    for (language, state), titles in grouped.items():
        finding = error if language in candidate.complete_languages else warning
        shown = ", ".join(repr(shortened(title, 40)) for title in titles[:3])
        more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
        verb = "is" if len(titles) == 1 else "are"
        yield finding(
            "translation-stale" if state == "stale" else "translation-missing",
            f"in {language!r}, {shown}{more} {verb} {_STATES[state]}",
            where=f"language {language!r}",
            mend=f"Run `newsletter translations export {candidate.issue.slug} "
            f"--language {language}`.",
        )


def strays(candidate: Candidate) -> Iterator[Finding]:
    """Find translations under a mistyped key, which no reader gets to see.

    Those of an item that was taken out are kept in silence: it may come back.
    """
    for one in model.strays(candidate.issue):
        if one.meant:
            yield warning(
                "translation-stray",
                str(one),
                where=f"language {one.language!r}",
                mend=f"Write [items.{one.meant}] in {one.language}.toml.",
            )


CHECKS: tuple[Check, ...] = (translations, strays)
