"""Saved pages: where they came from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.model.sources import Source
from newsletter.sources import read_file
from newsletter.sources.fetching import Fetched
from newsletter.sources.saved import opened

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)
ARCHIVE = b"""From: <Saved by Blink>
Snapshot-Content-Location: https://news.example.org/news/
Subject: News
MIME-Version: 1.0
Content-Type: multipart/related;
\ttype="text/html";
\tboundary="----Edge--"

------Edge--
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://news.example.org/news/

<!DOCTYPE html><html><body><p>Caf=C3=A9</p></body></html>
------Edge----
"""


def _opened(body: bytes, url: str = "") -> Fetched:
    return opened(Fetched(url, 200, "", body, NOW))


@pytest.mark.parametrize(
    "head",
    [
        "<!-- saved from url=(0030)https://news.example.org/news/ -->",
        '<link rel="canonical" href="https://news.example.org/news/">',
        '<meta property="og:url" content="https://news.example.org/news/" />',
    ],
)
def test_the_address_a_browser_wrote_into_a_page_is_its_base(head: str) -> None:
    page = _opened(f"<!DOCTYPE html>\n{head}\n<html></html>".encode())

    assert page.url == "https://news.example.org/news/"


def test_the_address_staff_gave_is_never_replaced() -> None:
    page = _opened(b"<!-- saved from url=(0020)https://a.example/ -->", "https://b.example/")

    assert page.url == "https://b.example/"


def test_the_page_is_taken_out_of_its_archive() -> None:
    page = _opened(ARCHIVE)

    assert page.url == "https://news.example.org/news/"
    assert "Café" in page.body.decode()
    assert page.content_type == "text/html; charset=utf-8"


def test_a_page_that_only_speaks_of_archives_is_left_alone() -> None:
    body = b"<html><body>multipart/related</body></html>"

    assert _opened(body).body == body


def test_links_of_a_saved_feed_need_no_base_if_the_feed_has_one(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(
        "<rss><channel><link>https://news.example.org/</link><item><title>T</title>"
        "<link>/1</link></item></channel></rss>",
        encoding="utf-8",
    )

    reading = read_file(path, base_url="", fetched_at=NOW, source=Source("F"))

    assert [item.link for item in reading.items] == ["https://news.example.org/1"]
