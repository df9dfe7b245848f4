from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter import shipped
from newsletter.errors import TemplateError
from newsletter.model.content import ItemDate
from newsletter.rendering.languages import Language, fill, known_languages, name_of, open_language
from newsletter.rendering.themes import Theme, open_theme

LANGUAGES = ["en", "fr", "es", "ar", "ru", "zh", "de"]


@pytest.fixture
def theme() -> Theme:
    return open_theme("default", [shipped.templates()])


def speak(theme: Theme, code: str, time_zone: str = "UTC") -> Language:
    return open_language(theme, code, time_zone)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "20 May 2016"),
        ("fr", "20 mai 2016"),
        ("es", "20 de mayo de 2016"),
        ("ar", "٢٠ مايو ٢٠١٦"),
        ("ru", "20 мая 2016 г."),
        ("zh", "2016年5月20日"),
        ("de", "20. Mai 2016"),
        ("en-US", "May 20, 2016"),
    ],
)
def test_a_date_is_written_in_the_long_form_of_its_language(
    theme: Theme, code: str, expected: str
) -> None:
    # CLDR puts a no-break space before the Russian "г.".
    text = speak(theme, code).long_date(date(2016, 5, 20))

    assert text.replace("\u00a0", " ").replace("\u202f", " ") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (ItemDate(2016, 5), "May 2016"),
        (ItemDate(2016), "2016"),
        (ItemDate(None, 2, 29), "29 February"),
        (None, ""),
    ],
)
def test_a_date_is_no_more_precise_than_it_is_known(
    theme: Theme, day: ItemDate | None, expected: str
) -> None:
    assert speak(theme, "en").long_date(day) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "17–23 April 2016"),
        ("fr", "17–23 avril 2016"),
        ("es", "17–23 de abril de 2016"),
        ("ar", "من ١٧ إلى ٢٣ أبريل ٢٠١٦"),
        ("ru", "17–23 апреля 2016 г."),
        ("zh", "2016年4月17日至23日"),
        ("de", "17.–23. April 2016"),
    ],
)
def test_a_range_of_days_is_written_as_the_language_does(
    theme: Theme, code: str, expected: str
) -> None:
    text = speak(theme, code).date_range(ItemDate(2016, 4, 17), ItemDate(2016, 4, 23))

    assert text.replace("\u00a0", " ").replace("\u202f", " ") == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (ItemDate(2016, 4, 30), ItemDate(2016, 5, 2), "30 April – 2 May 2016"),
        (ItemDate(2016, 12, 30), ItemDate(2017, 1, 2), "30 December 2016 – 2 January 2017"),
        (ItemDate(2016, 5, 2), ItemDate(2016, 5, 2), "2 May 2016"),
        (ItemDate(2016, 5, 2), ItemDate(2016, 5, 1), "2 May 2016"),
        (ItemDate(2016, 5, 2), None, "2 May 2016"),
        (ItemDate(2016, 5), ItemDate(2016, 6), "May 2016"),
        (None, None, ""),
    ],
)
def test_a_range_says_no_more_than_is_known(
    theme: Theme, start: ItemDate | None, end: ItemDate | None, expected: str
) -> None:
    text = speak(theme, "en").date_range(start, end)

    assert text.replace("\u2009", " ") == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "لا أخبار"),
        (1, "خبر واحد"),
        (2, "خبران"),
        (3, "٣ أخبار"),
        (11, "١١ خبراً"),
        (100, "١٠٠ خبر"),
    ],
)
def test_arabic_has_its_six_plurals(theme: Theme, number: int, expected: str) -> None:
    assert speak(theme, "ar").count("items", number) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1 новость"), (3, "3 новости"), (5, "5 новостей"), (21, "21 новость")],
)
def test_russian_counts_as_russian_does(theme: Theme, number: int, expected: str) -> None:
    assert speak(theme, "ru").count("items", number) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "14:30 (UTC)"),
        ("Europe/Zurich", "16:30 (UTC+2)"),
        ("Asia/Kolkata", "20:00 (UTC+5:30)"),
    ],
)
def test_a_time_is_told_in_the_zone_of_the_newsletter(
    theme: Theme, zone: str, expected: str
) -> None:
    moment = ItemDate(2016, 6, 8, datetime(2016, 6, 8, 14, 30, tzinfo=UTC))

    assert speak(theme, "en", zone).time(moment) == expected


def test_a_time_west_of_greenwich_has_a_minus_sign(theme: Theme) -> None:
    moment = ItemDate(2016, 6, 8, datetime(2016, 6, 8, 14, 30, tzinfo=UTC))

    assert speak(theme, "fr", "America/Panama").time(moment) == "09:30 (UTC−5)"


def test_a_day_without_a_time_has_none(theme: Theme) -> None:
    assert speak(theme, "en").time(ItemDate(2016, 6, 8)) == ""


def test_an_unknown_time_zone_is_a_clear_error(theme: Theme) -> None:
    moment = ItemDate(2016, 6, 8, datetime(2016, 6, 8, 14, 30, tzinfo=UTC))

    with pytest.raises(TemplateError, match="no time zone 'Europe/Zuerich'"):
        speak(theme, "en", "Europe/Zuerich").time(moment)


def test_a_date_block_has_day_and_short_month(theme: Theme) -> None:
    language = speak(theme, "ar")

    assert (language.day(ItemDate(2016, 8, 13)), language.month(ItemDate(2016, 8, 13))) == (
        "١٣",
        "أغسطس",
    )
    assert (language.day(ItemDate(2016)), language.month(ItemDate(2016))) == ("", "٢٠١٦")


