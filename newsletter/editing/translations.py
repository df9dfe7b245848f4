"""What is translated, what is missing or stale: the grid of an issue's items by language."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from newsletter.model.content import Issue, IssueItem, IssueTexts, ItemTexts
from newsletter.model.editions import LocalText, Missing, texts_shown
from newsletter.model.languages import best_match, is_same

#: The texts of the issue itself, of an item: names as in the files.
ISSUE_FIELDS = ("subject", "preheader", "intro")
ITEM_FIELDS = ("title", "summary", "alt", "place")
#: A translation longer than this many times its original is worth a second look.
LONG_FACTOR = 2.5
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,80}\}\}|\{\w{1,40}\}|%\(\w{1,40}\)s|%[sd]")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"']{1,2000}")


class TranslationState(StrEnum):
    """Where one item stands in one language."""

    #: Written in this language to begin with.
    ORIGINAL = "original"
    DONE = "done"
    #: The original changed after it was translated.
    STALE = "stale"
    #: Not all of it is translated; a text of another language is shown, marked as such.
    FALLBACK = "fallback"
    #: Not translated, and so not part of that edition.
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Unit:
    """One text to translate: "items.panama.title", its original and what there is of it."""

    id: str
    original: str
    translation: str = ""
    #: Fingerprint of the original that the translation was made from.
    of: str = ""
    #: Fingerprint of the translation as it stood when it was handed out.
    was: str = ""
    #: The volunteer's tool says that somebody has to look at it again.
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One item in one language; `shown` is the other language a reader of it would see."""

    state: TranslationState
    shown: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grid: the issue's own texts (key "") or one item."""

    key: str
    title: str
    cells: Mapping[str, Cell]


def fingerprint(*texts: str) -> str:
    """Return a short fingerprint of texts: the same texts, the same ten characters."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:10]


def original_of_item(item: IssueItem) -> str:
    """Return the fingerprint of everything of an item that is translated."""
    alt = item.picture.alt if item.picture else ""
    return fingerprint(item.title, item.summary, alt, item.place)


def original_of_issue(issue: Issue) -> str:
    """Return the fingerprint of the issue's own texts."""
    return fingerprint(issue.subject, issue.preheader, issue.intro)


@dataclass(frozen=True, slots=True)
class FallbackRule:
    """What becomes of a text that is not translated: the chain of languages, and the rule."""

    languages: tuple[str, ...] = ()
    missing: str = Missing.FALLBACK


def grid(issue: Issue, languages: Sequence[str], rule: FallbackRule) -> tuple[Row, ...]:
    """Return a row for the issue's own texts and one for each included item.

    What stands in a cell is what a reader of that language gets.
    """
    shown = {
        one: texts_shown(issue, one, rule.languages, missing=rule.missing) for one in languages
    }
    titles = {"": issue.subject, **{one.key: one.title for one in issue.items}}
    told = {"": None, **{one.key: one for one in issue.items}}
    keys = dict.fromkeys(key for texts in shown.values() for key in texts)
    return tuple(
        Row(key, titles[key], {one: _cell(issue, told[key], one, shown[one]) for one in languages})
        for key in keys
    )


def incomplete(rows: Iterable[Row], language: str) -> tuple[Row, ...]:
    """Return the rows that are not done in a language."""
    done = {TranslationState.ORIGINAL, TranslationState.DONE}
    return tuple(row for row in rows if row.cells[language].state not in done)


def _cell(
    issue: Issue,
    item: IssueItem | None,
    language: str,
    shown: Mapping[str, tuple[LocalText, ...]],
) -> Cell:
    texts = shown[item.key if item else ""]
    if not texts and item:
        return Cell(TranslationState.MISSING, "")
    foreign = [text.language for text in texts if not is_same(text.language, language)]
    if foreign:
        return Cell(TranslationState.FALLBACK, foreign[0])
    own = (item.language if item else "") or issue.language
    if is_same(own, language):
        return Cell(TranslationState.ORIGINAL, language)
    stale = _is_stale(issue, item, _texts(issue, language))
    return Cell(TranslationState.STALE if stale else TranslationState.DONE, language)


def _is_stale(issue: Issue, item: IssueItem | None, texts: IssueTexts) -> bool:
    if item is None:
        return texts.of not in {"", original_of_issue(issue)}
    of = texts.items.get(item.key, ItemTexts()).of
    return of not in {"", original_of_item(item)}


def _texts(issue: Issue, language: str) -> IssueTexts:
    found = best_match(language, issue.translations)
    return issue.translations[found] if found else IssueTexts()


def units(issue: Issue, language: str) -> tuple[Unit, ...]:
    """Return every text of an issue that has words, with its translation so far.

    What is written in that language to begin with is not in it.
    """
    texts = issue.translations.get(language, IssueTexts())
    found = [] if is_same(issue.language, language) else _own_units(issue, texts)
    for item in issue.items:
        if item.included and not is_same(item.language or issue.language, language):
            found += _item_units(item, texts.items.get(item.key, ItemTexts()))
    return tuple(unit for unit in found if unit.original.strip())


