"""The grid of items by language, and what happens when a translation comes back."""

from __future__ import annotations

from dataclasses import replace

from newsletter.editing.translations import (
    FallbackRule,
    TranslationState,
    Unit,
    grid,
    incomplete,
    merge,
    original_of_item,
    units,
)
from newsletter.model.content import Issue, IssueItem, IssueTexts, ItemTexts, Section

RULE = FallbackRule(("en",))
PANAMA = IssueItem("panama", "Panama letter", "https://example.org/p", summary="Thirty met.")
LEADERS = IssueItem(
    "leaders", "Leaders", "https://example.org/l", summary="See https://a.example/x"
)
ISSUE = Issue(
    "2016-05", subject="May", sections=(Section("news", "News"),), items=(PANAMA, LEADERS)
)


def _with(language: str, **items: ItemTexts) -> Issue:
    return replace(ISSUE, translations={language: IssueTexts(subject="Mai", items=items)})


def _state(issue: Issue, key: str, language: str) -> TranslationState:
    (row,) = [row for row in grid(issue, [language], RULE) if row.key == key]
    return row.cells[language].state


def test_an_item_with_title_and_summary_is_done() -> None:
    issue = _with("fr", panama=ItemTexts("La lettre", "Trente.", of=original_of_item(PANAMA)))

    assert _state(issue, "panama", "fr") is TranslationState.DONE
    assert [row.key for row in incomplete(grid(issue, ["fr"], RULE), "fr")] == ["leaders"]


def test_a_translation_is_stale_once_the_original_changed() -> None:
    issue = _with("fr", panama=ItemTexts("La lettre", "Trente.", of=original_of_item(PANAMA)))
    changed = replace(issue, items=(replace(PANAMA, summary="Thirty-one met."), LEADERS))

    assert _state(changed, "panama", "fr") is TranslationState.STALE


def test_a_missing_item_shows_the_first_language_of_the_chain_that_has_it() -> None:
    issue = _with("fr", panama=ItemTexts("La lettre", "Trente."))

    (row,) = [row for row in grid(issue, ["ar"], FallbackRule(("fr", "en"))) if row.key == "panama"]

    assert (row.cells["ar"].state, row.cells["ar"].shown) == (TranslationState.FALLBACK, "fr")


def test_excluded_items_and_empty_texts_are_not_handed_out() -> None:
    issue = replace(ISSUE, items=(PANAMA, replace(LEADERS, included=False)))

    assert [unit.id for unit in units(issue, "fr")] == [
        "subject",
        "sections.news",
        "items.panama.title",
        "items.panama.summary",
    ]


def _returned(issue: Issue, name: str, translation: str) -> Unit:
    (unit,) = [unit for unit in units(issue, "fr") if unit.id == name]
    return replace(unit, translation=translation)


def test_a_returned_text_is_taken_with_the_original_it_was_made_from() -> None:
    returned = _returned(ISSUE, "items.panama.title", "La lettre de Panama")
    edited = replace(ISSUE, items=(replace(PANAMA, title="Panama: a letter"), LEADERS))

    merged = merge(edited, "fr", [returned])

    assert merged.texts.items["panama"].title == "La lettre de Panama"
    assert merged.texts.items["panama"].of == original_of_item(PANAMA)


def test_an_empty_text_takes_nothing_away() -> None:
    issue = _with("fr", panama=ItemTexts("La lettre", "Trente."))

    merged = merge(issue, "fr", [_returned(issue, "items.panama.title", "  ")])

    assert merged.texts.items["panama"].title == "La lettre"


def test_a_text_changed_since_the_hand_off_is_kept_and_named() -> None:
    handed = _returned(
        _with("fr", panama=ItemTexts("La lettre")), "items.panama.title", "Une lettre"
    )
    meanwhile = _with("fr", panama=ItemTexts("Lettre de Panama"))

    merged = merge(meanwhile, "fr", [handed])
    forced = merge(meanwhile, "fr", [handed], replace_conflicts=True)

    assert merged.conflicts == ("items.panama.title",)
    assert merged.texts.items["panama"].title == "Lettre de Panama"
    assert forced.texts.items["panama"].title == "Une lettre"


def test_a_text_that_lost_an_address_is_refused() -> None:
    merged = merge(ISSUE, "fr", [_returned(ISSUE, "items.leaders.summary", "Voir le site")])

    assert merged.taken == ()
    assert "https://a.example/x" in merged.refused[0].reason


def test_a_text_the_issue_no_longer_has_is_named() -> None:
    merged = merge(ISSUE, "fr", [Unit("items.gone.title", "Gone", "Parti")])

    assert merged.refused[0].id == "items.gone.title"


def test_a_very_long_text_is_taken_but_doubted() -> None:
    merged = merge(ISSUE, "fr", [_returned(ISSUE, "items.panama.title", "long " * 40)])

    assert merged.taken == ("items.panama.title",)
    assert merged.doubts[0].id == "items.panama.title"


def test_a_text_marked_as_unfinished_is_not_taken_and_named() -> None:
    returned = Unit("items.panama.title", "Panama letter", "Lettre ?", is_unfinished=True)

    merged = merge(ISSUE, "fr", [returned])

    assert merged.taken == ()
    assert [(one.id, "unfinished" in one.reason) for one in merged.refused] == [
        ("items.panama.title", True)
    ]
