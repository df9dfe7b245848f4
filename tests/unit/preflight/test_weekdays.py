"""A weekday that its date does not have is found, in every language of the newsletter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.model.content import Edition
from newsletter.preflight import run, weekdays
from newsletter.preflight.weekdays import found
from tests.unit.preflight.candidates import ISSUE, TEXT, candidate

#: 20 May 2016 was a Friday.
RIGHT = {
    "en": [
        "Friday, 20 May 2016",
        "Fri 20 May 2016",
        "on Friday the 20th of May 2016",
        "Friday, May 20, 2016",
    ],
    "fr": ["vendredi 20 mai 2016", "le vendredi 20/05/2016", "Vendredi, 1er juillet 2016"],
    "es": ["viernes, 20 de mayo de 2016", "viernes 20/05/2016", "el viernes 20 de mayo"],
    "de": [
        "Freitag, 20. Mai 2016",
        "Freitag, den 20. Mai 2016",
        "Fr., 20.05.2016",
        "Freitag, 20. Mai",
    ],
    "ru": ["пятница, 20 мая 2016 г.", "в пятницу, 20 мая", "пятница, 20.05.2016"],
    "ar": ["الجمعة، ٢٠ مايو ٢٠١٦", "الجمعة 20 أيار 2016"],
    "zh": ["2016年5月20日(星期五)", "5月20日周五", "2016年5月20日 星期五"],
}
WRONG = {
    "en": ["Friday, 21 May 2016", "Thu, May 20, 2016"],
    "fr": ["samedi 20 mai 2016", "jeudi 20/05/2016"],
    "es": ["sábado, 20 de mayo de 2016", "lunes 20 de mayo"],
    "de": ["Samstag, 20. Mai 2016", "Mo., 20.05.2016"],
    "ru": ["суббота, 20 мая 2016 г."],
    "ar": ["السبت، ٢٠ مايو ٢٠١٦"],
    "zh": ["2016年5月20日(星期六)", "5月20日周日"],
}
ISSUED = date(2016, 5, 31)


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for one, texts in RIGHT.items() for text in texts]
)
def test_a_date_that_agrees_passes(language: str, text: str) -> None:
    (dated,) = set(found(text, language, ISSUED))

    assert dated.weekday == dated.day.weekday()


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for one, texts in WRONG.items() for text in texts]
)
def test_a_date_that_disagrees_is_found(language: str, text: str) -> None:
    wanted = candidate(
        replace(ISSUE, date=ISSUED), edition=Edition(language), text=f"{text}\n{TEXT}"
    )

    (finding,) = run(wanted, weekdays.CHECKS)

    assert finding.check == "date-weekday"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Friday: 20 Mayors met"),
        ("en", "Monday 31 February 2016"),
        ("en", "On Sunday 3 march bands played"),
        ("de", "Montag 12 Maiglöckchen"),
        ("xx", "Friday, 21 May 2016"),
    ],
)
def test_what_is_no_date_is_left_alone(language: str, text: str) -> None:
    assert list(found(text, language, None)) == []


def test_a_date_without_a_year_is_the_one_nearest_to_the_issue() -> None:
    (in_january,) = found("Monday, 2 January", "en", date(2016, 12, 20))

    assert in_january.day == date(2017, 1, 2)
    assert in_january.day.weekday() == in_january.weekday


def test_a_date_without_a_year_cannot_be_judged_without_an_issue_date() -> None:
    assert list(found("Monday, 2 January", "en", None)) == []
