"""Names of lists."""

from __future__ import annotations

import pytest

from newsletter.audience.list_keys import parse_list_key
from newsletter.errors import ListKeyError


@pytest.mark.parametrize(
    ("written", "key"), [("members", "members"), (" Members ", "members"), ("a-2016", "a-2016")]
)
def test_letters_digits_and_hyphens_name_a_list_in_any_case(written: str, key: str) -> None:
    assert parse_list_key(written) == key


@pytest.mark.parametrize(
    ("written", "near"),
    [("Members 2016", "members-2016"), ("Mitgliéder!", "mitglieder"), ("-a-", "a"), ("a.b", "a-b")],
)
def test_another_name_is_refused_with_one_that_would_do(written: str, near: str) -> None:
    with pytest.raises(ListKeyError) as caught:
        parse_list_key(written)

    assert repr(near) in caught.value.hint


@pytest.mark.parametrize("written", ["", "成员", "a" * 64])
def test_a_name_that_no_header_could_carry_is_refused(written: str) -> None:
    with pytest.raises(ListKeyError, match="cannot be the name"):
        parse_list_key(written)
