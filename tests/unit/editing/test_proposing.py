"""What a new issue proposes by itself."""

from __future__ import annotations

import pytest

from newsletter.editing.proposing import (
    by_section,
    lead_of,
    preheader_for,
    shortened,
    subject_for,
)
from newsletter.model.content import ItemDate, ItemStatus, Picture
from tests.factories import make_issue_item, make_item

LONG = "April workshop, seminar and midterm meetings in Panama culminate in a Letter of Intent"


def test_the_lead_is_the_first_item_with_picture_and_summary() -> None:
    plain, whole = make_issue_item("a"), make_issue_item("b", picture=Picture("https://x/p.jpg"))

    assert lead_of([plain, whole]) is whole
    assert lead_of([plain]) is plain
    assert lead_of([make_issue_item("c", included=False)]) is None


def test_a_subject_is_the_leads_title_cut_at_a_word() -> None:
    items = [make_issue_item("a"), make_issue_item("b", title=LONG, lead=True)]

    assert subject_for(items) == (
        "April workshop, seminar and midterm meetings in Panama culminate in a…"
    )
    assert shortened("One two three", 8) == "One two…"
    assert subject_for([]) == ""


def test_a_preheader_goes_on_where_the_subject_ends() -> None:
    items = [
        make_issue_item("a", title=LONG, lead=True),
        make_issue_item("b", title="New cohort of leaders selected"),
        make_issue_item("c", title="Workshop held in Harare", included=False),
        make_issue_item("d", title="Reading rooms reopen after the repairs of this spring in town"),
        make_issue_item("e", title="One more"),
    ]

    assert (
        preheader_for(items, subject_for(items))
        == (
            "New cohort of leaders selected · "
            "Reading rooms reopen after the repairs of this spring in town"
        )[:130]
    )
    assert preheader_for(items, "What libraries did").startswith(LONG)


def test_the_preheader_of_one_item_is_its_summary() -> None:
    items = [make_issue_item("a", summary="Three branches open again.")]

    assert preheader_for(items, subject_for(items)) == "Three branches open again."


@pytest.mark.parametrize("text", ["", "short", "x" * 200, "word " * 50, "文" * 200])
def test_a_shortened_text_is_no_longer_than_asked(text: str) -> None:
    assert len(shortened(text, 70)) <= 70
    assert shortened(text, 70).rstrip("…") == text[: len(shortened(text, 70).rstrip("…"))]


def test_items_go_by_section_then_the_newest_first_then_the_undated() -> None:
    items = [
        make_item("old", section="News", date=ItemDate(2016, 5, 1)),
        make_item("undated", section="News", date=None, status=ItemStatus.UNDATED),
        make_item("event", section="Events"),
        make_item("new", section="News", date=ItemDate(2016, 5, 9)),
        make_item("other"),
    ]

    ordered = [item.title for item in by_section(items, ["Events", "News"])]

    assert ordered == ["event", "new", "old", "undated", "other"]
