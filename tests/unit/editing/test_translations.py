"""The grid of items by language, and what happens when a translation comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.editing.taking_back import merge
from newsletter.editing.translations import (
    FallbackRule,
    TranslationState,
    Unit,
    grid,
    incomplete,
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


@pytest.mark.parametrize(
    "translation",
    [
        "Voir https://a.example/x.",
        "انظر https://a.example/x، اليوم",
        "见https://a.example/x上的页面",
    ],
)
def test_an_address_may_stand_before_the_punctuation_of_any_language(translation: str) -> None:
    merged = merge(ISSUE, "fr", [_returned(ISSUE, "items.leaders.summary", translation)])

    assert merged.taken == ("items.leaders.summary",)


def test_a_longer_address_is_not_the_one_that_was_handed_out() -> None:
    returned = _returned(ISSUE, "items.leaders.summary", "Voir https://a.example/xyz")

    assert "https://a.example/x" in merge(ISSUE, "fr", [returned]).refused[0].reason


def test_a_percent_sign_before_a_word_is_no_placeholder() -> None:
    issue = replace(ISSUE, items=(replace(PANAMA, title="A 50 %discount"),))

    merged = merge(issue, "fr", [_returned(issue, "items.panama.title", "Moitié prix")])

    assert merged.taken == ("items.panama.title",)


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


STALE = _with("fr", panama=ItemTexts("La lettre", "Trente.", of="0123456789"))


def test_a_stale_translation_is_handed_out_as_unfinished() -> None:
    unfinished = {unit.id for unit in units(STALE, "fr") if unit.is_unfinished}

    assert unfinished == {"items.panama.title", "items.panama.summary"}


def _looked_at(issue: Issue, *names: str) -> list[Unit]:
    """Return what a volunteer sends back who found the texts with these names right still."""
    found = units(issue, "fr")
    return [replace(one, is_unfinished=one.is_unfinished and one.id not in names) for one in found]


def test_who_finds_a_stale_text_right_still_makes_it_done() -> None:
    returned = _looked_at(STALE, "items.panama.title", "items.panama.summary")

    merged = merge(STALE, "fr", returned)

    assert merged.confirmed == ("items.panama.title", "items.panama.summary")
    assert merged.texts.items["panama"].of == original_of_item(PANAMA)


def test_an_item_stays_stale_until_each_of_its_texts_was_looked_at() -> None:
    merged = merge(STALE, "fr", _looked_at(STALE, "items.panama.title"))

    assert merged.texts.items["panama"].of == "0123456789"


def test_a_file_from_before_the_original_changed_confirms_nothing() -> None:
    returned = [replace(one, of="0123456789") for one in _looked_at(STALE, "items.panama.title")]

    assert merge(STALE, "fr", returned).confirmed == ()


def test_a_text_in_which_the_file_breaks_off_is_not_taken() -> None:
    returned = replace(_returned(ISSUE, "items.panama.title", "La"), may_be_cut=True)

    merged = merge(ISSUE, "fr", [returned])

    assert (merged.taken, "breaks off" in merged.refused[0].reason) == ((), True)


def test_a_text_made_from_another_original_is_taken_but_doubted() -> None:
    returned = replace(_returned(ISSUE, "items.panama.title", "Lettre"), original="Another text")

    merged = merge(ISSUE, "fr", [returned])

    assert (merged.taken, len(merged.doubts)) == (("items.panama.title",), 1)


def test_control_characters_of_a_tool_do_not_get_into_the_texts() -> None:
    merged = merge(ISSUE, "fr", [_returned(ISSUE, "items.panama.title", "La\x07 lettre\x00")])

    assert merged.texts.items["panama"].title == "La lettre"
