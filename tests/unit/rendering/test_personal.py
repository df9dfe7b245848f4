"""What is filled into one reader's message."""

from __future__ import annotations

import pytest

from newsletter.model.content import Edition
from newsletter.rendering.personal import ListName, personal_values
from tests.factories import make_identity

LIST = ListName("members", "Members")


def values(token: str = "", **identity: str) -> dict[str, str]:
    return personal_values(
        "Ana", LIST, Edition("en"), make_identity(**identity), slug="2016-05", token=token
    )


def test_without_a_page_readers_leave_by_mail() -> None:
    found = values("uabc-1-2-x")

    assert found["unsubscribe_url"] == found["unsubscribe_mailto"]
    assert found["unsubscribe_url"] == (
        "mailto:news@library.example?subject=unsubscribe%20uabc-1-2-x"
    )


def test_with_a_page_the_link_leads_there_and_the_mail_stays_a_second_way() -> None:
    found = values("uabc-1-2-x", unsubscribe_url="https://news.example/leave/")

    assert found["unsubscribe_url"] == "https://news.example/leave/uabc-1-2-x"
    assert found["unsubscribe_mailto"].endswith("?subject=unsubscribe%20uabc-1-2-x")


def test_nobody_in_particular_gets_the_link_of_a_sample() -> None:
    found = values(unsubscribe_url="https://news.example/leave/")

    assert found["unsubscribe_url"] == "https://news.example/leave/sample"
    assert found["unsubscribe_mailto"].endswith("?subject=unsubscribe%20members")


@pytest.mark.parametrize(
    ("contact", "reply_to", "office"),
    [
        ("office@library.example", "", "office@library.example"),
        ("Office <office@library.example>", "", "office@library.example"),
        ("https://library.example/contact", "", "news@library.example"),
        ("https://social.example/@library", "desk@library.example", "desk@library.example"),
        ("Shelf Road 7", "The desk, 2nd floor <desk@library.example>", "desk@library.example"),
        ("office@bücher.example", "", "office@xn--bcher-kva.example"),
    ],
)
def test_whoever_leaves_by_mail_writes_to_an_address_that_mail_reaches(
    contact: str, reply_to: str, office: str
) -> None:
    found = values("uabc", contact=contact, reply_to=reply_to)

    assert found["unsubscribe_mailto"] == f"mailto:{office}?subject=unsubscribe%20uabc"


def test_a_list_is_named_as_the_dns_writes_the_senders_domain() -> None:
    found = values(mail_from="Bücher, Große <news@bücher.example>")

    assert found["list_id"] == "members.xn--bcher-kva.example"
