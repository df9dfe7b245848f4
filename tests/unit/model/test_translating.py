"""Codes of languages and the rules about them: a slip of the pen is named."""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.model.translating import TranslationSettings, check_languages

LANGUAGES = ("en", "fr", "zh-Hans", "pt-BR")


@pytest.mark.parametrize("code", ["klingon", "", "FR", "fr_FR", "f", "fr-", "français"])
def test_what_is_no_code_is_named(code: str) -> None:
    with pytest.raises(SettingsError, match=f"'{code}' in 'languages'"):
        check_languages(("en", code), {})


def test_a_rule_about_a_language_that_the_newsletter_has_not_is_named() -> None:
    with pytest.raises(SettingsError, match="'ru' in 'fallback'") as caught:
        check_languages(LANGUAGES, {"fallback": ("en", "ru")})

    assert "It has en, fr, zh-Hans, pt-BR" in caught.value.hint


def test_rules_may_name_a_language_by_another_form_of_it() -> None:
    check_languages(LANGUAGES, {"fallback": ("en-GB", "zh", "pt")})


def test_a_newsletter_of_one_language_may_name_those_of_its_issues() -> None:
    check_languages(("en",), {"translations.required": ("fr",)})


def test_a_rule_that_there_is_not_is_named() -> None:
    with pytest.raises(SettingsError, match="'leave'"):
        TranslationSettings(missing="leave")
