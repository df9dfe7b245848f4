"""The table of kinds: files, folders, and what they may be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SourceNotUnderstoodError, SourceUnreachableError
from newsletter.model.content import Reading
from newsletter.model.sources import Source, SourceKind
from newsletter.sources import read_file, read_source
from newsletter.sources.fetching import Fetcher

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)


def _read(path: Path, kind: SourceKind = SourceKind.AUTO) -> Reading:
    return read_file(path, base_url="", fetched_at=NOW, source=Source("News", kind=kind))


def test_a_source_without_address_and_path_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="neither `url` nor `path`"):
        read_source(Source("News"), Fetcher(agent="test/1"), fetched_at=NOW, root=tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match=r"gone\.html': no such file or directory"):
        _read(tmp_path / "gone.html")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="there is no folder"):
        _read(tmp_path / "gone", SourceKind.MARKDOWN)


def test_a_folder_is_no_feed(tmp_path: Path) -> None:
    with pytest.raises(SourceNotUnderstoodError, match="is a folder, and kind 'rss' is a file"):
        _read(tmp_path, SourceKind.RSS)


def test_a_file_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    with path.open("wb") as file:
        file.truncate(11_000_000)

    with pytest.raises(SourceUnreachableError, match="larger than 10 MB"):
        _read(path)


def test_a_folder_of_markdown_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Panama letter\n\nThirty met.", encoding="utf-8")

    reading = _read(tmp_path)

    assert (reading.rule, [item.title for item in reading.items]) == ("markdown", ["Panama letter"])


def test_one_markdown_file_with_front_matter_is_one_item(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: Panama letter\n---\nThirty met.", encoding="utf-8")

    assert [item.title for item in _read(path).items] == ["Panama letter"]
    assert [item.title for item in _read(path, SourceKind.MARKDOWN).items] == ["Panama letter"]


def test_a_draft_gives_no_item_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: T\ndraft: true\n---\n", encoding="utf-8")

    reading = _read(path)

    assert (reading.items, reading.notes) == ((), ("the file is a draft",))


def test_broken_front_matter_is_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: [\n---\n", encoding="utf-8")

    with pytest.raises(SourceNotUnderstoodError, match="front matter cannot be read"):
        _read(path)


def test_a_markdown_file_that_lists_news_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "news.md"
    path.write_text(
        "# News\n\n- [Panama letter](https://a.example/1) (2016-05-20)\n"
        "- [New leaders](https://a.example/2) (2016-05-18)\n",
        encoding="utf-8",
    )

    assert [item.link for item in _read(path).items] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


@pytest.mark.parametrize("kind", [SourceKind.AUTO, SourceKind.TEXT])
def test_a_text_is_read_whatever_its_name(tmp_path: Path, kind: SourceKind) -> None:
    path = tmp_path / "news.saved"
    path.write_text("News\n\nPanama letter\n20 May 2016\n", encoding="utf-8")

    assert _read(path, kind).rule == "text"
