from __future__ import annotations

import pytest

from newsletter.rendering.wrapping import cut, width, wrap

LONG_ADDRESS = "https://library.example/" + "a-long-path-" * 12


def test_lines_fit_the_columns() -> None:
    lines = wrap("Thirty associations met in Panama. " * 20).split("\n")

    assert max(map(len, lines)) <= 72
    assert " ".join(lines) == ("Thirty associations met in Panama. " * 20).strip()


def test_chinese_takes_two_columns_and_wraps_between_characters() -> None:
    lines = wrap("图书馆协会在巴拿马开会，制定宣传策略。" * 6).split("\n")

    assert max(map(width, lines)) <= 72
    assert min(map(width, lines[:-1])) >= 68
    assert "".join(lines) == "图书馆协会在巴拿马开会，制定宣传策略。" * 6


def test_no_chinese_line_begins_with_a_closing_mark() -> None:
    lines = wrap("图" * 36 + "。" + "书" * 10).split("\n")

    assert not lines[1].startswith("。")


@pytest.mark.parametrize("before", ["", "See ", "看" * 30])
def test_an_address_is_never_split(before: str) -> None:
    assert LONG_ADDRESS in wrap(f"{before}{LONG_ADDRESS} for more").split("\n")


def test_a_word_longer_than_a_line_is_broken() -> None:
    lines = wrap("Donaudampfschifffahrt" * 10).split("\n")

    assert max(map(len, lines)) <= 72


def test_paragraphs_and_prefixes_are_kept() -> None:
    text = wrap("one two three\n\nfour", 9, first="- ", rest="  ")

    assert text == "- one two\n  three\n\n  four"


@pytest.mark.parametrize(
    ("text", "columns", "shortened"),
    [
        ("short", 10, "short"),
        ("one two three", 9, "one two…"),
        ("one two, three", 10, "one two…"),
        ("图书馆协会在开会", 9, "图书馆协…"),
        ("😀" * 50, 11, "😀😀😀😀😀…"),
        ("compound" * 9, 10, "compoundc…"),
        ("two\n lines", 20, "two lines"),
    ],
)
def test_texts_are_cut_at_the_end_of_a_word(text: str, columns: int, shortened: str) -> None:
    assert cut(text, columns) == shortened


def test_combining_signs_take_no_column() -> None:
    assert width("e\u0301x") == 2
