from __future__ import annotations

from datetime import UTC, datetime

from newsletter.rendering.addressing import addressing_of
from tests.factories import make_identity

NOON = datetime(2016, 5, 31, 12, tzinfo=UTC)


def test_the_sender_is_told_by_name_and_address() -> None:
    identity = make_identity(
        mail_from='"Lamp, The" <news@library.example>', reply_to="A <a@b.example>"
    )

    addressing = addressing_of(identity, "2016-05", NOON)

    assert (addressing.sender_name, addressing.sender) == ("Lamp, The", "news@library.example")
    assert (addressing.reply_to, addressing.issue) == ("a@b.example", "2016-05")


def test_a_bare_address_gets_the_newsletters_name() -> None:
    addressing = addressing_of(make_identity(mail_from="news@library.example"), "2016-05", NOON)

    assert (addressing.sender_name, addressing.reply_to) == ("The Reading Lamp", "")


def test_one_click_is_offered_where_there_is_a_page_for_it() -> None:
    page = make_identity(unsubscribe_url="https://news.example/leave/")

    assert addressing_of(page, "2016-05", NOON).one_click
    assert not addressing_of(make_identity(), "2016-05", NOON).one_click
