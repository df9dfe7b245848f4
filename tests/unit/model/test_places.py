"""A value becomes safe bytes in its place, and the quick way is the careful one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import encoding
from newsletter.model.places import Escape, Place, Transfer, encoder

BODY = Transfer.QUOTED_PRINTABLE
#: Everything that some escaping or the transfer changes, and what nothing does.
TEXT = st.text(st.sampled_from("ab.F rom&<>\"'= é\n~-"), max_size=90)


def line_of(text: str) -> bytes:
    return encoding.quoted_printable(text.encode()) + b"=\r\n" if text else b""


@given(TEXT)
def test_a_value_that_needs_nothing_is_as_if_everything_had_been_done_to_it(value: str) -> None:
    text = encoder(BODY, Place("name", Escape.TEXT)).encode(value)
    html = encoder(BODY, Place("name", Escape.HTML)).encode(value)

    escaped = encoding.clean(value).replace("&", "&amp;").replace("<", "&lt;")
    escaped = escaped.replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#x27;")
    assert text == line_of(encoding.clean(value))
    assert html == line_of(escaped)


@pytest.mark.parametrize("value", [".hidden", "From here", "two  blanks", "ends ", "x" * 76])
def test_what_looks_plain_and_is_not_is_encoded(value: str) -> None:
    encoded = encoder(BODY, Place("name", Escape.TEXT)).encode(value)

    assert encoded != value.encode() + b"=\r\n"


def test_a_place_names_the_values_it_is_made_of() -> None:
    assert Place("address", Escape.TEXT).names == ("address",)
    assert Place("to", Escape.MAILBOX).names == ("name", "address")
    assert encoder(Transfer.HEADER, Place("to", Escape.MAILBOX)).encode("Ana", "a@x.example") == (
        b"Ana <a@x.example>"
    )


def test_a_mailbox_of_plain_words_is_folded_only_where_it_does_not_fit() -> None:
    short, long = "Ana Garcia", "Ana " * 15 + "Garcia"

    assert encoding.mailbox(short, "ana@example.org", 4) == "Ana Garcia <ana@example.org>"
    assert encoding.mailbox(long, "ana@example.org", 4) == f"{long}\r\n <ana@example.org>"
