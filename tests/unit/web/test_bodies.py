"""What a POST says, as browsers and mail providers send it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.bodies import MOST_BYTES, fields

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = {"list-unsubscribe": "One-Click"}
MULTIPART = (
    b"--frame\r\n"
    b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    b"One-Click\r\n"
    b"--frame--\r\n"
)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (f"{FORM}; charset=UTF-8", b"List-Unsubscribe=One-Click\r\n"),
        (FORM, b"list-unsubscribe=One-Click"),
        ("", b"List-Unsubscribe=One-Click"),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=frame", MULTIPART),
        ('Multipart/Form-Data; boundary="frame"', MULTIPART),
        ("multipart/form-data; boundary=frame", MULTIPART.replace(b"\r\n", b"\n")),
    ],
)
def test_one_click_is_understood_in_every_form_it_comes_in(content_type: str, body: bytes) -> None:
    assert fields(content_type, body) == ONE_CLICK


def test_a_button_of_a_page_says_its_wish() -> None:
    assert fields(FORM, b"wish=back") == {"wish": "back"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b""),
        (FORM, b"\xff\x00&&&="),
        (FORM, b"a=1&" * 1000),
        ("multipart/form-data", MULTIPART),
        ("multipart/form-data; boundary=other", MULTIPART),
        ("multipart/form-data; boundary=frame", b"--frame\r\n\r\nOne-Click\r\n--frame--"),
        ("application/json", b'{"List-Unsubscribe": "One-Click"}'),
    ],
)
def test_what_says_nothing_is_nobodys_wish(content_type: str, body: bytes) -> None:
    assert "list-unsubscribe" not in fields(content_type, body)
    assert "wish" not in fields(content_type, body)


def test_a_frame_in_a_frame_in_a_frame_does_not_exhaust_us() -> None:
    nested = b"".join(
        b"--%d\r\nContent-Type: multipart/x; boundary=%d\r\n\r\n" % (at, at + 1)
        for at in range(1000)
    )[:MOST_BYTES]

    assert fields("multipart/form-data; boundary=0", nested) == {}


@given(
    st.sampled_from([FORM, "", "multipart/form-data; boundary=frame", "multipart/form-data;"]),
    st.binary(max_size=300),
)
def test_no_body_is_a_mistake_of_ours(content_type: str, body: bytes) -> None:
    assert isinstance(fields(content_type, body), dict)
    assert isinstance(fields(content_type, b"--frame\r\n" + body), dict)
