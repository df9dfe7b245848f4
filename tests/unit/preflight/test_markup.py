"""Pictures, headings, direction, hidden text: what only some readers would notice."""

from __future__ import annotations

import pytest

from newsletter.preflight import Candidate, markup, run
from tests.unit.preflight.candidates import BODY, candidate, document, with_body


def checks(wanted: Candidate) -> list[tuple[str, str]]:
    return [(one.severity.value, one.check) for one in run(wanted, markup.CHECKS)]


def test_a_picture_without_alternative_text_stops_and_is_named() -> None:
    (finding,) = run(
        with_body('<img src="https://example.org/a/lake.jpg?w=1">'), [markup.alternatives]
    )

    assert finding.check == "alt-missing"
    assert finding.where == "edition 'en', picture 1 ('lake.jpg')"
    assert finding.mend


@pytest.mark.parametrize(
    "alt",
    [
        "IMG_2034.JPG",
        "lake.png",
        "DSC00123",
        "picture",
        "Foto 2",
        "صورة",
        "https://example.org/a",
        "Workshop in Harare",
        "word " * 40,
    ],
)
def test_an_alternative_text_that_says_nothing_is_found(alt: str) -> None:
    wanted = with_body(f'<img src="https://example.org/a.jpg" alt="{alt}">')

    assert checks(wanted) == [("warning", "alt-quality")]


@pytest.mark.parametrize("alt", ["", "Thirty people in front of a library", "Photo of the lake"])
def test_a_good_alternative_text_passes(alt: str) -> None:
    assert checks(with_body(f'<img src="https://example.org/a.jpg" alt="{alt}">')) == []


def test_a_hidden_picture_needs_no_alternative_text() -> None:
    hidden = '<div style="display: none"><img src="https://example.org/a.jpg"></div>'

    assert checks(with_body(hidden)) == []


def test_headings_out_of_order_are_found() -> None:
    assert checks(with_body("<h4>Deep</h4>")) == [("warning", "heading-order")]
    assert checks(with_body("<h2> </h2>")) == [("warning", "heading-empty")]
    assert checks(with_body("<h1>Twice</h1>")) == [("warning", "heading-order")]
    assert checks(candidate(html=document(BODY.replace("h1>", "h2>")))) == [
        ("warning", "heading-order")
    ]


def test_a_document_must_say_its_language_and_direction() -> None:
    assert checks(candidate(html=document(BODY, lang="fr"))) == [("error", "language")]
    assert checks(candidate(direction="rtl")) == [("error", "direction")]
    assert checks(candidate(html=document(BODY, lang="en-GB"))) == []


def test_hidden_text_is_found_but_the_preheader_is_meant_to_be() -> None:
    secret = "Buy pills here, buy them now and buy them cheap, from us who hide all this from you. "
    preheader = (
        "Thirty librarians met for two days, and the letter of intent is there." + "\u200c " * 90
    )

    assert checks(with_body(f'<p style="display:none">{secret}</p>')) == [
        ("warning", "hidden-text")
    ]
    assert checks(with_body(f'<div style="max-height:0">{preheader}</div>')) == []
    assert checks(with_body('<span style="font-size:0">about Harare</span>')) == []


@pytest.mark.parametrize(
    "markup_", ["<form></form>", '<p onclick="x()">y</p>', "<iframe></iframe>"]
)
def test_active_content_stops(markup_: str) -> None:
    assert checks(with_body(markup_)) == [("error", "active-content")]


def test_a_rule_that_inlining_loses_is_shown() -> None:
    (finding,) = run(candidate(lost_rules=("a:is(.b) { color: red }",)), markup.CHECKS)

    assert finding.check == "inlining-lost"
    assert "a:is(.b)" in finding.message


def test_a_mail_of_pictures_is_found() -> None:
    picture = '<img src="https://example.org/a.jpg" alt="Sale">'

    wanted = candidate(html=document(f"<h1>News</h1>{picture * 3}"))

    assert checks(wanted) == [("warning", "picture-only")]
