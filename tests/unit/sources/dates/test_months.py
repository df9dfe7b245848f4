"""The tables: whole, and without a name that means two months."""

from __future__ import annotations

import sys

import pytest

from newsletter.sources.dates.months import MONTHS, WEEKDAYS, fold, month_names
from newsletter.sources.dates.tokens import clean


@pytest.mark.parametrize("language", MONTHS)
def test_a_language_has_twelve_months(language: str) -> None:
    assert len(MONTHS[language].split("|")) == 12
    assert set(month_names(language).values()) == set(range(1, 13))


@pytest.mark.parametrize("language", WEEKDAYS)
def test_a_language_has_seven_weekdays(language: str) -> None:
    assert len(WEEKDAYS[language].split("|")) == 7


def test_a_name_is_known_with_and_without_accents() -> None:
    assert month_names("fr")[fold("août")] == month_names("")["aout"] == 8


def test_cleaning_moves_no_character() -> None:
    every = "".join(chr(code) for code in range(1, sys.maxunicode) if not 0xD800 <= code < 0xE000)

    for start in range(0, len(every), 50_000):
        part = every[start : start + 50_000]
        cleaned = clean(part)

        assert len(cleaned.text) == (
            len(part) if cleaned.places is None else len(cleaned.places) - 1
        )
