"""newsletter sources: what staff and programs see."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main
from tests.servers.news_site import NewsSite

TEXT = """Latest News

Panama letter
Thirty associations met.
20 May 2016

New leaders
Twelve were chosen.
18 May 2016
"""
FEED = """<rss version="2.0"><channel><title>Library news</title>
<item><title>Panama letter</title><link>/1</link><pubDate>Fri, 20 May 2016 08:00:00 GMT</pubDate>
<description>Thirty met.</description></item>
<item><title>Undated</title><link>/2</link></item></channel></rss>"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, and no workspace."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A workspace without sources."""
    (folder / "newsletter.toml").write_text('name = "Library news" # the subject\n', "utf-8")
    return folder


def _run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["sources", *arguments], input=answer)


def _json(*arguments: str) -> Any:
    return json.loads(_run(*arguments, "--json").stdout)


def test_try_shows_the_rule_the_items_and_what_is_missing(folder: Path) -> None:
    (folder / "news.txt").write_text(TEXT, encoding="utf-8")

    result = _run("try", "news.txt")

    assert result.exit_code == 0
    assert result.stdout == (
        "Rule:    text (a page saved as plain text)\n"
        "Items:   2\n"
        "     1.  2016-05-20  Panama letter\n"
        "     2.  2016-05-18  New leaders\n"
        "Missing: 2 without link, 2 without picture\n"
    )


def test_try_shows_the_first_three_and_the_last(folder: Path) -> None:
    lines = "".join(
        f"* {number:02} May 2016: The library opens door {number}\n" for number in range(1, 8)
    )
    (folder / "news.txt").write_text(f"News\n\n{lines}", encoding="utf-8")

    shown = [line for line in _run("try", "news.txt").stdout.splitlines() if line[:1] == " "]

    assert [line.split()[0] for line in shown] == ["1.", "2.", "3.", "...", "7."]


def test_try_writes_nothing_at_all(folder: Path, news_site: NewsSite) -> None:
    url = news_site.serve("/feed", FEED, headers={"ETag": '"1"'})

    result = _run("try", url)

    assert result.exit_code == 0
    assert list(folder.iterdir()) == []


def test_the_json_of_try_is_the_promised_object(folder: Path) -> None:
    (folder / "feed.xml").write_text(FEED, encoding="utf-8")

    written = _json(
        "try", "feed.xml", "--base-url", "https://news.example.org/feed", "--language", "en"
    )

    assert written == {
        "version": 1,
        "source": "feed.xml",
        "rule": "rss",
        "items": [
            {
                "title": "Panama letter",
                "link": "https://news.example.org/1",
                "date": "2016-05-20",
                "summary": "Thirty met.",
                "picture": None,
                "language": "en",
                "source": "feed.xml",
                "status": "new",
                "published": "2016-05-20T08:00:00+00:00",
            },
            {
                "title": "Undated",
                "link": "https://news.example.org/2",
                "date": None,
                "summary": "",
                "picture": None,
                "language": "en",
                "source": "feed.xml",
                "status": "undated",
            },
        ],
        "notes": [],
        "failures": [],
    }


def test_a_saved_page_is_judged_at_the_time_it_was_saved(folder: Path) -> None:
    (folder / "news.txt").write_text("News\n\nPanama letter\nYesterday\n", encoding="utf-8")

    written = _json("try", "news.txt", "--fetched-at", "2016-05-25")

    assert [item["date"] for item in written["items"]] == ["2016-05-24"]


def test_without_a_time_a_saved_page_is_as_old_as_its_file(folder: Path) -> None:
    page = folder / "news.txt"
    page.write_text("News\n\nPanama letter\nYesterday\n", encoding="utf-8")
    os.utime(page, (1_464_177_600, 1_464_177_600))  # 25 May 2016

    assert _json("try", "news.txt")["items"][0]["date"] == "2016-05-24"


@pytest.mark.parametrize(
    ("option", "day"), [("--day-first", "2016-06-05"), ("--month-first", "2016-05-06")]
)
def test_what_is_written_ambiguously_is_read_as_staff_say(
    folder: Path, option: str, day: str
) -> None:
    (folder / "news.txt").write_text("News\n\nPanama letter\nThirty met.\n05/06/2016\n", "utf-8")

    assert _json("try", "news.txt", "--fetched-at", "2016-07-01", option)["items"][0]["date"] == day


@pytest.mark.parametrize(
    ("target", "reason", "hint"),
    [
        ("nothing-here", "no such file or folder", "https://"),
        (
            "www.example.org/news",
            "no such file or folder",
            "Did you mean https://www.example.org/news ?",
        ),
        ("ftp://example.org/", "only http and https", "https://"),
        ("http://127.0.0.1:1/", "nothing answers", "sources check"),
        ("http://[", "not a web address", ""),
    ],
)
def test_a_target_that_cannot_be_read_is_one_line_and_a_hint(
    folder: Path, target: str, reason: str, hint: str
) -> None:
    result = _run("try", target)

    assert result.exit_code == 1
    assert result.stdout == ""
    error, *rest = result.stderr.splitlines()
    assert error.startswith("Error: ")
    assert reason in error
    assert hint in "".join(rest)


def test_a_failure_in_json_is_an_object_too(folder: Path) -> None:
    result = _run("try", "nothing-here.html", "--json")
    missing = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (missing["items"], missing["rule"]) == ([], None)
    assert missing["failures"] == [
        {"source": "nothing-here.html", "reason": "there is no such file or folder"}
    ]


def test_add_writes_the_entry_and_keeps_the_comments(workspace: Path) -> None:
    (workspace / "pages").mkdir()
    (workspace / "pages" / "news.txt").write_text(TEXT, encoding="utf-8")

    result = _run("add", "pages/news.txt", "--name", "Programme", "--section", "News", "--yes")

    assert result.exit_code == 0
    assert result.stdout.endswith("Added source 'Programme' to newsletter.toml.\n")
    assert (workspace / "newsletter.toml").read_text(encoding="utf-8") == (
        'name = "Library news" # the subject\n\n'
        '[[sources]]\nname = "Programme"\npath = "pages/news.txt"\nsection = "News"\n'
    )


def test_add_names_a_feed_by_its_title(workspace: Path, news_site: NewsSite) -> None:
    url = news_site.serve("/feed", FEED, "application/rss+xml")

    assert _run("add", url, "--yes").exit_code == 0
    assert _json("list")["sources"] == [
        {
            "name": "Library news",
            "url": url,
            "path": "",
            "kind": "auto",
            "language": "",
            "section": "",
        }
    ]


@pytest.mark.parametrize("again", [["--name", "Other"], []])
def test_add_refuses_what_is_there_already(workspace: Path, again: list[str]) -> None:
    (workspace / "news.txt").write_text(TEXT, encoding="utf-8")
    _run("add", "news.txt", "--yes")
    before = (workspace / "newsletter.toml").read_bytes()

    result = _run("add", "news.txt", "--yes", *again)

    assert result.exit_code == 1
    assert "already" in result.stderr
    assert (workspace / "newsletter.toml").read_bytes() == before


def test_add_without_a_terminal_needs_yes(workspace: Path) -> None:
    (workspace / "news.txt").write_text(TEXT, encoding="utf-8")
    before = (workspace / "newsletter.toml").read_bytes()

    result = _run("add", "news.txt", answer="y\n")

    assert result.exit_code == 1
    assert "--yes" in result.stderr
    assert (workspace / "newsletter.toml").read_bytes() == before


def test_add_of_what_cannot_be_read_writes_nothing(workspace: Path, news_site: NewsSite) -> None:
    before = (workspace / "newsletter.toml").read_bytes()

    result = _run("add", f"{news_site.url}/gone", "--yes")

    assert result.exit_code == 1
    assert "404: not found" in result.stderr
    assert (workspace / "newsletter.toml").read_bytes() == before


def test_add_into_a_folder_that_cannot_be_written_says_so(workspace: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (workspace / "news.txt").write_text(TEXT, encoding="utf-8")
    workspace.chmod(stat.S_IRUSR | stat.S_IXUSR)

    result = _run("add", "news.txt", "--yes")
    workspace.chmod(stat.S_IRWXU)

    assert result.exit_code == 1
    assert "cannot write" in result.stderr


def test_add_outside_a_workspace_says_how_to_make_one(folder: Path) -> None:
    (folder / "news.txt").write_text(TEXT, encoding="utf-8")

    result = _run("add", "news.txt", "--yes")

    assert result.exit_code == 1
    assert "newsletter init" in result.stderr


def test_check_tries_every_source_and_fails_if_one_does(
    workspace: Path, news_site: NewsSite
) -> None:
    good = news_site.serve("/feed", FEED, "application/rss+xml")
    (workspace / "newsletter.toml").write_text(
        f'[[sources]]\nname = "Good"\nurl = "{good}"\n'
        f'[[sources]]\nname = "Gone"\nurl = "{news_site.url}/gone"\n',
        encoding="utf-8",
    )

    result = _run("check")
    written = _json("check")

    assert result.exit_code == 1
    assert result.stdout == (
        "ok      Good: 2 items (rss), newest 2016-05-20\n"
        "FAILED  Gone: the server answered 404: not found\n"
    )
    assert [one["source"] for one in written["sources"]] == ["Good", "Gone"]
    assert written["failures"] == [
        {"source": "Gone", "reason": "the server answered 404: not found"}
    ]


def test_check_names_a_source_that_has_nothing(workspace: Path) -> None:
    (workspace / "feed.xml").write_text("<rss><channel><title>N</title></channel></rss>", "utf-8")
    _run("add", "feed.xml", "--name", "Feed", "--yes")

    assert _run("check").stdout == (
        "EMPTY   Feed: 0 items (rss)\n        the feed has no items\n"
    )  # fmt: skip


def test_check_of_sources_that_all_answer_is_a_success(workspace: Path) -> None:
    (workspace / "news.txt").write_text(TEXT, encoding="utf-8")
    _run("add", "news.txt", "--yes")

    assert _run("check").exit_code == 0


def test_a_workspace_without_sources_is_told_how_to_get_one(workspace: Path) -> None:
    for command in ("list", "check"):
        result = _run(command)

        assert result.exit_code == 0
        assert "newsletter sources add" in result.stderr


def test_a_source_is_tried_by_its_name_from_anywhere_in_the_workspace(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "news.txt").write_text(TEXT, encoding="utf-8")
    _run("add", "news.txt", "--name", "Programme", "--yes")
    (workspace / "deep").mkdir()
    monkeypatch.chdir(workspace / "deep")

    assert _json("try", "Programme")["source"] == "Programme"


def test_a_broken_newsletter_toml_does_not_stand_in_the_way_of_trying(folder: Path) -> None:
    (folder / "newsletter.toml").write_text("name = ", encoding="utf-8")
    (folder / "news.txt").write_text(TEXT, encoding="utf-8")

    assert _run("try", "news.txt").exit_code == 0
