"""From a news site to an issue a person edits, and again, with everything that goes wrong."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main
from tests.servers.news_site import NewsSite

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Library news</title>
<link>{url}/</link>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{url}/news/{key}</link>{date}
<description>{summary}</description></item>"""
ARTICLE = """<html lang="en"><head><title>{title}</title>
<meta property="og:description" content="The article page says more about {title}.">
<meta property="og:image" content="{url}/pictures/{key}.jpg"></head>
<body><article><h1>{title}</h1><p>Text.</p></article></body></html>"""


class Team:
    """A workspace whose sources are served by a site on loopback, and a person who types."""

    def __init__(self, root: Path, site: NewsSite) -> None:
        self.root, self.site = root, site
        self.issue = root / "issues" / "2016-05" / "issue.toml"
        self.sources([("Library", f"{site.url}/feed.xml")])

    def sources(self, sources: list[tuple[str, str]]) -> None:
        entries = "".join(
            f'[[sources]]\nname = "{name}"\nurl = "{url}"\nsection = "News"\n'
            for name, url in sources
        )
        text = f'name = "ALP"\ntime_zone = "Europe/Paris"\n{entries}'
        (self.root / "newsletter.toml").write_text(text, encoding="utf-8")

    def publish(self, *items: tuple[str, str, str, str], path: str = "/feed.xml") -> None:
        rows = "".join(
            ITEM.format(
                url=self.site.url,
                key=key,
                title=title,
                date=f"<pubDate>{date}</pubDate>" if date else "",
                summary=summary,
            )
            for key, title, date, summary in items
        )
        feed = FEED.format(url=self.site.url, items=rows)
        self.site.serve(path, feed, "application/rss+xml; charset=utf-8")
        for key, title, _, _ in items:
            page = ARTICLE.format(url=self.site.url, key=key, title=title)
            self.site.serve(f"/news/{key}", page)

    def type(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--workspace", str(self.root), *words])
        assert result.exit_code == code, result.output
        return result

    def collected(self, *words: str, code: int = 0) -> dict[str, object]:
        result = self.type("collect", "2016-05", "--json", *words, code=code)
        rows = json.loads(result.stdout)
        assert isinstance(rows, dict)
        return rows


PANAMA = ("panama", "Letter signed in Panama", "Fri, 20 May 2016 10:00:00 GMT", "They met.")
HARARE = ("harare", "Workshop in Harare", "Thu, 12 May 2016 10:00:00 GMT", "")
APRIL = ("april", "News of April", "Sat, 30 Apr 2016 21:00:00 GMT", "Old.")
#: 30 April by the clock of London, 1 May by that of Paris.
EDGE = ("edge", "At midnight", "Sat, 30 Apr 2016 22:30:00 GMT", "Edge.")
UNDATED = ("undated", "Undated news", "", "Whenever.")


@pytest.fixture
def team(tmp_path: Path, news_site: NewsSite) -> Team:
    return Team(tmp_path, news_site)


def test_a_period_is_collected_into_an_issue(team: Team) -> None:
    team.publish(PANAMA, HARARE, APRIL, EDGE, UNDATED)

    rows = team.collected()

    assert list(rows)[:2] == ["version", "period"]
    assert (rows["version"], rows["period"], rows["rule"]) == (1, "2016-05", "rss")
    items = rows["items"]
    assert isinstance(items, list)
    assert [(one["title"], one["date"], one["status"]) for one in items] == [
        ("Letter signed in Panama", "2016-05-20", "new"),
        ("Workshop in Harare", "2016-05-12", "new"),
        ("At midnight", "2016-04-30", "new"),
        ("Undated news", None, "undated"),
    ]
    assert items[1]["summary"] == "The article page says more about Workshop in Harare."
    assert items[1]["picture"] == f"{team.site.url}/pictures/harare.jpg"
    assert (rows["outside"], rows["undated"], rows["failures"]) == (1, 1, [])
    text = team.issue.read_text(encoding="utf-8")
    assert text.count("[[items]]") == 4
    assert text.count("included = false") == 2, "one in the comment, one for the undated item"


def test_what_a_person_wrote_is_there_after_collecting_again(team: Team) -> None:
    team.publish(PANAMA, HARARE)
    team.type("collect", "2016-05")
    edited = team.issue.read_text(encoding="utf-8").replace("Letter signed in Panama", "Signed!")
    team.issue.write_text(edited + "# Ask Jane.\n", encoding="utf-8")
    team.publish(("panama", "Letter agreed in Panama", PANAMA[2], PANAMA[3]), HARARE, EDGE)

    shown = team.type("collect", "2016-05").stdout

    text = team.issue.read_text(encoding="utf-8")
    assert 'title = "Signed!"' in text
    assert "source_changed = true" in text
    assert "# Ask Jane." in text
    assert text.index("Ask Jane") < text.index('title = "At midnight"')
    assert "1 new, 1 changed at their source, 1 already there" in shown
    assert "1 changed at their source after your edit" in team.type("issues").stdout


def test_a_source_that_fails_is_reported_and_stops_nothing(team: Team) -> None:
    team.publish(PANAMA)
    team.site.serve("/broken", "gone", status=500)
    team.sources([("Library", f"{team.site.url}/feed.xml"), ("Down", f"{team.site.url}/broken")])

    rows = team.collected()
    told = team.type("collect", "2016-05").stderr

    failures = rows["failures"]
    assert isinstance(failures, list)
    assert [one["source"] for one in failures] == ["Down"]
    assert "500" in failures[0]["reason"]
    assert "FAILED  Down" in told
    assert team.issue.is_file()


def test_yesterday_is_told_from_the_newsletters_own_day(team: Team) -> None:
    day = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    page = "".join(
        f'<li><a href="/news/{one}">Story number {one} of the library</a> <span>{when}</span></li>'
        for one, when in enumerate(["today", "yesterday", "yesterday", "3 days ago"])
    )
    team.site.serve("/list", f"<html><body><h1>News</h1><ul>{page}</ul></body></html>")
    team.sources([("List", f"{team.site.url}/list")])
    config = team.root / "newsletter.toml"
    text = config.read_text(encoding="utf-8").replace("Europe/Paris", "Pacific/Kiritimati")
    config.write_text(text, encoding="utf-8")

    items = json.loads(team.type("collect", "last-30-days", "--dry-run", "--json").stdout)["items"]

    days = [(day - timedelta(days=ago)).isoformat() for ago in (0, 1, 1, 3)]
    assert [item["date"] for item in items] == days


def test_an_empty_period_writes_nothing_and_says_what_there_was(team: Team) -> None:
    team.publish(APRIL)

    result = team.type("collect", "2016-05", code=1)

    assert "no source has an item for '2016-05' (1 outside the period)" in result.stderr
    assert not (team.root / "issues").exists()
    assert team.collected(code=1)["items"] == []


def test_a_dry_run_writes_nothing(team: Team) -> None:
    team.publish(PANAMA)
    before = sorted(team.root.iterdir())

    shown = team.type("collect", "2016-05", "--dry-run").stdout

    assert "Letter signed in Panama" in shown
    assert "nothing was written" in shown
    assert sorted(team.root.iterdir()) == before


def test_two_sources_with_one_story_give_one_item(team: Team) -> None:
    team.publish(PANAMA)
    team.publish((PANAMA[0], PANAMA[1].upper(), PANAMA[2], "They met for days."), path="/b.xml")
    team.sources([("A", f"{team.site.url}/feed.xml"), ("B", f"{team.site.url}/b.xml")])

    rows = team.collected()

    items = rows["items"]
    assert isinstance(items, list)
    assert [(one["source"], one["summary"]) for one in items] == [("A, B", "They met for days.")]
    assert rows["merged"] == 1


def test_what_ran_in_an_earlier_issue_is_left_out_and_counted(team: Team) -> None:
    team.publish(PANAMA, APRIL)
    team.type("collect", "2016-04-01..2016-05-21")
    team.publish(PANAMA, HARARE, APRIL)

    rows = team.collected()

    items = rows["items"]
    assert isinstance(items, list)
    assert [one["title"] for one in items] == ["Workshop in Harare"]
    assert rows["already_ran"] == 1


def test_undated_news_that_an_earlier_issue_offered_is_not_offered_again(team: Team) -> None:
    team.publish(APRIL, UNDATED)
    team.type("collect", "2016-04")
    team.publish(PANAMA, APRIL, UNDATED)

    rows = team.collected()
    again = team.type("collect", "2016-04").stdout

    assert (rows["undated"], rows["offered_before"]) == (0, 1)
    assert "? no date     Undated news" in again


def test_an_issue_is_rebuilt_offline_from_its_snapshot(team: Team) -> None:
    team.publish(PANAMA, HARARE)
    team.type("collect", "2016-05")
    written = team.issue.read_text(encoding="utf-8")
    for name in ("issue.toml", "collected.json"):
        (team.issue.parent / name).unlink()
    team.site.pages.clear()
    asked = len(team.site.requests)

    team.type("collect", "2016-05", "--from-snapshot")

    assert team.issue.read_text(encoding="utf-8") == written
    assert len(team.site.requests) == asked


def test_without_a_snapshot_there_is_nothing_to_rebuild(team: Team) -> None:
    result = team.type("collect", "2016-05", "--from-snapshot", code=1)

    assert "has no snapshot" in result.stderr


def test_article_pages_are_read_once(team: Team) -> None:
    team.publish(PANAMA, HARARE)
    team.type("collect", "2016-05")

    team.type("collect", "2016-05")

    assert team.site.paths().count("/news/harare") == 1


def test_two_commands_at_once_do_not_meet(team: Team) -> None:
    team.publish(PANAMA)
    with (team.root / ".newsletter.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        result = team.type("collect", "2016-05", code=1)

    assert "another command is changing the workspace" in result.stderr
    assert not team.issue.exists()


def test_a_broken_issue_stops_before_anything_is_written(team: Team) -> None:
    team.publish(PANAMA)
    team.type("collect", "2016-05")
    team.issue.write_text('subject = "open\n', encoding="utf-8")
    before = team.issue.read_bytes()

    result = team.type("collect", "2016-05", code=1)

    assert "issue.toml' is not valid TOML" in result.stderr
    assert "line 1" in result.stderr
    assert team.issue.read_bytes() == before
    assert "broken" in team.type("issues").stdout


def test_a_folder_that_cannot_be_written_is_one_line(team: Team) -> None:
    team.publish(PANAMA)
    (team.root / "issues").write_text("in the way", encoding="utf-8")

    result = team.type("collect", "2016-05", code=1)

    assert result.stderr.count("Error:") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["collect", "may"], "'may' is not understood"),
        (["collect", "2016-05", "--source", "Libary"], "Did you mean 'Library'?"),
        (["collect", "since-last-issue"], "needs an earlier issue"),
    ],
)
def test_a_mistyped_word_is_named(team: Team, words: list[str], told: str) -> None:
    assert told in team.type(*words, code=1).stderr


