from __future__ import annotations

import pytest

from newsletter.rendering.bidi import isolated, other, runs


@pytest.mark.parametrize(
    ("text", "against"),
    [
        ("اجتماع IFLA في بنما", ["IFLA"]),
        ("من 17-23 نيسان", ["17-23"]),
        ("لغة C++ الآن", ["C++"]),
        ("انظر https://example.org/a/?b=1 اليوم", ["https://example.org/a/?b=1"]),
        ("(ZimLA) في هراري", ["ZimLA"]),
        ("ورشة NIP (2016) في", ["NIP (2016)"]),
        ("هاتف +41 32 000 الآن", ["+41 32 000"]),
        ("نسبة 50% فقط", ["50%"]),
        ("في https://ar.example.org/wiki/مكتبة، اليوم", ["https://ar.example.org/wiki/مكتبة"]),
        ("انظر IFLA https://a.example/مكتبة/b.", ["IFLA https://a.example/مكتبة/b"]),
        ("موقعنا <https://example.org/a>.", ["<https://example.org/a>"]),
        ("٢٠ مايو ٢٠١٦", []),
        ("", []),
    ],
)
def test_latin_names_numbers_and_addresses_are_whole_in_arabic(
    text: str, against: list[str]
) -> None:
    pieces = runs(text, "rtl")

    assert [piece for piece, foreign in pieces if foreign] == against
    assert "".join(piece for piece, _ in pieces) == text


def test_arabic_is_whole_inside_english_with_its_numbers() -> None:
    assert [one for one, foreign in runs("The paper المكتبة ٢٠١٦ wrote", "ltr") if foreign] == [
        "المكتبة ٢٠١٦"
    ]


def test_an_address_with_arabic_letters_stays_whole_inside_english() -> None:
    text = "See https://ar.example.org/wiki/مكتبة/x now: مكتبة."

    assert [one for one, foreign in runs(text, "ltr") if foreign] == ["مكتبة"]


def test_runs_are_isolated_in_plain_text() -> None:
    assert isolated("قال IFLA اليوم", "rtl") == "قال \u2068IFLA\u2069 اليوم"


def test_the_other_direction() -> None:
    assert (other("rtl"), other("ltr")) == ("ltr", "rtl")