def _fields(words: str) -> list[str]:
    return sorted(re.findall(r"\{[a-z]+\}", words))


def test_every_language_of_the_theme_has_every_word_of_the_english_one(theme: Theme) -> None:
    tables = {code: speak(theme, code).table for code in LANGUAGES}

    for code, table in tables.items():
        assert set(tables["en"]["labels"]) <= set(table["labels"]), code
        assert set(tables["en"]["plurals"]) <= set(table["plurals"]), code
        assert set(tables["en"]["pages"]) == set(table["pages"]), code
        for key, words in tables["en"]["pages"].items():
            assert _fields(table["pages"][key]) == _fields(words), (code, key)
        for key, words in tables["en"]["labels"].items():
            assert table["labels"][key].count("{") == words.count("{"), (code, key)


def test_every_language_has_each_plural_form_that_cldr_asks_for(theme: Theme) -> None:
    from babel import Locale

    for code in LANGUAGES:
        language = speak(theme, code)
        asked = set(Locale.parse(language.table["locale"]).plural_form.rules) | {"other"}

        assert asked <= set(language.table["plurals"]["items"]), code


def test_words_do_not_depend_on_which_languages_were_used_before(theme: Theme) -> None:
    # Babel 2.18 caches what it resolves; stand-alone month names were seen to wander
    # from Chinese into German, so only forms that hold are used.
    def all_words(order: list[str]) -> dict[str, list[str]]:
        months = [ItemDate(2016, month, 28) for month in range(1, 13)]
        return {
            code: [
                text
                for day in months
                for text in (
                    speak(theme, code).long_date(day),
                    speak(theme, code).long_date(ItemDate(2016, day.month)),
                    speak(theme, code).month(day),
                    speak(theme, code).date_range(day, ItemDate(2017, day.month, 1)),
                )
            ]
            for code in order
        }

    shuffled = random.Random(5).sample(LANGUAGES, len(LANGUAGES))

    assert all_words(LANGUAGES) == all_words(shuffled)
    assert "五" not in str(all_words(["zh", "de"])["de"])


def test_a_language_that_the_theme_lacks_is_a_clear_error(theme: Theme) -> None:
    with pytest.raises(TemplateError, match="no words for the language 'xx'") as caught:
        speak(theme, "xx")

    assert "languages/xx.toml" in caught.value.hint


def test_a_team_adds_a_language_with_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "default" / "languages"
    folder.mkdir(parents=True)
    (folder / "pt.toml").write_text('locale = "pt"\n[labels]\nevents = "Agenda"\n')
    theme = open_theme("default", [tmp_path / "templates", shipped.templates()])

    language = speak(theme, "pt-BR")

    assert "pt" in known_languages(theme)
    assert language.label("events") == "Agenda"
    assert language.long_date(date(2016, 5, 20)) == "20 de maio de 2016"


def test_a_missing_label_or_plural_names_language_and_word(theme: Theme) -> None:
    language = Language("en", {"labels": {}, "plurals": {"items": {"one": "1"}}})

    with pytest.raises(TemplateError, match="'en' of the theme lacks the label 'events'"):
        language.label("events")
    with pytest.raises(TemplateError, match="lacks the plural 'items'"):
        language.count("items", 2)


def test_fields_are_filled_and_nothing_else_is_a_command() -> None:
    words = "{name} {unknown} {0} {x.__class__} {{name}} %s"

    assert fill(words, {"name": "Ann"}, str) == "Ann {unknown} {0} {x.__class__} {Ann} %s"


def test_a_moment_late_in_the_evening_is_the_next_day_further_east(theme: Theme) -> None:
    moment = ItemDate(2016, 6, 8, datetime(2016, 6, 8, 23, 0, tzinfo=UTC))

    zurich, panama = (speak(theme, "en", zone) for zone in ("Europe/Zurich", "America/Panama"))

    assert (zurich.long_date(zurich.local(moment)), zurich.time(moment)) == (
        "9 June 2016",
        "01:00 (UTC+2)",
    )
    assert (panama.long_date(panama.local(moment)), panama.time(moment)) == (
        "8 June 2016",
        "18:00 (UTC−5)",
    )


def test_a_day_without_a_time_is_the_same_day_everywhere(theme: Theme) -> None:
    assert speak(theme, "en", "Asia/Tokyo").local(ItemDate(2016, 6, 8)) == ItemDate(2016, 6, 8)


@pytest.mark.parametrize(
    ("code", "name"),
    [("ar", "العربية"), ("zh-CN", "中文"), ("pt", "português"), ("xx-yy", "xx-yy")],
)
def test_a_language_is_named_in_itself(theme: Theme, code: str, name: str) -> None:
    assert name_of(theme, code) == name


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (ItemDate(2016, 4, 30), ItemDate(2016, 5, 2), "من ٣٠ أبريل إلى ٢ مايو ٢٠١٦"),
        (ItemDate(2016, 12, 30), ItemDate(2017, 1, 2), "من ٣٠ ديسمبر ٢٠١٦ إلى ٢ يناير ٢٠١٧"),
    ],
)
def test_an_arabic_range_is_told_in_words(
    theme: Theme, start: ItemDate, end: ItemDate, expected: str
) -> None:
    assert speak(theme, "ar").date_range(start, end) == expected


def test_large_numbers_have_the_separator_of_their_digits(theme: Theme) -> None:
    numbers = {code: speak(theme, code).number(12345) for code in ("en", "de", "ar")}

    assert numbers == {"en": "12,345", "de": "12.345", "ar": "١٢٬٣٤٥"}
