"""The web pages of an issue: where the links of the mail lead, and nothing personal in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main

ISSUE = """
subject = "News of May"
language = "en"
[[items]]
key = "one"
title = "One story"
link = "https://example.org/1"
summary = "Told."
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "newsletter.toml").write_text(
        'name = "News"\nlanguages = ["en", "ar"]\npublic_url = "https://news.example.org"\n'
        'postal_address = "1 Square"\n[mail]\nsender = "news@example.org"\n',
        encoding="utf-8",
    )
    folder = tmp_path / "issues" / "2016-05"
    folder.mkdir(parents=True)
    (folder / "issue.toml").write_text(ISSUE, encoding="utf-8")
    (folder / "ar.toml").write_text(
        '[items.one]\ntitle = "خبر"\nsummary = "نص"\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_edition_stands_where_the_mail_says(team: Path) -> None:
    result = CliRunner().invoke(main, ["archive", "2016-05"])
    CliRunner().invoke(main, ["preview", "2016-05"])

    assert result.exit_code == 0, result.output
    mail = (team / "issues/2016-05/out/en.html").read_text(encoding="utf-8")
    for key in ("en", "ar"):
        page = (team / "archive/2016-05" / key / "index.html").read_text(encoding="utf-8")
        assert f'href="https://news.example.org/2016-05/{key}/"' in page
        assert f"https://news.example.org/2016-05/{key}/" in mail + result.output


def test_a_page_has_nothing_personal_and_runs_nothing(team: Path) -> None:
    CliRunner().invoke(main, ["archive", "2016-05"])

    for path in sorted((team / "archive").rglob("index.html")):
        page = path.read_text(encoding="utf-8")
        assert "XPERSONALX" not in page
        assert "unsubscribe" not in page.lower()
        assert "<script" not in page
        assert "default-src 'none'" in page


def test_writing_again_changes_no_byte(team: Path) -> None:
    CliRunner().invoke(main, ["archive", "2016-05"])
    before = {path: path.stat().st_mtime_ns for path in (team / "archive").rglob("*.html")}
    CliRunner().invoke(main, ["archive", "2016-05"])

    assert before == {path: path.stat().st_mtime_ns for path in (team / "archive").rglob("*.html")}


def test_an_unknown_issue_is_one_line(team: Path) -> None:
    result = CliRunner().invoke(main, ["archive", "2016-06"])

    assert result.exit_code == 1
    assert "no issue '2016-06'" in result.stderr
