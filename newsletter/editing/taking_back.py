"""A returned translation merged into an issue's texts: nothing lost, nothing half-taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsletter.editing.toml_text import printable
from newsletter.editing.translations import ISSUE_FIELDS, Unit, units
from newsletter.model.content import Issue, IssueTexts, ItemTexts

#: A translation longer than this many times its original is worth a second look.
LONG_FACTOR = 2.5
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,80}\}\}|\{\w{1,40}\}|%\(\w{1,40}\)s|%[sd]\b")
#: Without what ends the sentence: other languages end theirs with other signs.
_ADDRESS = re.compile(
    r"https?://[^\s<>()\[\]\"'“”«»]{0,2000}[^\s<>()\[\]\"'“”«».,;:!?،؛؟。，；：！？、]"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A returned text that was not taken, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Merged:
    """An issue's texts after a file came back: what was taken, refused, doubted."""

    texts: IssueTexts
    taken: tuple[str, ...] = ()
    #: Not changed, and said to be right still, now that the original has changed.
    confirmed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    #: Translated since the file was handed out: what stood there was kept.
    conflicts: tuple[str, ...] = ()
    doubts: tuple[Refused, ...] = ()

    @property
    def has_news(self) -> bool:
        """Say whether the texts are others than before."""
        return bool(self.taken or self.confirmed)


def merge(
    issue: Issue, language: str, returned: Sequence[Unit], *, replace_conflicts: bool = False
) -> Merged:
    """Return the texts of a language with what a volunteer sent back.

    An empty text takes nothing away; a text that somebody changed since the file was
    handed out is kept and named, unless `replace_conflicts`; a text that lost a
    placeholder or an address is refused and named.
    """
    known = {unit.id: unit for unit in units(issue, language)}
    state = _Merging()
    for unit in returned:
        if unit.id in known:
            _take(state, known[unit.id], unit, replace_conflicts)
        elif unit.translation.strip():
            state.refused.append(Refused(unit.id, "the issue has no such text any more"))
    texts = issue.translations.get(language, IssueTexts())
    for name, text in state.taken.items():
        texts = _with(texts, name, text)
    return Merged(
        _of_the_originals(texts, known, state),
        tuple(state.taken),
        tuple(state.confirmed),
        tuple(state.unchanged),
        tuple(state.refused),
        tuple(state.conflicts),
        tuple(state.doubts),
    )


@dataclass
class _Merging:
    """What has been decided so far."""

    taken: dict[str, str] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)
    #: Text -> fingerprint of the original that the volunteer had.
    of: dict[str, str] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    doubts: list[Refused] = field(default_factory=list)


def _take(state: _Merging, known: Unit, unit: Unit, replace_conflicts: bool) -> None:
    text = printable(unit.translation).strip()
    if text == known.translation and _confirms(known, unit):
        state.confirmed.append(unit.id)
        state.of[unit.id] = unit.of
    elif not text or text == known.translation:
        state.unchanged.append(unit.id)
    elif problem := _problem(known, unit, text):
        state.refused.append(Refused(unit.id, problem))
    elif known.translation and unit.was != known.was and not replace_conflicts:
        state.conflicts.append(unit.id)
    else:
        state.doubts += [Refused(unit.id, doubt) for doubt in _doubts(known, unit, text)]
        state.taken[unit.id] = text
        state.of[unit.id] = unit.of or known.of


def _confirms(known: Unit, unit: Unit) -> bool:
    """Say whether a volunteer looked at a stale text and found it right still."""
    return known.is_unfinished and not unit.is_unfinished and unit.of == known.of


def _problem(known: Unit, unit: Unit, text: str) -> str:
    """Return why a text cannot be taken; or ""."""
    if unit.is_unfinished:
        return "it is marked as unfinished (fuzzy) in the file"
    if unit.may_be_cut:
        return "the file breaks off in this text: part of it may be missing"
    return _lost(known.original, text)


def _doubts(known: Unit, unit: Unit, text: str) -> list[str]:
    """Return what a person should look at in a text that is taken."""
    found = []
    if len(text) > max(60, LONG_FACTOR * len(known.original)):
        found.append(f"{len(text)} characters, much longer than the original")
    if unit.of in {"", known.of} and unit.original.split() != known.original.split():
        found.append("its original in the file is not the one of the issue")
    return found


def _lost(original: str, translation: str) -> str:
    """Return what a translation lost that must stay: placeholders, addresses; or ""."""
    have = _PLACEHOLDER.findall(translation)
    for one in _PLACEHOLDER.findall(original):
        if one not in have:
            return f"the placeholder {one!r} is missing"
    for one in _ADDRESS.findall(original):
        # Chinese goes on without a blank.
        if not re.search(rf"{re.escape(one)}(?![A-Za-z0-9_/-])", translation):
            return f"the address {one!r} is missing"
    return ""


def _with(texts: IssueTexts, name: str, text: str) -> IssueTexts:
    if name == "subject":
        return replace(texts, subject=text)
    if name == "preheader":
        return replace(texts, preheader=text)
    if name == "intro":
        return replace(texts, intro=text)
    group, _, rest = name.partition(".")
    if group == "sections":
        return replace(texts, sections={**texts.sections, rest: text})
    if group == "quick_links":
        return replace(texts, quick_links={**texts.quick_links, rest: text})
    key, _, part = rest.rpartition(".")
    item = replace(texts.items.get(key, ItemTexts()), **{part: text})
    return replace(texts, items={**texts.items, key: item})


def _of_the_originals(texts: IssueTexts, known: Mapping[str, Unit], state: _Merging) -> IssueTexts:
    """Return the texts with the originals that they are now translations of.

    An item stays stale until every text of it that was so has been looked at.
    """
    waiting = {
        _owner(name) for name, unit in known.items() if unit.is_unfinished and name not in state.of
    }
    for name, of in state.of.items():
        owner = _owner(name)
        if owner is None or owner in waiting:
            continue
        if not owner:
            texts = replace(texts, of=of)
            continue
        item = replace(texts.items.get(owner, ItemTexts()), of=of)
        texts = replace(texts, items={**texts.items, owner: item})
    return texts


def _owner(name: str) -> str | None:
    """Return whose text it is: an item's key, "" for the issue; None: it is never stale."""
    if name in ISSUE_FIELDS:
        return ""
    group, _, rest = name.partition(".")
    return rest.rpartition(".")[0] if group == "items" else None
