"""What holds for any text whatever: nothing is lost, nothing is too wide, nothing crashes."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model.languages import printable
from newsletter.rendering import markdown
from newsletter.rendering.bidi import END_ISOLATE, ISOLATE, isolated, runs
from newsletter.rendering.inlining import lost_rules
from newsletter.rendering.stylesheets import compact, dark, physical, rules
from newsletter.rendering.wrapping import cut, width, wrap

DIRECTIONS = st.sampled_from(["ltr", "rtl"])
#: Words of several scripts, digits, signs, addresses, and anything at all.
WORDS = ["IFLA", "مكتبة", "图书馆", "2016", "(", ")", "«", "»", "https://x.example/a?b=1", "C++"]
SIGNS = [" ", "  ", "\n", "Bibliotheksverbände", "50%", "😀", "，", "。", "-", "+41", "\u0301"]
MIXED = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(SIGNS) | st.text(max_size=5), max_size=30
).map("".join)
CSS = st.text(alphabet="ab{}:;@\"'/* .,!()-x", max_size=60)


@given(MIXED, DIRECTIONS)
def test_cutting_a_text_into_runs_loses_nothing(text: str, direction: str) -> None:
    pieces = runs(text, direction)

    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


@given(MIXED.map(printable), DIRECTIONS)
def test_isolates_are_closed_and_add_nothing_else(text: str, direction: str) -> None:
    marked = isolated(text, direction)

    assert marked.count(ISOLATE) == marked.count(END_ISOLATE)
    assert marked.replace(ISOLATE, "").replace(END_ISOLATE, "") == text


@given(MIXED, DIRECTIONS)
def test_spans_hold_the_same_text_escaped(text: str, direction: str) -> None:
    html = markdown.spans(text, direction)

    assert re.sub(r'<span dir="(ltr|rtl)">|</span>', "", html) == str(
        markdown.spans(text, direction).__class__.escape(text)
    )


@given(MIXED)
def test_wrapping_keeps_every_sign_and_every_line_fits(text: str) -> None:
    lines = wrap(text, 30).split("\n")

    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert width(line) <= 30 or re.search(r"https?://|@", line)


@given(MIXED, st.integers(2, 60))
def test_a_cut_text_fits_and_begins_as_the_whole_one(text: str, columns: int) -> None:
    short = cut(text, columns)

    assert width(short) <= max(columns, 3)
    whole = " ".join(text.split())
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1].rstrip()))


@settings(max_examples=200)
@given(CSS, DIRECTIONS)
def test_any_css_is_read_without_harm(css: str, direction: str) -> None:
    for rule in rules(css):
        assert isinstance(rule.declarations, list)
    for text in (compact(css), dark(css), physical(css, direction)):
        assert isinstance(text, str)
    assert isinstance(lost_rules(f"<style>{css}</style>"), list)


@given(MIXED, DIRECTIONS)
def test_any_intro_becomes_html_without_live_parts(text: str, direction: str) -> None:
    html = markdown.to_html(text, direction)

    assert not re.search(r"<(img|script|h\d|iframe|style)\b", html)
    assert isinstance(markdown.to_text(text), str)
