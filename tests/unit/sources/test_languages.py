from __future__ import annotations

import pytest

from newsletter.sources.languages import language_of

FRENCH = "La bibliothèque de la ville est dans le centre et les salles sont pour les élèves. " * 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("শহরের গ্রন্থাগারে নতুন পাঠকক্ষ", "bn"),
        ("図書館のお知らせ", "ja"),
        ("市图书馆新闻", "zh"),
        ("도서관 소식", "ko"),
        ("पुस्तकालय समाचार", "hi"),
        ("أخبار المكتبة", "ar"),
        ("Новости библиотеки", "ru"),
        ("Новини бібліотеки і її читачів", "uk"),
        ("خبرهای کتابخانه گزارش چاپ پژوهش", "fa"),
        ("Νέα της βιβλιοθήκης", "el"),
    ],
)
def test_a_script_overrules_a_default_declaration(text: str, language: str) -> None:
    assert language_of(text, "en-US") == language


@pytest.mark.parametrize(
    ("text", "declared"),
    [("Вести из библиотеке", "sr"), ("اخبار", "fa-IR"), ("समाचार", "mr"), ("News", "en-GB")],
)
def test_a_declaration_that_fits_the_script_is_kept(text: str, declared: str) -> None:
    assert language_of(text, declared) == declared


def test_small_words_overrule_a_default_declaration() -> None:
    assert language_of(FRENCH, "en-US") == "fr"


def test_a_page_that_declares_nothing_is_known_by_its_small_words() -> None:
    assert language_of(FRENCH) == "fr"


def test_a_regional_declaration_is_kept_when_the_words_agree() -> None:
    assert language_of(FRENCH, "fr_CA") == "fr-CA"


def test_too_little_text_tells_nothing() -> None:
    assert language_of("OK") == ""


def test_a_language_is_written_in_small_letters() -> None:
    assert language_of("Nyt", "DA") == "da"
