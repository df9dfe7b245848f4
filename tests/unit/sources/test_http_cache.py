"""The cache: only sound answers come back, and reading makes no folder."""

from __future__ import annotations

from pathlib import Path

from newsletter.sources.http_cache import HttpCache

URL = "https://news.example.org/feed"
HEADERS = {
    "ETag": '"1"',
    "Last-Modified": "Fri, 20 May 2016 10:00:00 GMT",
    "Content-Type": "text/xml",
}


def test_what_was_kept_comes_back_with_its_conditions(tmp_path: Path) -> None:
    cache = HttpCache(tmp_path / "http")
    cache.keep(URL, HEADERS, b"<rss/>")

    kept = cache.find(URL)

    assert kept is not None
    assert (kept.body, kept.content_type) == (b"<rss/>", "text/xml")
    assert kept.conditions == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "Fri, 20 May 2016 10:00:00 GMT",
    }


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    assert HttpCache(tmp_path / "http").find(URL) is None
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_cannot_be_asked_for_again_is_not_kept(tmp_path: Path) -> None:
    HttpCache(tmp_path / "http").keep(URL, {"Content-Type": "text/xml"}, b"<rss/>")

    assert list(tmp_path.iterdir()) == []


def test_a_body_that_does_not_belong_to_its_head_is_not_used(tmp_path: Path) -> None:
    cache = HttpCache(tmp_path)
    cache.keep(URL, HEADERS, b"<rss/>")
    next(tmp_path.glob("*.body")).write_bytes(b"<rs")

    assert cache.find(URL) is None


def test_a_broken_head_is_as_if_it_were_not(tmp_path: Path) -> None:
    cache = HttpCache(tmp_path)
    cache.keep(URL, HEADERS, b"<rss/>")
    next(tmp_path.glob("*.json")).write_text("{", encoding="utf-8")

    assert cache.find(URL) is None


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")

    HttpCache(tmp_path / "file" / "http").keep(URL, HEADERS, b"<rss/>")

    assert HttpCache(tmp_path / "file" / "http").find(URL) is None
