"""Which items an issue gets, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing.canonical import canonical_link, title_key
from newsletter.editing.periods import parse_period
from newsletter.editing.selection import Ran, Standing, merge_duplicates, select, standing_of
from newsletter.model.content import ItemDate, ItemStatus, Picture
from tests.factories import make_item

NOW = datetime(2016, 6, 1, 9, 0, tzinfo=UTC)
MAY = parse_period("2016-05", time_zone="Europe/Paris", now=NOW)


def at(text: str) -> ItemDate:
    moment = datetime.fromisoformat(text)
    return ItemDate(moment.year, moment.month, moment.day, moment.astimezone(UTC))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (ItemDate(2016, 5, 1), Standing.INSIDE),
        (ItemDate(2016, 5, 31), Standing.INSIDE),
        (ItemDate(2016, 4, 30), Standing.OUTSIDE),
        (ItemDate(2016, 6, 1), Standing.OUTSIDE),
        (at("2016-04-30T22:30:00+00:00"), Standing.INSIDE),
        (at("2016-05-31T22:30:00+00:00"), Standing.OUTSIDE),
        (at("2016-05-31T22:00:00-05:00"), Standing.OUTSIDE),
        (ItemDate(2016, 5), Standing.INSIDE),
        (ItemDate(2016, 4), Standing.OUTSIDE),
        (ItemDate(2016), Standing.OPEN),
        (ItemDate(2015), Standing.OUTSIDE),
        (ItemDate(None, 5, 20), Standing.OPEN),
        (ItemDate(None, 2, 10), Standing.OUTSIDE),
        (None, Standing.OPEN),
    ],
)
def test_a_date_stands_inside_outside_or_open(written: ItemDate | None, expected: Standing) -> None:
    assert standing_of(written, MAY) is expected


def test_a_month_is_inside_only_as_a_whole() -> None:
    half = parse_period("2016-05-01..2016-05-20", time_zone="UTC", now=NOW)

    assert standing_of(ItemDate(2016, 5), half) is Standing.OPEN
    assert standing_of(ItemDate(2016, 5, 19), half) is Standing.INSIDE
    assert standing_of(ItemDate(2016, 5, 20), half) is Standing.OUTSIDE


def test_the_day_on_which_the_last_issue_closed_is_not_lost() -> None:
    rest = parse_period(
        "since-last-issue",
        time_zone="UTC",
        now=NOW,
        last_issue_end=datetime(2016, 5, 20, 15, 0, tzinfo=UTC),
    )

    assert standing_of(ItemDate(2016, 5, 20), rest) is Standing.INSIDE
    assert standing_of(ItemDate(2016, 6, 1), rest) is Standing.INSIDE
    assert standing_of(at("2016-05-20T14:00:00+00:00"), rest) is Standing.OUTSIDE


def test_undated_items_are_offered_and_marked() -> None:
    chosen = select([make_item("A", date=None, link=""), make_item("B", link="")], MAY, Ran())

    assert [item.status for item in chosen.items] == [ItemStatus.UNDATED, ItemStatus.NEW]
    assert chosen.undated == 1


def test_what_an_earlier_issue_told_is_left_out_and_counted() -> None:
    ran = Ran(
        frozenset({canonical_link("https://x.example/a")}), frozenset({("same", "2016-05-12")})
    )
    items = [
        make_item("A", link="http://www.x.example/a/?utm_source=mail"),
        make_item("Same!", link="https://x.example/other"),
        make_item("New", link="https://x.example/new"),
        make_item("Old", link="https://x.example/old", date=ItemDate(2016, 4, 1)),
    ]

    chosen = select(items, MAY, ran)

    assert [item.title for item in chosen.items] == ["New"]
    assert (chosen.already_ran, chosen.outside) == (2, 1)


def test_an_undated_item_is_offered_once() -> None:
    ran = Ran(offered=frozenset({"//x.example/a", "by title"}))
    items = [
        make_item("A", link="https://x.example/a", date=None),
        make_item("By title", link="", date=None),
        make_item("Dated by now", link="https://x.example/a?utm_id=1"),
        make_item("New", link="https://x.example/new", date=None),
    ]

    chosen = select([items[0], items[1], items[3]], MAY, ran)
    dated = select([items[2]], MAY, ran)

    assert [item.title for item in chosen.items] == ["New"]
    assert chosen.offered_before == 2
    assert [item.title for item in dated.items] == ["Dated by now"]


@pytest.mark.parametrize(
    "same",
    [
        "http://library.example/news/a b",
        "https://www.library.example/news/a%20b/",
        "HTTPS://Library.Example:443/news/a%20b#top",
        "https://library.example/news/a%20b?utm_source=x&utm_medium=mail&fbclid=1",
        "https://library.example/news/a%20b;jsessionid=AB12?",
    ],
)
def test_links_to_one_page_are_one(same: str) -> None:
    assert canonical_link(same) == "//library.example/news/a%20b"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/?p=1", "https://x.example/?p=2"),
        ("https://x.example/a", "https://x.example/A"),
        ("https://x.example/#!/1", "https://x.example/#!/2"),
        ("https://x.example:8080/", "https://x.example/"),
        ("https://a.x.example/", "https://x.example/"),
        ("https://x.example/a%2Fb", "https://x.example/a%252Fb"),
    ],
)
def test_links_to_different_pages_differ(one: str, other: str) -> None:
    assert canonical_link(one) != canonical_link(other)


def test_parameters_are_one_in_any_order_and_host_in_any_script() -> None:
    assert canonical_link("https://x.example/?b=2&a=1") == canonical_link(
        "//x".join(["https:", ".example?a=1&b=2"])
    )
    assert canonical_link("https://bücher.example/") == canonical_link(
        "https://xn--bcher-kva.example"
    )


@pytest.mark.parametrize("link", ["", "mailto:a@x.example", "javascript:alert(1)", "http://[", "x"])
def test_what_is_no_web_address_has_no_canonical_form(link: str) -> None:
    assert canonical_link(link) == ""


@given(link=st.text(max_size=80))
def test_a_canonical_link_is_made_of_any_text(link: str) -> None:
    canonical = canonical_link(f"https://x.example/{link}")

    assert canonical == "" or canonical_link(f"https:{canonical}") == canonical


def test_duplicates_across_sources_keep_the_richest_texts_and_all_sources() -> None:
    items = [
        make_item("Panama letter", link="https://a.example/1", source="A", summary="Short."),
        make_item("Other", link="https://a.example/2", source="A"),
        make_item(
            "PANAMA LETTER!",
            link="https://b.example/9",
            source="B",
            summary="A longer summary.",
            picture=Picture("https://b.example/p.jpg"),
        ),
    ]

    merged = merge_duplicates(items)

    assert [item.title for item in merged] == ["Panama letter", "Other"]
    assert merged[0].source == "A, B"
    assert merged[0].summary == "A longer summary."
    assert merged[0].picture == Picture("https://b.example/p.jpg")
    assert merged[0].link == "https://a.example/1"


def test_the_same_title_on_another_day_is_another_item() -> None:
    items = [
        make_item("Minutes", link="https://a.example/1"),
        make_item("Minutes", link="https://a.example/2", date=ItemDate(2016, 5, 13)),
        make_item("Minutes", link="https://a.example/3", date=None),
    ]

    assert len(merge_duplicates(items)) == 3


def test_items_at_anchors_of_one_page_stay_apart() -> None:
    items = [
        make_item("One", link="https://a.example/news#one"),
        make_item("Two", link="https://a.example/news#two"),
        make_item("Three", link="https://a.example/news#three"),
    ]

    assert len(merge_duplicates(items)) == 3


def test_a_title_reads_the_same_in_any_case_and_punctuation() -> None:
    assert title_key("Panama:  A Letter\u2026") == title_key("PANAMA — a letter")
    assert title_key("Ｐanama") == "panama"
    assert title_key("図書館") != title_key("図書")


@given(
    days=st.lists(st.integers(-40, 40), max_size=20),
    hours=st.integers(0, 23),
)
def test_every_item_is_kept_or_counted(days: list[int], hours: int) -> None:
    items = [
        make_item(f"Item {day % 7}", link=f"https://x.example/{day}", date=at(moment.isoformat()))
        for day in days
        for moment in [datetime(2016, 5, 15, hours, tzinfo=UTC) + timedelta(days=day)]
    ]

    chosen = select(items, MAY, Ran())

    assert len(chosen.items) + chosen.outside + chosen.already_ran + chosen.merged == len(items)
