"""A folder of Markdown files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SourceNotUnderstoodError
from newsletter.model.content import Item, ItemDate, ItemStatus
from newsletter.model.sources import Source
from newsletter.sources.markdown import read_folder, read_markdown

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)
SOURCE = Source("Notes", url="https://news.example.org/", language="en", section="News")


def _item(text: str, name: str = "note") -> Item | None:
    return read_markdown(text.encode(), SOURCE, name=name, fetched_at=NOW)


def test_yaml_front_matter_and_text_make_an_item() -> None:
    item = _item(
        """---
title: "Panama letter"
date: 2016-05-20
description: Thirty associations met.
link: /panama
image: {url: /p.jpg, alt: A letter}
lang: fr
---
They *signed* a [letter](/letter).
"""
    )

    assert item is not None
    assert (item.title, item.date) == ("Panama letter", ItemDate(2016, 5, 20))
    assert (item.summary, item.link) == (
        "Thirty associations met.",
        "https://news.example.org/panama",
    )
    assert item.picture is not None
    assert (item.picture.url, item.picture.alt) == ("https://news.example.org/p.jpg", "A letter")
    assert (item.language, item.section, item.source) == ("fr", "News", "Notes")
    assert '<em>signed</em> a <a href="https://news.example.org/letter">' in item.content


def test_toml_front_matter_is_read_too() -> None:
    item = _item('+++\ntitle = "Panama"\ndate = 2016-05-20T10:00:00Z\nurl = "/x"\n+++\nText.\n')

    assert item is not None
    assert item.date is not None
    assert (item.title, item.date.isoformat()) == ("Panama", "2016-05-20")
    assert item.date.instant == datetime(2016, 5, 20, 10, tzinfo=UTC)
    assert (item.summary, item.link) == ("Text.", "https://news.example.org/x")


def test_a_file_without_front_matter_has_its_heading_and_the_date_of_its_name() -> None:
    item = _item("# Panama *letter*\n\nThirty met.\n\nSecond.", "2016-05-20-panama")

    assert item is not None
    assert (item.title, item.date, item.summary) == (
        "Panama letter",
        ItemDate(2016, 5, 20),
        "Thirty met.",
    )
    assert "<h1>" not in item.content


def test_a_date_written_for_people_is_understood() -> None:
    item = _item("---\ntitle: T\ndate: 20 May 2016\n---\n")

    assert item is not None
    assert item.date == ItemDate(2016, 5, 20)


@pytest.mark.parametrize("line", ["draft: true", "status: draft"])
def test_a_draft_is_no_item(line: str) -> None:
    assert _item(f"---\ntitle: T\n{line}\n---\n") is None


def test_raw_html_is_text_and_dangerous_links_are_not_links() -> None:
    item = _item("---\ntitle: T\n---\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n")

    assert item is not None
    assert "<script" not in item.content
    assert "href" not in item.content


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\ntitle: [\n---\n", "cannot be read"),
        ("---\ntitle: T\n", "not closed"),
        ("+++\ntitle\n+++\n", "cannot be read"),
        ("---\n- a\n---\n", "no `key: value` lines"),
        ("---\n---\n", "empty"),
        ("---\na: &a [1]\nb: *a\n---\n", "aliases"),
        ("---\na: " + "[" * 5_000 + "\n---\n", "cannot be read|nested too deeply"),
        ("---\na: !!python/object/apply:os.system [id]\n---\n", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _item(text)


def test_a_folder_gives_its_files_the_newest_first_and_names_the_broken(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: Old\ndate: 2016-05-01\n---\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.markdown").write_text(
        "---\ntitle: New\ndate: 2016-05-20\n---\n", "utf-8"
    )
    (tmp_path / "c.md").write_text("# No date", encoding="utf-8")
    (tmp_path / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    (tmp_path / "latin.md").write_bytes("# Été".encode("latin-1"))
    (tmp_path / "README.md").write_text("# About this folder", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "d.md").write_text("# Hidden", encoding="utf-8")

    reading = read_folder(tmp_path, SOURCE, fetched_at=NOW)

    assert [item.title for item in reading.items] == ["New", "Old", "No date"]
    assert reading.items[2].status is ItemStatus.UNDATED
    assert [note.partition(":")[0] for note in reading.notes] == ["broken.md", "latin.md"]


def test_a_folder_without_markdown_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    with pytest.raises(SourceNotUnderstoodError, match="has no Markdown files"):
        read_folder(tmp_path, SOURCE, fetched_at=NOW)
