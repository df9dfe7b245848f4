"""The address of the page that readers leave by."""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.model.public import check_page_address, leave_address, one_click_address


@pytest.mark.parametrize("url", ["https://news.example/leave", "https://news.example/leave/"])
def test_the_token_is_put_at_the_end_of_the_address(url: str) -> None:
    assert leave_address(url, "uabc-1-2-x") == "https://news.example/leave/uabc-1-2-x"


def test_messages_name_the_page_only_over_https() -> None:
    assert one_click_address("https://news.example/") == "https://news.example/"
    assert one_click_address("HTTPS://news.example/") == "HTTPS://news.example/"
    assert one_click_address("http://news.example/") == ""
    assert one_click_address("") == ""


@pytest.mark.parametrize(
    "url", ["", "https://news.example", "http://10.0.0.7:8058/x/", "https://[2001:db8::1]/leave/"]
)
def test_an_address_that_a_page_can_have_is_taken(url: str) -> None:
    check_page_address("unsubscribe_url", url)


@pytest.mark.parametrize(
    "url",
    [
        "news.example/leave",
        "/leave",
        "mailto:office@news.example",
        "javascript:alert(1)",
        "https://",
        "https:///leave",
        "https://news.example/?t=",
        "https://news.example/?",
        "https://news.example/#",
        "https://someone@news.example/",
        "https://news.example/a b",
        "https://news.example/>,<mailto:x",
        "https://news.example/\r\nBcc: x",
        "https://größe.example/",
        "https://news.example:port/",
        "https://[::1/",
        "https://news.example/" + "a" * 300,
    ],
)
def test_an_address_that_no_token_can_follow_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="'unsubscribe_url'") as caught:
        check_page_address("unsubscribe_url", url)

    assert "https://" in caught.value.hint
