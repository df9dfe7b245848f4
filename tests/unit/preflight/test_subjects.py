"""Subjects and preheaders: each fault is found, in every language, and good ones pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.model.content import IssueTexts
from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, run, subjects, wording
from tests.unit.preflight.candidates import ISSUE, candidate


def checks(wanted: Candidate) -> list[tuple[str, str]]:
    found = run(wanted, (*subjects.CHECKS, wording.fields))
    return [(one.severity.value, one.check) for one in found]


@pytest.mark.parametrize(
    ("subject", "finding"),
    [
        ("", ("error", "subject-empty")),
        (" \u200b\u2068\u2069 ", ("error", "subject-empty")),
        ("x" * 79, ("warning", "subject-long")),
        ("图书馆" * 14, ("warning", "subject-long")),
        ("title " * 900, ("error", "subject-long")),
        ("News\r\nBcc: x@example.org", ("error", "subject-control")),
        ("News \u202eyaM", ("error", "subject-control")),
        (f"Dear {MARKERS['name']}", ("error", "field-unresolved")),
        ("News for {{ first_name }}", ("error", "field-unresolved")),
        ("Re: your library", ("warning", "subject-reply")),
        ("回复:图书馆", ("warning", "subject-reply")),
        ("AW: Bücherei", ("warning", "subject-reply")),
        ("😀🎉", ("warning", "subject-words")),
    ],
)
def test_a_bad_subject_is_found(subject: str, finding: tuple[str, str]) -> None:
    assert finding in checks(candidate(subject=subject))


@pytest.mark.parametrize(
    "subject",
    [
        "Ready for May",
        "\u2068IFLA\u2069: أخبار المكتبات",
        "图书馆新闻 2016年5月",
        "Research, reading, rest",
        "Response: what 400 libraries said",
        "“Ré” – la note",
    ],
)
def test_a_good_subject_passes(subject: str) -> None:
    assert checks(candidate(subject=subject)) == []


def test_a_subject_is_judged_as_it_was_written_too() -> None:
    texts = {"fr": IssueTexts(subject="Nou\x07velles")}
    issue = replace(ISSUE, subject="News\nBcc: x@example.net", translations=texts)

    found = run(candidate(issue), [subjects.written_subjects])

    assert [(one.check, one.where) for one in found] == [
        ("subject-control", "language 'en'"),
        ("subject-control", "language 'fr'"),
    ]


def test_a_preheader_that_says_nothing_new_is_found() -> None:
    assert checks(candidate(preheader="")) == [("warning", "preheader")]
    assert checks(candidate(preheader=ISSUE.subject.upper())) == [("warning", "preheader")]