def _own_units(issue: Issue, texts: IssueTexts) -> list[Unit]:
    of = original_of_issue(issue)
    found = [_unit(name, getattr(issue, name), getattr(texts, name), of) for name in ISSUE_FIELDS]
    for section in issue.sections:
        done = texts.sections.get(section.key, "")
        of = fingerprint(section.title)
        found.append(_unit(f"sections.{section.key}", section.title, done, of))
    for one in issue.quick_links:
        done = texts.quick_links.get(one.link, "")
        found.append(_unit(f"quick_links.{one.link}", one.title, done, fingerprint(one.title)))
    return found


def _item_units(item: IssueItem, texts: ItemTexts) -> list[Unit]:
    of = original_of_item(item)
    originals = {
        "title": item.title,
        "summary": item.summary,
        "alt": item.picture.alt if item.picture else "",
        "place": item.place,
    }
    return [
        _unit(f"items.{item.key}.{name}", originals[name], getattr(texts, name), of)
        for name in ITEM_FIELDS
    ]


def _unit(name: str, original: str, translation: str, of: str) -> Unit:
    return Unit(name, original, translation, of, fingerprint(translation))


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
    unchanged: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    #: Translated since the file was handed out: what stood there was kept.
    conflicts: tuple[str, ...] = ()
    doubts: tuple[Refused, ...] = ()


def merge(
    issue: Issue, language: str, returned: Sequence[Unit], *, replace_conflicts: bool = False
) -> Merged:
    """Return the texts of a language with what a volunteer sent back.

    An empty text takes nothing away; a text that somebody changed since the file was
    handed out is kept and named, unless `replace_conflicts`; a text that lost a
    placeholder or an address is refused and named.
    """
    known = {unit.id: unit for unit in units(issue, language)}
    state = _Merging(issue.translations.get(language, IssueTexts()))
    for unit in returned:
        _take(state, known.get(unit.id), unit, replace_conflicts)
    return state.result()


class _Merging:
    """What has been decided so far."""

    def __init__(self, texts: IssueTexts) -> None:
        self.texts = texts
        self.taken: list[str] = []
        self.unchanged: list[str] = []
        self.refused: list[Refused] = []
        self.conflicts: list[str] = []
        self.doubts: list[Refused] = []

    def result(self) -> Merged:
        return Merged(
            self.texts,
            tuple(self.taken),
            tuple(self.unchanged),
            tuple(self.refused),
            tuple(self.conflicts),
            tuple(self.doubts),
        )


def _take(state: _Merging, known: Unit | None, unit: Unit, replace_conflicts: bool) -> None:
    if known is None:
        if unit.translation.strip():
            state.refused.append(Refused(unit.id, "the issue has no such text any more"))
        return
    text = unit.translation.strip()
    if not text or text == known.translation:
        state.unchanged.append(unit.id)
        return
    if unit.is_unfinished:
        state.refused.append(Refused(unit.id, "it is marked as unfinished (fuzzy) in the file"))
        return
    if problem := _lost(known.original, text):
        state.refused.append(Refused(unit.id, problem))
        return
    changed_since = bool(known.translation) and unit.was != known.was
    if changed_since and not replace_conflicts:
        state.conflicts.append(unit.id)
        return
    if len(text) > max(60, LONG_FACTOR * len(known.original)):
        state.doubts.append(Refused(unit.id, f"{len(text)} characters, much longer than before"))
    state.texts = _with(state.texts, unit.id, text, unit.of or known.of)
    state.taken.append(unit.id)


def _lost(original: str, translation: str) -> str:
    """Return what a translation lost that must stay: placeholders, addresses; or ""."""
    for pattern, name in ((_PLACEHOLDER, "placeholder"), (_ADDRESS, "address")):
        have = pattern.findall(translation)
        for one in pattern.findall(original):
            if one not in have:
                return f"the {name} {one!r} is missing"
    return ""


def _with(texts: IssueTexts, name: str, text: str, of: str) -> IssueTexts:
    if name == "subject":
        return replace(texts, of=of, subject=text)
    if name == "preheader":
        return replace(texts, of=of, preheader=text)
    if name == "intro":
        return replace(texts, of=of, intro=text)
    group, _, rest = name.partition(".")
    if group == "sections":
        return replace(texts, sections={**texts.sections, rest: text})
    if group == "quick_links":
        return replace(texts, quick_links={**texts.quick_links, rest: text})
    key, _, part = rest.rpartition(".")
    item = replace(texts.items.get(key, ItemTexts()), of=of, **{part: text})
    return replace(texts, items={**texts.items, key: item})
