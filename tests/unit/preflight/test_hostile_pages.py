"""Whatever a theme or an item brings, every check ends with findings, never with a crash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.preflight import links, run
from tests.unit.preflight.candidates import candidate, document

PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<a href=",
            "'",
            '"',
            ">",
            "</a>",
            "<img src=",
            " alt=",
            "<!--",
            "-->",
            "<",
        ),
        *("http://[::1", "https://example.org:x/", "//[", "data:,", "javascript:", "mailto:", "#"),
        *('<p style="', "color:", "background:", "url(", ")", ";", "font-size:", "1e9px", "0", "}"),
        *("<style>", "@media (prefers-color-scheme:dark){", "a:is(b)", "{", "::", ">>", "</style>"),
        *(
            "<h1>",
            "<h9>",
            "<td bgcolor=",
            "#12",
            "rgb(999,0,0)",
            "&#0;",
            "&#xD800;",
            "\x00",
            "\ud800",
        ),
        *("{{", "}}", "%%x%%", "XPERSONALX", "Friday 31 February 2016", "Monday 99.99.2016", "٣"),
        *("<svg>", "<?xml ?>", "<math>", "<form onsubmit=x>", "]]>", "\u202e", "🎉", "-:-", "/"),
    ]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30).map("".join)


@given(TEXT, TEXT, TEXT)
def test_no_page_breaks_a_check(html: str, text: str, head: str) -> None:
    for page in (document(html, head=head), html):
        wanted = candidate(html=page, text=text, subject=text[:80], preheader=head[:80])

        found = run(wanted)

        assert all(one.check and one.message for one in found)
        assert len(set(found)) == len(found)
        links.web_links(wanted)
