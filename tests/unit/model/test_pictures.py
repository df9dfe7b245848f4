"""Which pictures an edition shows, and what is told without one."""

from __future__ import annotations

from newsletter.model.content import Edition, Issue, Picture, PictureUse, Section
from newsletter.model.editions import resolve
from newsletter.model.pictures import told_with_pictures, with_pictures
from tests.factories import make_issue_item


def _issue(count: int) -> Issue:
    items = tuple(
        make_issue_item(f"k{n}", picture=Picture(f"https://x/{n}.jpg", "A"), section="news")
        for n in range(count)
    )
    return Issue("i", subject="News", items=items, sections=(Section("news", "News"),))


def test_the_lead_is_shown_large_and_the_others_small() -> None:
    content = resolve(_issue(3), Edition("en"))

    assert [(one.url, use) for one, use in told_with_pictures(content)] == [
        ("https://x/0.jpg", PictureUse.LEAD),
        ("https://x/1.jpg", PictureUse.SIDE),
        ("https://x/2.jpg", PictureUse.SIDE),
    ]


def test_items_told_by_their_titles_show_and_fetch_no_picture() -> None:
    content = resolve(_issue(30), Edition("en"))

    shown = with_pictures(content, lambda picture, _use: picture)

    assert len(list(told_with_pictures(content))) == 4
    assert [one.picture for section in shown.sections for one in section.more] == [None] * 26


def test_a_picture_that_cannot_be_shown_leaves_its_item_whole() -> None:
    content = resolve(_issue(2), Edition("en"))

    shown = with_pictures(content, lambda _picture, _use: None)

    assert [str(item.title) for item in shown.items] == ["News of k0", "News of k1"]
    assert [item.picture for item in shown.items] == [None, None]
