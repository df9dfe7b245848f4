from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from newsletter.errors import EmptyEditionError
from newsletter.model.content import (
    Edition,
    Issue,
    IssueItem,
    IssueTexts,
    ItemDate,
    ItemTexts,
    Picture,
    QuickLink,
    Section,
)
from newsletter.model.editions import EditionContent, Missing, archive_url, resolve
from tests.factories import make_content, make_issue, make_issue_item

FRENCH = IssueTexts(
    subject="Ce que les bibliothèques ont fait en mai",
    sections={"field": "Sur le terrain"},
    items={"item-1": ItemTexts(title="Nouvelle une", summary="Résumé un.", link="https://x.fr/1")},
)


def edition(issue: Issue, key: str, *fallback: str, **rule: Any) -> EditionContent:
    return resolve(issue, Edition.from_key(key), fallback, **rule)


def test_the_first_item_leads_when_nobody_chose_another() -> None:
    content = make_content(make_issue(3))

    assert content.lead is not None
    assert content.lead.key == "item-1"
    assert [one.key for one in content.sections[0].items] == ["item-2", "item-3"]


def test_the_item_that_an_editor_chose_leads_and_stands_nowhere_else() -> None:
    items = (make_issue_item("a"), make_issue_item("b", lead=True), make_issue_item("c", lead=True))

    content = make_content(make_issue(items=items))

    assert [one.key for one in content.items] == ["b", "a", "c"]


def test_one_item_is_a_lead_without_sections() -> None:
    content = make_content(make_issue(1))

    assert content.lead is not None
    assert content.sections == ()


@pytest.mark.parametrize(
    ("count", "named", "contents"), [(4, False, False), (5, True, False), (8, True, True)]
)
def test_sections_are_named_and_listed_only_where_that_helps(
    count: int, named: bool, contents: bool
) -> None:
    content = make_content(make_issue(count))

    assert (content.names_sections, content.opens_with_contents) == (named, contents)


def test_a_long_issue_tells_only_titles_after_the_third_item_of_a_section() -> None:
    section = make_content(make_issue(30)).sections[0]

    assert (len(section.items), len(section.more), section.count) == (3, 26, 29)


def test_items_stand_in_the_order_of_sections_and_may_name_them_by_title() -> None:
    items = (
        make_issue_item("lead"),
        make_issue_item("one", section="People"),
        make_issue_item("two", section="field"),
        make_issue_item("three", section="Elsewhere"),
        make_issue_item("four", section="field"),
    )
    sections = (Section("field", "From the field"), Section("people", "People"), Section("x", "X"))

    content = make_content(make_issue(items=items, sections=sections))

    assert [(one.key, str(one.title)) for one in content.sections] == [
        ("field", "From the field"),
        ("people", "People"),
        ("Elsewhere", "Elsewhere"),
    ]


def test_a_short_issue_is_one_list_in_the_order_of_its_sections() -> None:
    items = (
        make_issue_item("lead"),
        make_issue_item("one", section="people"),
        make_issue_item("two", section="field"),
    )
    sections = (Section("field", "From the field"), Section("people", "People"))

    content = make_content(make_issue(items=items, sections=sections))

    (section,) = content.sections
    assert [one.key for one in section.items] == ["two", "one"]


def test_an_item_left_out_by_the_editor_or_without_title_is_not_told() -> None:
    items = (
        make_issue_item("a"),
        make_issue_item("b", included=False),
        make_issue_item("c", title=" "),
    )

    content = make_content(make_issue(items=items))

    assert [one.key for one in content.items] == ["a"]


def test_events_stand_apart_soonest_first_without_those_that_are_over() -> None:
    items = (
        make_issue_item("news"),
        make_issue_item("late", place="Dakar", date=ItemDate(2016, 8, 13)),
        make_issue_item("month", place="Lima", date=ItemDate(2016, 7)),
        make_issue_item(
            "over", place="Harare", date=ItemDate(2016, 5, 5), ends=ItemDate(2016, 5, 6)
        ),
        make_issue_item("running", ends=ItemDate(2016, 6, 2), date=ItemDate(2016, 5, 30)),
        make_issue_item("someday", place="Rome", date=None),
    )

    content = make_content(make_issue(items=items, date=date(2016, 5, 31)))

    assert [one.key for one in content.events] == ["running", "month", "late", "someday"]


def test_without_a_dateline_no_event_is_dropped() -> None:
    event = make_issue_item("past", place="Harare", date=ItemDate(1999, 5, 5))

    content = make_content(make_issue(items=(make_issue_item(), event), date=None))

    assert [one.key for one in content.events] == ["past"]


def test_an_issue_of_events_only_is_led_by_the_soonest() -> None:
    items = tuple(
        make_issue_item(f"day-{day}", place="Rome", date=ItemDate(2016, 6, day)) for day in (9, 3)
    )

    content = make_content(make_issue(items=items))

    assert content.lead is not None
    assert (content.lead.key, [one.key for one in content.events]) == ("day-3", ["day-9"])


