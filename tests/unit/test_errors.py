"""Errors say what is so, and no more."""

from __future__ import annotations

import pytest

from newsletter.errors import EditionNotFoundError, MailingStoppedError


@pytest.mark.parametrize(
    ("unwritten", "answers", "said"),
    [
        (0, 0, "disk full"),
        (1, 1, "disk full; 1 answer could not be written down; which of"),
        (12, 12, "disk full; 12 answers could not be written down; which of"),
        (26, 12, "12 answers could not be written down; that 14 more did not leave could not"),
        (14, 0, "disk full; that 14 more did not leave could not be written down; which of"),
    ],
)
def test_what_never_left_is_not_called_an_answer(unwritten: int, answers: int, said: str) -> None:
    error = MailingStoppedError(1, "disk full", unwritten=unwritten, answers=answers)

    assert said in str(error)
    assert ("unknown" in str(error)) == (unwritten > 0)


def test_an_edition_that_is_missing_is_told_with_those_there_are() -> None:
    error = EditionNotFoundError("2016-05", "xx", ["en", "en-light"])

    assert str(error) == "there is no edition 'xx' of '2016-05'"
    assert error.hint == "There are en, en-light."
