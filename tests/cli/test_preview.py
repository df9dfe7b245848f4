from __future__ import annotations

import email
import json
import os
import subprocess
import sys
from email import policy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main

ISSUE = """\
subject = "What libraries did in May"
intro = "Dear readers"
language = "en"
date = 2016-05-31

[[items]]
key = "panama"
title = "Thirty associations sign in Panama"
link = "https://federation.example/panama"
date = 2016-05-20
summary = "They closed the week with a common letter."

[[items]]
key = "harare"
title = "Advocacy practised in Harare"
link = "https://federation.example/harare"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace with one issue."""
    (tmp_path / "newsletter.toml").write_text(
        'name = "The Reading Lamp"\npostal_address = "12 Quay Street"\n'
        'contact = "editors@federation.example"\n[mail]\nsender = "news@federation.example"\n'
    )
    (tmp_path / "issues" / "2016-05").mkdir(parents=True)
    (tmp_path / "issues" / "2016-05" / "issue.toml").write_text(ISSUE)
    return tmp_path


def run(workspace: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace), "preview", *arguments])


def out(workspace: Path) -> dict[str, bytes]:
    folder = workspace / "issues" / "2016-05" / "out"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_preview_holds_html_text_and_the_very_message(workspace: Path) -> None:
    done = run(workspace, "2016-05")

    assert done.exit_code == 0, done.output
    files = out(workspace)
    assert set(files) == {
        "index.html",
        *(f"{key}.{kind}" for key in ("en", "en-light") for kind in ("html", "txt", "eml")),
        *(
            f"views/{key}-{view}.html"
            for key in ("en", "en-light")
            for view in ("dark", "without-pictures")
        ),
    }
    message = email.message_from_bytes(files["en.eml"], policy=policy.default)
    assert message["Subject"] == "What libraries did in May"
    assert str(message["To"]) == "Sample Reader <reader@library.example>"
    page = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert page is not None
    assert text is not None
    assert page.get_content().replace("\r\n", "\n").strip() == files["en.html"].decode().strip()
    assert text.get_content().replace("\r\n", "\n").strip() == files["en.txt"].decode().strip()


def test_nothing_personal_is_left_open(workspace: Path) -> None:
    run(workspace, "2016-05")

    assert not [name for name, content in out(workspace).items() if b"XPERSONAL" in content]


def test_the_same_issue_gives_the_same_bytes_with_and_without_memory(workspace: Path) -> None:
    run(workspace, "2016-05")
    first = out(workspace)
    again = run(workspace, "2016-05")
    (kept,) = {path.parent for path in (workspace / ".cache").rglob("*.json")}
    for path in kept.iterdir():
        path.unlink()

    run(workspace, "2016-05")

    assert again.exit_code == 0
    assert out(workspace) == first


def test_a_change_of_the_issue_or_a_theme_shows_at_once(workspace: Path) -> None:
    run(workspace, "2016-05")
    issue = workspace / "issues" / "2016-05" / "issue.toml"
    issue.write_text(ISSUE.replace("Thirty", "Forty"))
    theme = workspace / "templates" / "default" / "theme.toml"
    theme.parent.mkdir(parents=True)
    theme.write_text('[css]\naccent = "#7a1f3d"\n')

    run(workspace, "2016-05")

    html = out(workspace)["en.html"].decode()
    assert "Forty associations" in html
    assert "#7a1f3d" in html


def test_the_page_runs_no_script_and_fetches_nothing_itself(workspace: Path) -> None:
    run(workspace, "2016-05")

    page = out(workspace)["index.html"].decode()
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert page.count("<iframe") == page.count(' sandbox="allow-same-origin" ') == 10
    assert "https://" not in page.replace(" dir=", "")[: page.index("<body>")]