def test_each_text_comes_in_the_language_of_the_edition_or_along_the_chain() -> None:
    issue = make_issue(2, translations={"fr": FRENCH}, sections=(Section("field", "Field"),))

    content = edition(issue, "fr")

    assert content.lead is not None
    assert str(content.subject) == "Ce que les bibliothèques ont fait en mai"
    assert (str(content.lead.title), content.lead.language) == ("Nouvelle une", "fr")
    assert content.lead.link == "https://x.fr/1"
    other = content.sections[0].items[0]
    assert (other.language, other.direction) == ("en", "ltr")
    assert other.link == "https://library.example/news/item-2"


def test_a_missing_language_is_taken_from_the_nearest_of_the_chain() -> None:
    arabic = IssueTexts(items={"item-1": ItemTexts(title="خبر"), "item-2": ItemTexts(title="آخر")})
    issue = make_issue(2, translations={"fr": FRENCH, "ar": arabic})

    content = edition(issue, "es", "fr", "ar")

    assert [(one.language, one.direction) for one in content.items] == [
        ("fr", "ltr"),
        ("ar", "rtl"),
    ]


def test_a_summary_that_is_not_translated_keeps_its_own_language() -> None:
    texts = IssueTexts(items={"item-1": ItemTexts(title="Nouvelle")})

    lead = edition(make_issue(1, translations={"fr": texts}), "fr").lead

    assert lead is not None
    assert (lead.title.language, lead.summary.language) == ("fr", "en")


def test_an_item_without_translation_is_left_out_where_the_rule_says_so() -> None:
    texts = IssueTexts(items={"item-2": ItemTexts(title="Nouvelle deux")})

    content = edition(make_issue(2, translations={"fr": texts}), "fr", missing=Missing.LEAVE_OUT)

    assert [str(one.title) for one in content.items] == ["Nouvelle deux"]
    assert not content.items[0].summary


def test_the_newsletters_own_edition_keeps_a_foreign_item_even_so() -> None:
    items = (make_issue_item("a"), make_issue_item("b", language="fr", title="Les clés"))

    content = edition(make_issue(items=items), "en", missing="leave-out")

    assert [one.language for one in content.items] == ["en", "fr"]


def test_a_foreign_item_is_told_in_its_own_language_where_that_is_the_editions() -> None:
    items = (make_issue_item("a", language="fr-CA", title="Les clés"),)

    content = edition(make_issue(items=items), "fr", missing="leave-out")

    assert [str(one.title) for one in content.items] == ["Les clés"]


@pytest.mark.parametrize("items", [(), (make_issue_item("a", included=False),)])
def test_nobody_gets_an_empty_mail(items: tuple[IssueItem, ...]) -> None:
    with pytest.raises(EmptyEditionError, match="edition 'en' of issue '2016-05'"):
        make_content(make_issue(items=items))


def test_an_edition_from_which_everything_is_left_out_is_an_error() -> None:
    with pytest.raises(EmptyEditionError, match="edition 'fr'"):
        edition(make_issue(2, intro="Hello."), "fr", missing="leave-out")


def test_a_letter_without_items_is_a_mail() -> None:
    content = make_content(make_issue(0, intro="Dear readers, we moved."))

    assert (content.lead, str(content.intro)) == (None, "Dear readers, we moved.")


def test_a_light_edition_has_no_pictures() -> None:
    item = make_issue_item(picture=Picture("https://library.example/p.jpg", "A door"))

    light, full = (make_content(make_issue(items=(item,)), key) for key in ("en-light", "en"))

    assert light.lead is not None
    assert light.lead.picture is None
    assert full.lead is not None
    assert full.lead.picture is not None
    assert str(full.lead.alt) == "A door"


def test_the_preheader_says_what_the_subject_does_not() -> None:
    items = tuple(make_issue_item(f"a{n}", title=f"{n} {'words ' * 8}end") for n in range(4))

    content = make_content(make_issue(items=items, subject=items[0].title))

    assert str(content.preheader).startswith("1 words")
    assert 90 <= len(str(content.preheader)) <= 130


def test_an_edition_without_a_title_of_its_own_has_a_preheader_all_the_same() -> None:
    content = make_content(make_issue(subject="Other"), "pt-BR")

    assert (str(content.preheader)[:1] != "", content.preheader.language) == (True, "en")


def test_an_editors_own_preheader_is_kept() -> None:
    content = make_content(make_issue(preheader="Panama, Harare and twelve more"))

    assert str(content.preheader) == "Panama, Harare and twelve more"


def test_an_edition_knows_the_other_languages_of_the_issue() -> None:
    issue = make_issue(translations={"fr": FRENCH, "ar": IssueTexts()})

    assert edition(issue, "fr").other_languages == ("en", "ar")


def test_quick_links_are_in_the_language_of_the_issue() -> None:
    issue = make_issue(quick_links=(QuickLink("Catalogue", "https://library.example/c"),))

    (link,) = edition(issue, "fr").quick_links

    assert (str(link.title), link.title.language) == ("Catalogue", "en")


def test_an_edition_has_one_place_on_the_public_pages() -> None:
    assert (
        archive_url("https://x.org/n/", "2016-05", Edition("fr")) == "https://x.org/n/2016-05/fr/"
    )
