"""Features that a program lacks are found where they would harm, and only there."""

from __future__ import annotations

import re

import pytest

from newsletter.preflight import clients, features, run
from newsletter.preflight.features import of_declarations, of_stylesheet
from tests.unit.preflight.candidates import BODY, candidate, document, with_body


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('<div style="display: flex">x</div>', "display:flex"),
        ('<div style="display:inline-grid">x</div>', "display:grid"),
        ('<p style="margin-inline-start: 4px">x</p>', "margin-inline-start"),
        ('<p style="padding-inline:4px">x</p>', "padding-inline"),
        ('<p style="width: calc(100% - 4px)">x</p>', "calc()"),
        ('<p style="font-size: 1.2rem">x</p>', "rem unit"),
        ('<p style="color: rgba(0,0,0,.5)">x</p>', "rgba()"),
        ('<p style="color: var(--ink)">x</p>', "CSS Variables"),
        ('<p style="position: absolute; top: 0">x</p>', "position"),
        ('<p style="background-image: linear-gradient(red, blue)">x</p>', "linear-gradient()"),
        ('<img src="https://example.org/a.webp" alt="A lake">', "webP"),
        ('<img src="data:image/png;base64,AAAA" alt="A lake">', "Base 64"),
        ("<picture></picture>", "<picture>"),
        ("<bdi>x</bdi>", "<bdi>"),
    ],
)
def test_a_feature_that_leaves_a_mess_is_found(body: str, title: str) -> None:
    found = run(with_body(body), clients.CHECKS)

    assert title in " ".join(one.message for one in found)
    assert all(one.mend for one in found)


@pytest.mark.parametrize(
    "body",
    [
        '<p style="border-radius: 6px; box-shadow: 0 0 1px #000">x</p>',
        "<p style=\"font-family: system-ui, 'Segoe UI'; word-break: break-word\">x</p>",
        '<p style="margin: 0 auto; max-width: 600px; color: #1b2430">x</p>',
        '<img src="https://example.org/a.jpg?format=.webp" alt="A lake">',
        "<!--[if mso]><div style='display:flex'></div><![endif]-->",
    ],
)
def test_a_feature_that_is_only_missed_passes(body: str) -> None:
    assert run(with_body(body), clients.CHECKS) == ()


def test_what_a_media_query_or_a_program_of_its_own_applies_is_left_alone() -> None:
    css = (
        "@media (max-width: 600px) { .a { display: flex; width: 90vw } }"
        "u + .body .page { min-width: 100vw } [data-ogsc] .a { color: rgba(1,1,1,.5) }"
    )

    assert run(candidate(html=document(BODY, head=f"<style>{css}</style>")), clients.CHECKS) == ()


def test_a_style_block_is_read_rule_by_rule() -> None:
    css = (
        "/* display:grid */ .a:hover { color: red } @import url(x.css);"
        "@media (prefers-color-scheme: dark) { .b { gap: 1px } } .c::before { content: '}' }"
    )

    found = {feature for feature, _ in of_stylesheet(css)}

    assert {"css-pseudo-class-hover", "css-at-import", "css-pseudo-element-before"} <= found
    assert "css-at-media-prefers-color-scheme" in found
    assert not {"css-display-grid", "css-gap"} & found


def test_declarations_are_split_outside_quotes_and_brackets() -> None:
    style = "background: url(data:image/png;base64,x:y); font-family: 'a;b'; COLOR: Red"

    assert list(features.declarations(style)) == [
        ("background", "url(data:image/png;base64,x:y)"),
        ("font-family", "'a;b'"),
        ("color", "red"),
    ]


def test_colours_and_names_are_not_taken_for_units() -> None:
    found = set(of_declarations("color:#123cm; font: 16px/25px a1rem; margin: -2vw"))

    assert {name for name in found if "unit" in name} == {"css-unit-px", "css-unit-vw"}


def test_one_finding_speaks_for_all_editions() -> None:
    one = with_body('<div style="display:flex">x</div>').editions[0]
    both = candidate()
    both = type(both)(both.issue, both.identity, (one, one))

    (finding,) = run(both, clients.CHECKS)

    assert finding.where.endswith("and 1 more editions")


def test_the_table_says_where_it_is_from() -> None:
    table = clients.table()

    assert "Copyright" in table["notice"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table["date"])
    assert len(table["features"]) > 250
