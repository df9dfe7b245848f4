"""`auto` on a real server: the page or the feed that it announces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SourceNotUnderstoodError, SourceUnreachableError
from newsletter.model.content import Reading
from newsletter.model.sources import Selectors, Source, SourceKind
from newsletter.sources import read_source
from newsletter.sources.fetching import Fetcher
from tests.servers.news_site import NewsSite

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)
Entry = tuple[str, str]
NEWS: list[Entry] = [
    ("panama-letter-of-intent", "2016-05-20"),
    ("new-cohort-of-leaders", "2016-05-18"),
    ("harare-workshop-on-advocacy", "2016-05-12"),
    ("reading-week-in-lima-opens", "2016-05-09"),
    ("library-vans-for-the-north", "2016-05-02"),
]
OTHER: list[Entry] = [
    (f"sports-result-number-{number}", f"2016-05-2{number}") for number in range(5)
]


def _title(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _page(entries: Sequence[Entry], announced: str = "") -> str:
    rows = "".join(
        f'<li class="news"><h3><a href="/news/{slug}">{_title(slug)}</a></h3>'
        f'<time datetime="{day}">{day}</time><p>What happened: {_title(slug)}.</p></li>'
        for slug, day in entries
    )
    return (
        f"<!DOCTYPE html><html lang=en><head><title>News</title>{announced}</head><body><nav>"
        '<a href="/">Home</a> <a href="/about">About</a></nav><main><h1>Latest news</h1>'
        f"<ul>{rows}</ul></main></body></html>"
    )


def _feed(entries: Sequence[Entry], title: str = "News") -> str:
    items = "".join(
        f"<item><title>{_title(slug)}</title><link>/news/{slug}</link>"
        f"<dc:date>{day}</dc:date></item>"
        for slug, day in entries
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{title}</title>{items}</channel></rss>"
    )


def _link(href: str, title: str = "News") -> str:
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{href}">'


def _read(site: NewsSite, path: str = "/news", **options: object) -> Reading:
    source = Source("News", url=site.url + path, **options)  # type: ignore[arg-type]
    return read_source(source, Fetcher(agent="test/1"), fetched_at=NOW, root=Path("/nonexistent"))


def _titles(reading: Reading) -> list[str]:
    return [item.title for item in reading.items]


def test_the_announced_feed_is_read_instead_of_the_page(news_site: NewsSite) -> None:
    news_site.serve("/news", _page(NEWS, _link("/feed")))
    news_site.serve("/feed", _feed(NEWS), "application/rss+xml")

    reading = _read(news_site)

    assert reading.rule == "rss"
    assert _titles(reading) == [_title(slug) for slug, _ in NEWS]
    assert any("read from the feed" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("feed", "status", "why"),
    [
        ("", 404, "answered 404: not found"),
        ("<html><body>Not a feed</body></html>", 200, "a web page, not a feed"),
        (_feed([]), 200, ""),
        (
            _feed([("old-news-of-the-past", "2015-05-01"), *NEWS[2:]]),
            200,
            "its newest item is of 2016-05-12",
        ),
        (_feed(OTHER), 200, "of another section"),
        (_feed(OTHER, "Comments on News"), 200, ""),
    ],
    ids=["gone", "html", "empty", "older", "section", "comments"],
)
def test_a_worse_feed_leaves_the_page_to_speak(
    news_site: NewsSite, feed: str, status: int, why: str
) -> None:
    news_site.serve("/news", _page(NEWS, _link("/feed")))
    news_site.serve("/feed", feed, "application/rss+xml", status=status)

    reading = _read(news_site)

    assert reading.rule not in {"rss", "atom", "jsonfeed"}
    assert _titles(reading) == [_title(slug) for slug, _ in NEWS]
    assert why in " ".join(reading.notes)


def test_a_feed_of_comments_is_not_even_opened(news_site: NewsSite) -> None:
    news_site.serve("/news", _page(NEWS, _link("/comments/feed") + _link("/x", "Comments feed")))

    _read(news_site)

    assert news_site.paths() == ["/news"]


def test_of_several_feeds_the_one_of_the_page_wins(news_site: NewsSite) -> None:
    news_site.serve("/news", _page(NEWS, _link("/all") + _link("/news/feed")))
    news_site.serve("/all", _feed(OTHER), "application/rss+xml")
    news_site.serve("/news/feed", _feed(NEWS), "application/rss+xml")

    assert _titles(_read(news_site)) == [_title(slug) for slug, _ in NEWS]


def test_a_page_without_a_list_still_has_its_feed(news_site: NewsSite) -> None:
    news_site.serve(
        "/", f"<html><head>{_link('/feed')}</head><body><div id=app></div></body></html>"
    )
    news_site.serve("/feed", _feed(NEWS), "application/rss+xml")

    assert _read(news_site, "/").rule == "rss"


def test_selectors_are_a_persons_word_against_any_feed(news_site: NewsSite) -> None:
    news_site.serve("/news", _page(NEWS, _link("/feed")))
    news_site.serve("/feed", _feed(NEWS), "application/rss+xml")

    reading = _read(news_site, selectors=Selectors(item="li.news", title="h3"))

    assert reading.rule == "selectors"
    assert news_site.paths() == ["/news"]


def test_a_feed_served_as_a_page_is_still_a_feed(news_site: NewsSite) -> None:
    news_site.serve("/feed", _feed(NEWS), "text/html")

    assert _read(news_site, "/feed").rule == "rss"


@pytest.mark.parametrize("kind", [SourceKind.RSS, SourceKind.ATOM, SourceKind.JSON_FEED])
def test_a_page_where_a_feed_was_promised_is_an_error(
    news_site: NewsSite, kind: SourceKind
) -> None:
    news_site.serve("/news", _page(NEWS))

    with pytest.raises(SourceNotUnderstoodError, match="'News': it is a web page, not a feed"):
        _read(news_site, kind=kind)


def test_the_kind_html_never_looks_for_a_feed(news_site: NewsSite) -> None:
    news_site.serve("/news", _page(NEWS, _link("/feed")))

    _read(news_site, kind=SourceKind.HTML)

    assert news_site.paths() == ["/news"]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"%PDF-1.4", "application/pdf", "it is a PDF"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "it is not text"),
        (
            b"\x7fELF\x02\x01\x00\x00\x00" + bytes(range(256)),
            "application/octet-stream",
            "not text",
        ),
        (b'{"a": 1}', "application/json", "it is JSON, but not a JSON Feed"),
        (b"  ", "text/html", "the answer is empty"),
    ],
)
def test_what_no_reader_understands_is_named(
    news_site: NewsSite, body: bytes, content_type: str, reason: str
) -> None:
    news_site.serve("/news", body, content_type)

    with pytest.raises(SourceNotUnderstoodError, match=reason):
        _read(news_site)


def test_a_failure_carries_the_name_staff_gave_the_source(news_site: NewsSite) -> None:
    with pytest.raises(
        SourceUnreachableError, match="could not read source 'News': the server answered 404"
    ):
        _read(news_site, "/gone")


def test_a_page_of_plain_text_is_read_as_one(news_site: NewsSite) -> None:
    news_site.serve(
        "/news.txt",
        "News\n\nPanama letter\n20 May 2016\n\nNew leaders\n18 May 2016\n",
        "text/plain",
    )

    assert _read(news_site, "/news.txt").rule == "text"


def test_a_page_far_too_large_is_refused(news_site: NewsSite) -> None:
    news_site.serve("/news", "<html>" + "<p>x</p>" * 300_000)

    with pytest.raises(SourceUnreachableError, match="larger than 2 MB"):
        _read(news_site)
