"""Translations written by hand, which name no original."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from newsletter.editing.first_seen import approved, with_originals
from newsletter.editing.translations import FallbackRule, TranslationState, grid
from newsletter.model.content import Issue, IssueItem, IssueTexts, ItemTexts

PANAMA = IssueItem("panama", "Panama letter")
FRENCH = IssueTexts(subject="Mai", items={"panama": ItemTexts("La lettre"), "gone": ItemTexts("X")})
ISSUE = Issue("2016-05", subject="May", items=(PANAMA,), translations={"fr": FRENCH})
CHANGED = replace(ISSUE, subject="May and June", items=(replace(PANAMA, title="Two letters"),))


def _states(issue: Issue) -> dict[str, TranslationState]:
    return {row.key: row.cells["fr"].state for row in grid(issue, ["fr"], FallbackRule())}


def test_a_hand_written_translation_is_stale_once_its_original_changed(tmp_path: Path) -> None:
    seen = tmp_path / "cache" / "2016-05.json"
    with_originals(ISSUE, seen)

    later = with_originals(CHANGED, seen)

    assert set(_states(later).values()) == {TranslationState.STALE}


def test_what_is_translated_anew_after_that_is_done(tmp_path: Path) -> None:
    with_originals(ISSUE, tmp_path / "seen.json")
    texts = IssueTexts(subject="Mai et juin", items={"panama": ItemTexts("Deux lettres")})

    later = with_originals(replace(CHANGED, translations={"fr": texts}), tmp_path / "seen.json")

    assert set(_states(later).values()) == {TranslationState.DONE}


def test_what_was_never_seen_before_is_done(tmp_path: Path) -> None:
    found = with_originals(CHANGED, tmp_path / "seen.json")

    assert set(_states(found).values()) == {TranslationState.DONE}


def test_an_original_that_the_file_names_wins(tmp_path: Path) -> None:
    texts = replace(FRENCH, of="0123456789")
    issue = replace(ISSUE, translations={"fr": texts})

    found = with_originals(issue, tmp_path / "seen.json")

    assert found.translations["fr"].of == "0123456789"


def test_a_damaged_file_costs_only_what_it_knew(tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text('{"fr panama": 3}')

    assert _states(with_originals(CHANGED, tmp_path / "seen.json"))[""] is TranslationState.DONE


def test_approved_texts_are_done_by_the_originals_of_now(tmp_path: Path) -> None:
    with_originals(ISSUE, tmp_path / "seen.json")
    stale = with_originals(CHANGED, tmp_path / "seen.json")

    texts = approved(stale, stale.translations["fr"])

    assert set(_states(replace(stale, translations={"fr": texts})).values()) == {
        TranslationState.DONE
    }
    assert texts.items["gone"].of == ""