def test_since_last_issue_begins_where_the_last_one_ended(team: Team) -> None:
    team.publish(PANAMA, APRIL)
    team.type("collect", "2016-04-01..2016-05-15")
    team.publish(PANAMA, HARARE, APRIL)

    result = team.type("collect", "since-last-issue", "--json")

    items = json.loads(result.stdout)["items"]
    assert [one["title"] for one in items] == ["Letter signed in Panama"]


def test_the_issues_are_listed_for_programs(team: Team) -> None:
    team.publish(PANAMA, UNDATED)
    team.type("collect", "2016-05")

    rows = json.loads(team.type("issues", "--json").stdout)["issues"]

    assert rows[0]["issue"] == "2016-05"
    assert (rows[0]["state"], rows[0]["items"], rows[0]["left_out"]) == ("draft", 1, 1)
    assert (rows[0]["first_day"], rows[0]["last_day"]) == ("2016-05-01", "2016-05-31")


def test_without_issues_there_is_a_hint_and_no_file(team: Team) -> None:
    result = team.type("issues")

    assert "newsletter collect" in result.stderr
    assert [one.name for one in team.root.iterdir()] == ["newsletter.toml"]


def test_killed_while_it_waits_for_a_source_the_next_run_starts_clean(team: Team) -> None:
    team.publish(PANAMA)
    team.site.put("/slow.xml", type(team.site.pages["/feed.xml"])(drip=b" "))
    team.sources([("Library", f"{team.site.url}/feed.xml"), ("Slow", f"{team.site.url}/slow.xml")])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-m", "newsletter", "--workspace", str(team.root)]
    running = subprocess.Popen([*words, "collect", "2016-05"], env=environment)
    while "/slow.xml" not in team.site.paths():
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    team.sources([("Library", f"{team.site.url}/feed.xml")])

    team.type("collect", "2016-05")

    assert "Letter signed in Panama" in team.issue.read_text(encoding="utf-8")


