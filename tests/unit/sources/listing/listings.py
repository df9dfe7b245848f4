# ruff: noqa: E501 - markup reads best unbroken
"""Pages in our own words and markup, as the common systems would make them."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.model.content import Reading
from newsletter.model.sources import Source
from newsletter.sources.listing import read_listing
from newsletter.sources.pages import parse_page

FETCHED_AT = datetime(2016, 6, 1, tzinfo=UTC)
BASE = "https://library.example/news/"

MENU = """<div id="top"><a href="/">Home</a>
<nav><ul class="menu">
<li><a href="/about">About the library</a></li><li><a href="/about/history">Our long history since 1902</a></li>
<li><a href="/services">Services for schools and teachers</a></li><li><a href="/hours">Hours</a></li>
<li><a href="/catalogue">Search our catalogue of books and maps</a></li><li><a href="/join">Join</a></li>
</ul></nav></div>"""
SIDEBAR = """<div class="sidebar"><h3>Most read</h3><ul>
<li><a href="/news/old-1">A very much read story about the library cat</a></li>
<li><a href="/news/old-2">Another story that everybody seems to open</a></li>
<li><a href="/news/old-3">The third of the stories people like so much</a></li>
</ul><h3>Archive</h3><ul><li><a href="/2016/05">May 2016</a> (3)</li><li><a href="/2016/04">April 2016</a> (7)</li>
<li><a href="/2016/03">March 2016</a> (2)</li></ul>
<div class="tagcloud"><a href="/tag/books">books</a> <a href="/tag/maps">maps</a> <a href="/tag/music">music</a></div>
</div>"""
FOOTER = """<div class="pagination"><a href="?page=1">1</a> <a href="?page=2">2</a> <a href="?page=2">Older posts</a></div>
<div id="footer"><ul><li><a href="/privacy">How we protect what you tell us about you</a></li>
<li><a href="/imprint">Imprint and legal information about us</a></li><li><a href="https://social.example/us">Follow us</a></li>
</ul><p>Last update: 10 February 2016</p></div>"""


def page(main: str, *, language: str = "en", head: str = "") -> str:
    """Return a whole page around a list: menu, most-read box, archive, pager, footer."""
    return (
        f"<!DOCTYPE html><html lang='{language}'><head><title>News</title>{head}</head><body>"
        f"{MENU}<div id='content'><h1>News</h1>{main}</div>{SIDEBAR}{FOOTER}</body></html>"
    )


def read(html: str, **options: object) -> Reading:
    """Return what the listing reader makes of a page."""
    source = Source(name="Library", **options)  # type: ignore[arg-type]
    return read_listing(parse_page(html.encode(), base_url=BASE), source, fetched_at=FETCHED_AT)


def found(html: str, **options: object) -> list[tuple[str, str, str | None]]:
    """Return title, path and date of each item of a page."""
    return [
        (
            item.title,
            item.link.removeprefix("https://library.example"),
            item.date.isoformat() if item.date else None,
        )
        for item in read(html, **options).items
    ]
