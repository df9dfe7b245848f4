"""Errors say what is so, and no more."""

from __future__ import annotations

import pytest

from newsletter.errors import EditionNotFoundError, MailingStoppedError


@pytest.mark.parametrize(
    ("unwritten", "answers", "said"),
    [
        (0, 0, ""),
        (1, 1, "; 1 answer could not be written down and will be unknown"),
        (12, 12, "; 12 answers could not be written down and will be unknown"),
        (
            26,
            12,
            "; 12 answers could not be written down and will be unknown;"
            " 14 messages more did not leave",
        ),
        (1, 0, "; 1 message more did not leave"),
    ],
)
def test_what_never_left_is_not_called_an_answer(unwritten: int, answers: int, said: str) -> None:
    error = MailingStoppedError(1, "disk full", unwritten=unwritten, answers=answers)

    assert str(error) == f"mailing '1' was stopped: disk full{said}"


def test_an_edition_that_is_missing_is_told_with_those_there_are() -> None:
    error = EditionNotFoundError("2016-05", "xx", ["en", "en-light"])

    assert str(error) == "there is no edition 'xx' of '2016-05'"
    assert error.hint == "There are en, en-light."
