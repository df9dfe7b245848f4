"""What is translated, what is missing or stale: the grid of an issue's items by language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from newsletter.model.content import Issue, IssueItem, IssueTexts, ItemTexts
from newsletter.model.editions import LocalText, Missing, texts_shown
from newsletter.model.languages import best_match, is_same

#: The texts of the issue itself, of an item: names as in the files.
ISSUE_FIELDS = ("subject", "preheader", "intro")
ITEM_FIELDS = ("title", "summary", "alt", "place")


class TranslationState(StrEnum):
    """Where one item stands in one language."""

    #: Written in this language to begin with.
    ORIGINAL = "original"
    DONE = "done"
    #: The original changed after it was translated.
    STALE = "stale"
    #: Some of it is translated; the rest is shown in another language, or left out.
    PARTIAL = "partial"
    #: Nothing of it is translated; it is shown in another language, marked as such.
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
    #: Somebody has to look at it again: the original has changed, or the tool says so.
    is_unfinished: bool = False
    #: The file that brought it broke off, maybe in this text.
    may_be_cut: bool = False
    #: What the original is written in.
    language: str = field(default="", compare=False)


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
        is_part = len(foreign) < len(texts)
        return Cell(TranslationState.PARTIAL if is_part else TranslationState.FALLBACK, foreign[0])
    if item and len(texts) < _words_of(item):
        return Cell(TranslationState.PARTIAL, "")
    own = (item.language if item else "") or issue.language
    if is_same(own, language):
        return Cell(TranslationState.ORIGINAL, language)
    stale = _is_stale(issue, item, _texts(issue, language))
    return Cell(TranslationState.STALE if stale else TranslationState.DONE, language)


def _words_of(item: IssueItem) -> int:
    """Return how many texts the item has."""
    alt = item.picture.alt if item.picture else ""
    return sum(bool(text.strip()) for text in (item.title, item.summary, item.place, alt))


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
            found += _item_units(issue, item, texts)
    return tuple(unit for unit in found if unit.original.strip())


def _own_units(issue: Issue, texts: IssueTexts) -> list[Unit]:
    of, is_stale = original_of_issue(issue), _is_stale(issue, None, texts)
    found = [
        _unit(name, getattr(issue, name), getattr(texts, name), of, is_stale)
        for name in ISSUE_FIELDS
    ]
    for section in issue.sections:
        done = texts.sections.get(section.key, "")
        found.append(_unit(f"sections.{section.key}", section.title, done))
    for one in issue.quick_links:
        done = texts.quick_links.get(one.link, "")
        found.append(_unit(f"quick_links.{one.link}", one.title, done))
    return [replace(unit, language=issue.language) for unit in found]


def _item_units(issue: Issue, item: IssueItem, texts: IssueTexts) -> list[Unit]:
    own = texts.items.get(item.key, ItemTexts())
    of, is_stale = original_of_item(item), _is_stale(issue, item, texts)
    originals = {
        "title": item.title,
        "summary": item.summary,
        "alt": item.picture.alt if item.picture else "",
        "place": item.place,
    }
    found = [
        _unit(f"items.{item.key}.{name}", originals[name], getattr(own, name), of, is_stale)
        for name in ITEM_FIELDS
    ]
    return [replace(unit, language=item.language or issue.language) for unit in found]


def _unit(name: str, original: str, translation: str, of: str = "", is_stale: bool = False) -> Unit:
    again = is_stale and bool(translation)
    return Unit(
        name, original, translation, of or fingerprint(original), fingerprint(translation), again
    )
