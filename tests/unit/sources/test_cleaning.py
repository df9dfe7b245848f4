"""Cleaning: text, titles and HTML of others."""

from __future__ import annotations

import re

import pytest

from newsletter.sources.cleaning import MAX_HTML, clean_html, clean_text, clean_title, plain_text

BASE = "https://news.example.org/2016/05/"


def test_blocks_become_lines_and_inline_markup_disappears() -> None:
    text = plain_text("<p>Two <b>work</b>shops</p><ul><li>Lima</li><li>Quito</li></ul>")

    assert text == "Two workshops\nLima\nQuito"


def test_text_without_markup_keeps_its_lesser_and_greater_signs() -> None:
    assert plain_text("5 &lt; 6 and a > b") == "5 < 6 and a > b"


def test_scripts_styles_and_comments_are_not_text() -> None:
    source = "<style>p{}</style>A<script>alert('x > y')</script><!-- <p>no</p> --> b"

    assert clean_text(source) == "A b"


def test_an_unclosed_script_swallows_the_rest() -> None:
    assert plain_text("Safe<script>alert(1)") == "Safe"


def test_a_greater_sign_inside_an_attribute_is_not_the_end_of_the_tag() -> None:
    assert plain_text('<img alt="a > b" src=x>Panama') == "Panama"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("AT&amp;T opens", "AT&T opens"),
        ("AT&amp;amp;T opens", "AT&T opens"),
        ("The <em>new</em> library", "The new library"),
        ("Line\r\nbreak\tand   blanks", "Line break and blanks"),
        ("Caf&eacute; &#8220;Lima&#8221;", "Café “Lima”"),
        ("Using &lt;template&gt; well", "Using <template> well"),
        ("List<String> explained", "List<String> explained"),
        ("Bad\u202egnp.exe\u200b\x07", "Badgnp.exe"),
        ("Subject\r\nBcc: everyone@example.org", "Subject Bcc: everyone@example.org"),
        ("<script>alert(1)</script>News", "News"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_of_plain_text(source: str, title: str) -> None:
    assert clean_title(source) == title


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<iframe src="https://evil.example/"></iframe>',
        '<form action="https://evil.example/"><input name=a></form>',
        '<div style="position:fixed" onclick="alert(1)">x</div>',
        '<object data="https://evil.example/"></object>',
        '<base href="https://evil.example/">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<template><script>alert(1)</script></template>",
        '<a href="vbscript:x">x</a>',
        "<link rel=stylesheet href=https://evil.example/a.css>",
    ],
)
def test_nothing_dangerous_survives(source: str) -> None:
    safe = clean_html(f"<p>before</p>{source}", BASE)

    dangerous = (
        r"<(script|style|svg|math|iframe|form|input|object|base|meta|link)|\bon\w+\s*=|javascript:"
    )
    assert not re.search(dangerous + r"|data:|vbscript:|style=|evil\.example", safe, re.I)
    assert safe.startswith("<p>before</p>")


def test_links_become_absolute_and_mail_addresses_stay() -> None:
    safe = clean_html('<a href="../x?a=1&amp;b=2">x</a> <a href="mailto:a@example.org">m</a>', BASE)

    assert 'href="https://news.example.org/2016/x?a=1&amp;b=2"' in safe
    assert 'href="mailto:a@example.org"' in safe


def test_counting_pictures_are_dropped_and_real_ones_stay() -> None:
    safe = clean_html(
        '<img src="/t.gif" width="1" height="1"><img width=1px src="/u.gif">'
        '<img src="/panama.jpg" alt="Letter" width="600">',
        BASE,
    )

    assert safe == '<img src="https://news.example.org/panama.jpg" alt="Letter" width="600">'


def test_direction_overrides_are_removed_even_when_written_as_entities() -> None:
    assert "\u202e" not in clean_html("<p>a&#8238;b</p>", BASE)


def test_blocks_of_a_page_keep_their_distance() -> None:
    safe = clean_html("<section>one</section><section>two</section>", BASE)

    assert plain_text(safe) == "one\ntwo"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "<b><i>" * 50_000,
        "<a href='" * 50_000,
        "<!--" * 50_000,
        "<table><td>" * 9_000,
    ],
    ids=["nested", "misnested", "quotes", "comments", "tables"],
)
def test_hostile_markup_gives_something_small(source: str) -> None:
    assert len(clean_html(source, BASE)) < MAX_HTML * 4
    assert len(plain_text(source)) <= MAX_HTML