def test_json_lists_editions_with_their_sizes(workspace: Path) -> None:
    done = run(workspace, "2016-05", "--json")

    told = json.loads(done.stdout)
    assert (told["version"], told["issue"]) == (1, "2016-05")
    assert [one["edition"] for one in told["editions"]] == ["en", "en-light"]
    assert told["editions"][0]["html_bytes"] == len(out(workspace)["en.html"])
    assert told["page"].endswith("out/index.html")


def test_each_language_of_the_newsletter_has_its_editions(workspace: Path) -> None:
    toml = workspace / "newsletter.toml"
    toml.write_text('languages = ["en", "ar"]\n' + toml.read_text())

    done = run(workspace, "2016-05", "--json")

    assert [one["edition"] for one in json.loads(done.stdout)["editions"]] == [
        "en",
        "en-light",
        "ar",
        "ar-light",
    ]
    assert 'dir="rtl"' in out(workspace)["ar.html"].decode()


def test_only_one_language_is_shown_when_asked_for(workspace: Path) -> None:
    toml = workspace / "newsletter.toml"
    toml.write_text('languages = ["en", "ar", "fr"]\n' + toml.read_text())

    done = run(workspace, "2016-05", "--language", "fr", "--json")

    assert [one["edition"] for one in json.loads(done.stdout)["editions"]] == ["fr", "fr-light"]


def test_a_language_nobody_has_is_a_clear_error(workspace: Path) -> None:
    done = run(workspace, "2016-05", "--language", "xx")

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: the newsletter has no language 'xx'\nHint: ")
    assert out(workspace) == {}


def test_without_a_sender_the_preview_says_so(workspace: Path) -> None:
    (workspace / "newsletter.toml").write_text('name = "News"\n')

    done = run(workspace, "2016-05")

    assert done.exit_code == 0
    assert "MAIL_FROM is not set" in done.stderr


def test_an_unknown_issue_is_a_clear_error(workspace: Path) -> None:
    done = run(workspace, "2016-06")

    assert done.exit_code == 1
    assert "2016-06" in done.stderr
    assert not (workspace / "issues" / "2016-06").exists()


def test_a_mistake_in_a_template_writes_nothing(workspace: Path) -> None:
    path = workspace / "templates" / "default" / "issue.txt.j2"
    path.parent.mkdir(parents=True)
    path.write_text("one\n{{ contnet }}\n")

    done = run(workspace, "2016-05")

    assert done.exit_code == 1
    assert "templates/default/issue.txt.j2, line 2: 'contnet' is undefined" in done.stderr
    assert out(workspace) == {}


def test_an_issue_that_says_nothing_is_a_clear_error(workspace: Path) -> None:
    (workspace / "issues" / "2016-05" / "issue.toml").write_text('subject = "x"\n')

    done = run(workspace, "2016-05")

    assert (done.exit_code, "has nothing to say" in done.stderr) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_clear_error(workspace: Path) -> None:
    (workspace / "issues" / "2016-05").chmod(0o500)

    done = run(workspace, "2016-05")

    assert (done.exit_code, "cannot write" in done.stderr) == (1, True)


def test_a_file_in_the_way_is_a_clear_error(workspace: Path) -> None:
    (workspace / "issues" / "2016-05" / "out").write_text("in the way")

    done = run(workspace, "2016-05")

    assert (done.exit_code, "cannot write" in done.stderr) == (1, True)


def test_an_unchanged_issue_loads_no_heavy_library(workspace: Path) -> None:
    run(workspace, "2016-05")
    code = (
        "import sys; from newsletter.cli import main\n"
        f"main(['--workspace', {str(workspace)!r}, 'preview', '2016-05'], standalone_mode=False)\n"
        "heavy = {'jinja2', 'premailer', 'lxml', 'babel', 'requests', 'markdown_it', 'nh3'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_a_preview_is_made_without_any_network_library(workspace: Path) -> None:
    code = (
        "import sys; from newsletter.cli import main\n"
        f"main(['--workspace', {str(workspace)!r}, 'preview', '2016-05'], standalone_mode=False)\n"
        "print(sorted({'requests', 'urllib3', 'dateparser'} & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"