CRASHING = """
import os, sys
left = int(sys.argv[1])
def count(event, arguments):
    global left
    if event == "os.rename" and "issues" in str(arguments[1]):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(count)
from newsletter.cli import main
main(sys.argv[2:])
"""

FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from newsletter.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
main(sys.argv[2:])
"""


def run(program: str, number: int, team: Team) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", program, str(number), "--workspace", str(team.root)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    # What measures coverage could not write its own file to a full disk either.
    environment.pop("COVERAGE_PROCESS_CONFIG", None)
    return subprocess.run(
        [*words, "collect", "2016-05"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_before_any_of_its_writes_nothing_of_a_person_is_lost(team: Team) -> None:
    team.publish(PANAMA, HARARE)
    team.type("collect", "2016-05")
    edited = team.issue.read_text(encoding="utf-8").replace("Letter signed in Panama", "Signed!")
    edited = edited.split('\n[[items]]\nkey = "workshop-in-harare"')[0] + "\n# Ask Jane.\n"
    team.issue.write_text(edited, encoding="utf-8")
    team.publish(("panama", "Letter agreed", PANAMA[2], "They agreed."), HARARE, EDGE)

    writes = 0
    while run(CRASHING, writes, team).returncode == 9:
        writes += 1
        text = team.issue.read_text(encoding="utf-8")
        assert 'title = "Signed!"' in text
        assert "# Ask Jane." in text
        assert "Workshop in Harare" not in text.partition("[[items]]")[2]

    assert writes >= 3, "a snapshot's files, issue.toml and collected.json"
    text = team.issue.read_text(encoding="utf-8")
    assert text.count('At midnight"\nlink') == 1
    assert "They agreed." in text
    assert "source_changed = true" in text
    assert not list(team.root.glob("issues/**/.*.new"))


@pytest.mark.parametrize("size", [0, 300, 1000, 1900])
def test_a_full_disk_is_one_line_and_leaves_the_issue_as_it_was(team: Team, size: int) -> None:
    team.publish(PANAMA)
    team.type("collect", "2016-05")
    before = team.issue.read_bytes()
    team.publish(("panama", "Agreed", PANAMA[2], "They agreed. " * 200), HARARE, EDGE)

    done = run(FULL, size, team)

    assert done.returncode == 1
    assert "Error: cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert team.issue.read_bytes() == before
