from __future__ import annotations

import pytest
from babel import Locale, localedata

from newsletter.model.languages import best_match, chain_of, direction_of, is_same, printable


def test_every_language_runs_the_way_that_cldr_says() -> None:
    names = localedata.locale_identifiers()

    # Mongolian script runs from top to bottom, which no mail can do.
    right_to_left = {name for name in names if Locale.parse(name).text_direction == "rtl"}
    wrong = [name for name in names if (direction_of(name) == "rtl") != (name in right_to_left)]

    assert len(names) > 500
    assert wrong == []


@pytest.mark.parametrize("name", ["", "xx", "not a language"])
def test_an_unknown_language_runs_from_left_to_right(name: str) -> None:
    assert direction_of(name) == "ltr"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("en", "en-GB", True),
        ("fr_CA", "fr", True),
        ("FR", "fr", True),
        ("en", "fr", False),
        ("", "", False),
        ("zh", "zh-Hans-CN", True),
        ("zh", "zh-TW", False),
        ("zh-Hant", "zh-HK", True),
        ("zh-Hans-HK", "zh-CN", True),
        ("sr-Latn", "sr", True),
        ("sr-Latn", "sr-Latn-RS", True),
        ("sr-Latn", "sr-Cyrl", False),
        ("az-Arab", "az-Latn", False),
    ],
)
def test_a_reader_of_one_language_reads_its_regional_forms(
    one: str, other: str, same: bool
) -> None:
    assert is_same(one, other) is same


def test_the_exact_language_is_preferred_to_a_regional_one() -> None:
    assert best_match("pt-BR", ["pt", "pt-br"]) == "pt-br"
    assert best_match("pt-BR", ["fr", "pt"]) == "pt"
    assert best_match("de", ["fr", "pt"]) is None


def test_a_chain_names_each_language_once() -> None:
    assert chain_of("ar", "fr", "", "en", "fr") == ("ar", "fr", "en")


def test_characters_that_no_reader_should_meet_are_removed() -> None:
    text = "gpj\u202eexe\u2066.\x00\x1b\x85x\ud800 \u200fok\n\ttab"

    assert printable(text) == "gpjexe.x \u200fok\n\ttab"
