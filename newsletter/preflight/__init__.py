"""The gate before sending: findings, and the checks that yield them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.model.content import EditionForm, Issue, RenderedEdition
from newsletter.model.identity import Identity

if TYPE_CHECKING:
    from newsletter.preflight.pages import Page


class Severity(StrEnum):
    """What a finding means for sending."""

    #: Stops the send.
    ERROR = "error"
    #: Informs; a person may waive it.
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where it is and how to mend it."""

    check: str
    severity: Severity
    message: str
    #: "edition 'fr', picture 'lake.jpg'".
    where: str = ""
    mend: str = ""
    #: "who: why" where a person waived it; it then stays visible and stops nothing.
    waived: str = ""


@dataclass(frozen=True, slots=True)
class Untranslated:
    """One text that a language lacks or has in an old form; state is missing, partial or stale."""

    language: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Pictured:
    """One picture of the issue; a failure says why readers do not see it."""

    url: str
    #: Of the item that has it.
    title: str
    failure: str = ""
    #: Where readers get the very file that was found; else empty.
    media_type: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Candidate:
    """What is about to be sent: the issue and every edition as it was rendered."""

    issue: Issue
    identity: Identity
    editions: tuple[RenderedEdition, ...]
    untranslated: tuple[Untranslated, ...] = ()
    #: Languages that have to be complete before a send.
    complete_languages: frozenset[str] = frozenset()
    #: Form of an edition -> the most bytes of HTML and text it may have.
    budgets: Mapping[EditionForm, int] = field(default_factory=dict)
    pictures: tuple[Pictured, ...] = ()
    #: Key of an edition -> what all its pictures weigh together.
    picture_bytes: Mapping[str, int] = field(default_factory=dict)
    #: The most they may weigh; 0: no limit.
    picture_budget: int = 0

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Return the editions that have HTML, parsed once for all checks."""
        from newsletter.preflight.pages import parse

        return tuple(parse(rendered) for rendered in self.editions if rendered.html)


_EDITION = re.compile(r"edition '([^']*)'(.*)", re.DOTALL)

Check = Callable[[Candidate], Iterable[Finding]]


def error(check: str, message: str, *, where: str = "", mend: str = "") -> Finding:
    """Return a finding that stops the send."""
    return Finding(check, Severity.ERROR, message, where, mend)


def warning(check: str, message: str, *, where: str = "", mend: str = "") -> Finding:
    """Return a finding that informs."""
    return Finding(check, Severity.WARNING, message, where, mend)


def run(candidate: Candidate, checks: Sequence[Check] | None = None) -> tuple[Finding, ...]:
    """Return what the checks find, errors first, each thing once.

    Without `checks`, all that need neither network nor other programs. A warning that the
    issue waives is kept and says who waived it; an error cannot be waived.
    """
    from newsletter.preflight.waivers import with_waiver, without_effect

    chosen = standard_checks() if checks is None else checks
    found = gathered(finding for check in chosen for finding in check(candidate))
    waivers = candidate.issue.waivers
    waived = [with_waiver(finding, waivers) for finding in found]
    waived += without_effect(found, waivers)
    return tuple(
        sorted(waived, key=lambda one: (one.severity is Severity.WARNING, bool(one.waived)))
    )


def gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with those that differ only in their edition told once."""
    editions: dict[Finding, dict[str, None]] = {}
    for finding in findings:
        placed = _EDITION.fullmatch(finding.where)
        key = replace(finding, where=placed[2]) if placed else finding
        editions.setdefault(key, {}).update({placed[1]: None} if placed else {})
    return tuple(
        replace(finding, where=_editions(list(keys)) + finding.where) if keys else finding
        for finding, keys in editions.items()
    )


def _editions(keys: list[str]) -> str:
    shown = ", ".join(repr(key) for key in keys[:4])
    more = f" and {len(keys) - 4} more" if len(keys) > 4 else ""
    return f"edition{'s' if len(keys) > 1 else ''} {shown}{more}"


def stops(findings: Iterable[Finding]) -> bool:
    """Say whether anything found stops the send."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def standard_checks() -> tuple[Check, ...]:
    """Return every check that judges the issue by itself."""
    from newsletter.preflight import (
        clients,
        contrast,
        links,
        manners,
        markup,
        pictures,
        subjects,
        translated,
        weekdays,
        weight,
        wording,
    )

    parts = (
        subjects,
        wording,
        translated,
        markup,
        links,
        weight,
        pictures,
        contrast,
        clients,
        manners,
        weekdays,
    )
    return tuple(check for part in parts for check in part.CHECKS)
