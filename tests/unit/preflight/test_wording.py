"""Texts, fields, addresses: each fault is found where it is, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.model.content import IssueTexts, ItemTexts
from newsletter.model.identity import Identity
from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, run, wording
from tests.unit.preflight.candidates import (
    BODY,
    IDENTITY,
    ISSUE,
    TEXT,
    candidate,
    document,
    with_body,
)


def checks(wanted: Candidate) -> list[tuple[str, str]]:
    return [(one.severity.value, one.check) for one in run(wanted, wording.CHECKS)]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("word " * 1000, ["title-long"]), ("🎉📚", ["title-words"]), ("图书馆 2016", [])],
)
def test_a_title_that_is_none_is_found(title: str, expected: list[str]) -> None:
    issue = replace(ISSUE, items=(replace(ISSUE.items[0], title=title),))

    assert [one.check for one in run(candidate(issue), [wording.titles])] == expected


def test_a_translated_title_that_is_none_is_found_with_its_language() -> None:
    key = ISSUE.items[0].key
    texts = IssueTexts(items={key: ItemTexts(title="🎉📚")})
    issue = replace(ISSUE, translations={"fr": texts})

    (found,) = run(candidate(issue), [wording.titles])

    assert (found.check, found.where) == ("title-words", f"item {key!r} in 'fr'")


def test_an_issue_without_news_is_found() -> None:
    empty = replace(ISSUE, items=(replace(ISSUE.items[0], included=False),))

    assert checks(candidate(empty)) == [("error", "issue-empty")]


def test_editions_without_words_are_found() -> None:
    picture = document('<h1></h1><img src="https://example.org/a.png" alt="">')

    assert ("error", "text-empty") in checks(candidate(text=" \n"))
    assert ("error", "text-empty") in checks(candidate(html=picture))
    assert ("error", "text-empty") in checks(Candidate(ISSUE, IDENTITY, ()))


@pytest.mark.parametrize(
    "text", ["{{ name }}", "{% if x %}", "*|FNAME|*", "%%first name%%", "XPERSONALXSHOEX", "{{7*7"]
)
def test_a_field_that_nothing_fills_stops(text: str) -> None:
    assert ("error", "field-unresolved") in checks(candidate(text=f"{text}\n{TEXT}"))
    assert ("error", "field-unresolved") in checks(with_body(f"<p>{text}</p>"))
    assert ("error", "field-unresolved") in checks(
        with_body(f'<a href="https://example.org/{text}">x</a>')
    )


@pytest.mark.parametrize(
    "text", ["100 % of {books}", "XXX Congreso", "TODO EL MUNDO lee", "a {curly} word", "50%"]
)
def test_text_that_only_resembles_a_field_passes(text: str) -> None:
    assert checks(candidate(text=f"{text}\n{TEXT}")) == []


def test_text_that_was_to_be_replaced_is_found() -> None:
    assert checks(with_body("<p>Lorem ipsum dolor</p>")) == [("warning", "placeholder")]


def test_a_missing_postal_address_is_found_in_settings_and_in_each_part() -> None:
    assert checks(candidate(identity=Identity("News"))) == [("error", "postal-address")]
    found = run(candidate(text=TEXT.replace("Reading Street 1", "")), [wording.postal_address])
    assert [one.where for one in found] == ["edition 'en', text"]
    found = run(candidate(html=document(BODY.replace("2595", ""))), [wording.postal_address])
    assert [one.where for one in found] == ["edition 'en', HTML"]


def test_a_hidden_postal_address_counts_as_missing() -> None:
    body = BODY.replace("<p>Reading", '<p style="display:none">Reading')

    assert checks(candidate(html=document(body))) == [("error", "postal-address")]


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(MARKERS["unsubscribe_url"], "https://example.org/"),
        BODY.replace("Leave the list", ""),
        BODY.replace('">Leave', '" style="font-size:0px">Leave'),
    ],
)
def test_an_html_that_cannot_be_left_is_found(body: str) -> None:
    assert checks(candidate(html=document(body))) == [("error", "unsubscribe")]


def test_a_text_that_cannot_be_left_is_found() -> None:
    text = TEXT.replace(MARKERS["unsubscribe_url"], "write to us")

    assert checks(candidate(text=text)) == [("error", "unsubscribe")]
