"""Texts that a language lacks are named; where it must be complete they stop the send."""

from __future__ import annotations

from dataclasses import replace

from newsletter.model.content import IssueTexts, ItemTexts
from newsletter.preflight import Candidate, Untranslated, run, stops, translated
from tests.unit.preflight.candidates import candidate


def lacking(*complete: str) -> Candidate:
    missing = tuple(Untranslated("fr", f"Item {number}", "missing") for number in range(5))
    return replace(
        candidate(),
        untranslated=(*missing, Untranslated("es", "Old", "stale")),
        complete_languages=frozenset(complete),
    )


def test_a_language_that_may_fall_back_is_a_warning_for_all_its_texts() -> None:
    missing, stale = run(lacking(), translated.CHECKS)

    assert missing.check == "translation-missing"
    assert missing.message == (
        "in 'fr', 'Item 0', 'Item 1', 'Item 2' and 2 more are not translated"
    )
    assert missing.where == "language 'fr'"
    assert "translations export 2016-05 --language fr" in missing.mend
    assert stale.check == "translation-stale"
    assert stale.message == "in 'es', 'Old' is older than the original"
    assert not stops((missing, stale))


def test_a_language_that_must_be_complete_stops() -> None:
    assert stops(run(lacking("fr"), translated.CHECKS))


def test_what_is_translated_in_part_is_said_to_be_so() -> None:
    part = replace(candidate(), untranslated=(Untranslated("ar", "Panama", "partial"),))

    (found,) = run(part, translated.CHECKS)

    assert found.message == "in 'ar', 'Panama' is translated in part"


def test_a_translation_under_a_mistyped_key_is_found_and_one_of_a_gone_item_is_not() -> None:
    there = candidate()
    key = there.issue.items[0].key
    texts = IssueTexts(items={f"{key}x": ItemTexts("Titre"), "gone-by-now": ItemTexts("Parti")})
    issue = replace(there.issue, translations={"fr": texts})

    (found,) = run(replace(there, issue=issue), [translated.strays])

    assert (found.check, found.mend) == ("translation-stray", f"Write [items.{key}] in fr.toml.")
