"""Sources that are files: an issue can be rebuilt whatever has become of them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main

PAGE = """<!DOCTYPE html><html lang="en"><head><title>News</title></head><body><h1>News</h1>
{entries}</body></html>"""
ENTRY = """<div class="entry"><h3><a href="https://library.example/{n}">{title}</a></h3>
<p class="day">{day}</p><p>A summary of some length, so that it reads like news.</p></div>"""
#: 30 May 2016: "yesterday" was the 29th.
SAVED = 1464609600


def page(*entries: tuple[str, str]) -> str:
    rows = [ENTRY.format(n=n, title=title, day=day) for n, (title, day) in enumerate(entries)]
    return PAGE.format(entries="".join(rows))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text(
        '[[sources]]\nname = "Page"\npath = "saved/news.html"\nread_articles = false\n'
        '[[sources]]\nname = "Folder"\npath = "posts"\nread_articles = false\n'
    )
    saved = tmp_path / "saved" / "news.html"
    saved.parent.mkdir()
    saved.write_text(
        page(
            ("The roof is tight again", "20 May 2016"),
            ("Eight librarians met in Harare", "12 May 2016"),
            ("A letter was signed in Panama", "Yesterday"),
        )
    )
    os.utime(saved, (SAVED, SAVED))
    post = tmp_path / "posts" / "2016" / "map.md"
    post.parent.mkdir(parents=True)
    post.write_text("---\ntitle: A map of reading rooms\ndate: 2016-05-03\n---\nText.\n")
    (tmp_path / "posts" / "photo.jpg").write_bytes(b"not copied")
    return tmp_path


def collect(root: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["--workspace", str(root), "collect", "2016-05", *words])
    assert result.exit_code == code, result.output
    return result


def items(root: Path, *words: str) -> list[tuple[str, str]]:
    rows = json.loads(collect(root, "--json", *words).stdout)["items"]
    return [(row["title"], row["date"]) for row in rows]


def test_an_issue_is_rebuilt_from_copies_of_its_files(root: Path) -> None:
    first = items(root)
    shutil.rmtree(root / "posts")
    (root / "saved" / "news.html").write_text(page(("Something else", "1 May 2016")) * 3)
    for copy in (root / "issues").rglob("*.html"):
        os.utime(copy)  # git keeps no times
    shutil.copytree(root / "issues" / "2016-05" / "snapshot", root / "kept")
    shutil.rmtree(root / "issues")
    (root / "issues" / "2016-05").mkdir(parents=True)
    shutil.copytree(root / "kept", root / "issues" / "2016-05" / "snapshot")

    again = items(root, "--from-snapshot")

    assert len(first) == 4
    assert ("A letter was signed in Panama", "2016-05-29") in first
    assert again == first


def test_a_copy_holds_what_was_read_and_nothing_else(root: Path) -> None:
    collect(root)
    (root / "posts" / "2016" / "map.md").rename(root / "posts" / "plan.md")

    collect(root)

    snapshot = root / "issues" / "2016-05" / "snapshot"
    copied = {path.name for path in (snapshot / "files").rglob("*") if path.is_file()}
    assert copied == {"news.html", "plan.md"}
    assert not list(snapshot.rglob("*.new"))


def test_a_dry_run_copies_nothing(root: Path) -> None:
    collect(root, "--dry-run")

    assert not (root / "issues").exists()


def test_a_damaged_list_of_copies_is_read_as_none(root: Path) -> None:
    first = items(root)
    (root / "issues" / "2016-05" / "snapshot" / "files.json").write_text("<<<<<<< HEAD")

    assert [title for title, _ in items(root, "--from-snapshot")] == [title for title, _ in first]
