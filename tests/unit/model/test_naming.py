"""The newsletter's name and address, as settings may have them."""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.model.naming import check_lines, in_one_line


@pytest.mark.parametrize(
    "text", ["News\nof May", "News\r\nBcc: x@example.org", "News\u2028May", "A\n"]
)
def test_a_name_of_several_lines_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"'name' of .* has a line break") as caught:
        check_lines({"name": text})

    assert "one line" in caught.value.hint
    assert len(caught.value.hint.splitlines()) == 1


@pytest.mark.parametrize("text", ["News \u202etxet", "News\x00", "\x1b[31mNews"])
def test_a_name_that_could_not_be_shown_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"'organisation' .* cannot be shown"):
        check_lines({"organisation": text})


@pytest.mark.parametrize("text", ["", "Новости", "نشرة\u200f IFLA", "图书馆"])
def test_names_in_every_script_are_good(text: str) -> None:
    check_lines({"name": text})


@pytest.mark.parametrize(
    "text", ["1 Square\n2595 BE The Hague\n", "1 Square,\r\n  2595 BE The Hague"]
)
def test_a_postal_address_may_be_written_in_lines(text: str) -> None:
    assert in_one_line(text) == "1 Square, 2595 BE The Hague"
