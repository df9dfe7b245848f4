"""Blanks that bind: each language's own, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.binding import bound


@pytest.mark.parametrize(
    ("language", "typed", "bound_text"),
    [
        ("ru", "Он и я в доме", "Он~и~я~в~доме"),
        ("ru", "библиотека — это дом", "библиотека~— это дом"),
        ("ru", "Везёт 3 000 книг", "Везёт 3~000~книг"),
        ("ru-RU", "из-за дождя", "из-за дождя"),
        ("uk", "мова є в усіх", "мова є~в~усіх"),
        ("pl", "książki i ludzie w kraju", "książki i~ludzie w~kraju"),
        ("fr", "Qui garde les clés ?", "Qui garde les clés~?"),
        ("fr", "la liste « Amis » : oui", "la liste «~Amis~»~: oui"),
        ("fr-CA", "deux jours, 3 000 livres", "deux jours, 3~000~livres"),
        ("en", "a book - 3 000 of 1", "a book - 3 000 of 1"),
        ("de", "in 5 Tagen", "in 5 Tagen"),
        ("", "и я", "и я"),
    ],
)
def test_a_line_does_not_end_where_the_language_forbids_it(
    language: str, typed: str, bound_text: str
) -> None:
    assert bound(typed, language) == bound_text.replace("~", "\N{NO-BREAK SPACE}")


@given(st.text(), st.sampled_from(["ru", "pl", "fr", "ar"]))
def test_nothing_but_blanks_is_changed(text: str, language: str) -> None:
    assert bound(text, language).replace("\N{NO-BREAK SPACE}", " ") == text.replace(
        "\N{NO-BREAK SPACE}", " "
    )


@given(st.text(), st.sampled_from(["ru", "pl", "fr"]))
def test_binding_twice_changes_nothing_more(text: str, language: str) -> None:
    once = bound(text, language)

    assert bound(once, language) == once
