"""Whatever is wrong, it is one line that names it, one hint, an exit code, and no half work."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.news_site import NewsSite, Page
from tests.servers.ports import free_port
from tests.servers.scripted import Script, drop, say, scripted_server
from tests.stories.mailing_room import CHECKOUT, PYTHON, MailingRoom

PEOPLE = ["anna@town.example", "ben@town.example"]
#: Root may write everywhere; without this right the permissions count for root as well.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []

FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from newsletter.cli import main
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main(sys.argv[2:])
"""


@pytest.fixture
def room(tmp_path: Path) -> MailingRoom:
    """A workspace that is ready, but for a mail server."""
    return MailingRoom.furnish(tmp_path / "desk", free_port())


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts and path.name != ".newsletter.lock"
    }


def refusal(done: subprocess.CompletedProcess[str], code: int = 1) -> tuple[str, str]:
    """Return the one line of the error and the hint."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    [error] = [line for line in lines if line.startswith("Error: ")]
    [hint] = [line for line in lines if line.startswith("Hint: ")]
    assert lines.index(hint) == lines.index(error) + 1, done.stderr
    return error.removeprefix("Error: "), hint.removeprefix("Hint: ")


def refused(room: MailingRoom, *words: str, code: int = 1) -> tuple[str, str]:
    """Type a command that cannot be done; return its error and hint; no file has changed."""
    before = everything(room.folder)
    told = refusal(room.run(*words, ok=(code,)), code)
    assert everything(room.folder) == before
    return told


def add_source(room: MailingRoom, url: str, more: str = "") -> None:
    with (room.folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[sources]]\nname = "News"\nurl = "{url}"\n{more}\n')


def test_no_workspace(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PYTHON, "newsletter", "collect", "2016-05"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )

    error, hint = refusal(done)

    assert "is not in a workspace" in error
    assert "newsletter init" in hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("name = \n", "line 1"),
        ('name = "A"\n[mail\n', "line 2"),
        ('nmae = "A"\n', "'nmae'"),
        ('[sending]\nconnections = "many"\n', "connections"),
        ("name = 'caf\xe9'\n", "UTF-8"),
    ],
)
def test_a_malformed_newsletter_toml(room: MailingRoom, config: str, told: str) -> None:
    (room.folder / "newsletter.toml").write_bytes(config.encode("latin-1"))

    error, hint = refused(room, "check", "2016-05")

    assert "newsletter.toml" in error + hint
    assert told in error


@pytest.mark.parametrize(
    "words",
    [
        ("preview", "2031-01"),
        ("check", "2031-01"),
        ("send", "2031-01", "--to", PEOPLE[0]),
        ("send", "2031-01", "--list", "members", "--really", "--yes"),
    ],
    ids=" ".join,
)
def test_an_unknown_issue(room: MailingRoom, words: tuple[str, ...]) -> None:
    error, hint = refused(room, *words)

    assert "'2031-01'" in error
    assert "newsletter issues" in hint


PAGES = {
    "gone": (Page(b"", 404), "404: not found"),
    "empty": (Page(b" ", headers={"Content-Type": "text/html"}), "empty"),
    "picture": (Page(b"\xff\xd8\xff\xe0" * 99, headers={"Content-Type": "image/jpeg"}), "not text"),
    "endless": (Page(drip=b"<p>" * 20_000), "larger than"),
    "deep": (Page(b"<div>" * 200_000, headers={"Content-Type": "text/html"}), ""),
    "nothing": (Page(b"<html><p>Hello.</html>", headers={"Content-Type": "text/html"}), ""),
}


@pytest.mark.parametrize("name", ["gone", "empty", "picture", "endless"])
def test_a_page_that_cannot_be_read(room: MailingRoom, news_site: NewsSite, name: str) -> None:
    page, told = PAGES[name]
    url = news_site.put("/news", page)

    error, hint = refused(room, "sources", "add", url, "--name", "News", "--yes")

    assert told in error
    assert hint


@pytest.mark.parametrize("name", ["deep", "nothing"])
def test_a_page_without_news_gives_none(room: MailingRoom, news_site: NewsSite, name: str) -> None:
    add_source(room, news_site.put("/news", PAGES[name][0]))

    error, hint = refused(room, "collect", "2016-06")

    assert "'2016-06'" in error
    assert "newsletter sources check" in hint


def test_a_feed_that_is_none(room: MailingRoom, news_site: NewsSite) -> None:
    add_source(room, news_site.serve("/feed", "<html><p>Soon.</html>"), 'kind = "rss"')

    done = room.run("collect", "2016-06", ok=(1,))

    assert "FAILED  News: it is a web page, not a feed" in done.stderr
    error, hint = refusal(done)
    assert "'2016-06'" in error
    assert "newsletter sources check" in hint
    assert not (room.folder / "issues" / "2016-06").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column holds addresses"),
        (b"Name;Town\nAnna;Biel\nBen;Bern\n", "address"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", ""),
    ],
)
def test_a_table_without_addresses(room: MailingRoom, content: bytes, told: str) -> None:
    table = room.folder / "people.csv"
    table.write_bytes(content)

    room.invite(PEOPLE)
    error, hint = refused(room, "subscribers", "import", str(table), "--list", "m", "--really")

    assert "people.csv" in error
    assert told in error
    assert "column" in hint


def test_a_mistake_in_a_template_names_file_and_line(room: MailingRoom) -> None:
    theme = room.folder / "templates" / "default"
    theme.mkdir(parents=True)
    (theme / "issue.html.j2").write_text("<html>\n<body>\n{{ isue.subject }}\n", encoding="utf-8")

    error, hint = refused(room, "preview", "2016-05")

    assert "issue.html.j2" in error
    assert "line 3" in error
    assert "isue" in error
    assert "that line" in hint


@pytest.mark.parametrize(
    "words", ["preview 2016-05", "check 2016-05", "send 2016-05 --to a@b.example"]
)
def test_an_issue_toml_broken_by_hand(room: MailingRoom, words: str) -> None:
    path = room.folder / "issues" / "2016-05" / "issue.toml"
    path.write_text('subject = "May"\nintro = "open\n', encoding="utf-8")

    error, hint = refused(room, *words.split())

    assert "issue.toml" in error
    assert "line 2" in error
    assert "nothing was changed" in hint


def test_a_second_command_on_the_same_workspace(room: MailingRoom, news_site: NewsSite) -> None:
    add_source(room, news_site.serve("/feed", "<rss/>"))
    with (room.folder / ".newsletter.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        error, hint = refused(room, "collect", "2016-05")

    assert "another command" in error
    assert "Wait" in hint


def sent(room: MailingRoom, code: int = 4) -> tuple[str, str]:
    """Send in vain: everybody is still waiting, and nothing is held against them."""
    room.invite(PEOPLE)
    told = refusal(room.send(ok=(code,)), code)
    found = room.mailing()
    assert (found["waiting"], found["accepted"], found["refused"]) == (2, 0, 0)
    return told


def test_no_mail_server_where_one_should_be(room: MailingRoom) -> None:
    error, hint = sent(room)

    assert "Connection refused" in error
    assert "newsletter resume" in hint


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (Script(greeting=say("554 5.7.1 we know you", close="close")), "we know you"),
        (Script(mail=say("550 5.7.60 not as this sender")), "not as this sender"),
        (Script(greeting=drop()), ""),
    ],
    ids=["greeting", "sender", "hangs up"],
)
def test_a_mail_server_that_refuses_or_vanishes(
    room: MailingRoom, script: Script, told: str
) -> None:
    with scripted_server(script) as server:
        room.serve_by(server.port)
        error, hint = sent(room, code=1 if script.mail else 4)

    assert told in error
    assert "newsletter resume" in hint


def test_a_wrong_password(room: MailingRoom) -> None:
    script = Script(mechanisms=("PLAIN",), accounts={"desk": "right"})
    room.environment = {"SMTP_USERNAME": "desk", "SMTP_PASSWORD": "canary"}
    with scripted_server(script) as server:
        room.serve_by(server.port)
        error, hint = sent(room, code=1)

    assert "SMTP_PASSWORD" in error + hint
    assert "canary" not in error + hint
    assert "newsletter resume" in hint


def _on_a_full_disk(room: MailingRoom, size: int, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FULL, str(size), "--workspace", str(room.folder), *words],
        cwd=CHECKOUT,
        # What measures coverage could not write its own file either.
        env={name: one for name, one in os.environ.items() if not name.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("size", [0, 2_000])
@pytest.mark.parametrize(
    "words",
    [
        "preview 2016-05",
        "subscribers import {folder}/people.csv --list members --really",
        "subscribers export {folder}/out.csv",
        "theme copy default",
        "init {folder}/new",
        "dkim new",
    ],
)
def test_a_full_disk(room: MailingRoom, words: str, size: int) -> None:
    room.invite([f"reader{number}@town.example" for number in range(500)])
    (room.folder / "people.csv").write_text(
        "email\n" + "".join(f"new{number}@town.example\n" for number in range(5000)), "utf-8"
    )

    done = _on_a_full_disk(room, size, *words.format(folder=room.folder).split())

    if done.returncode == 0 and size:
        return
    error, hint = refusal(done)
    assert "cannot" in error
    assert "space" in hint
    assert len(room.run("subscribers", "export", ok=(0,)).stdout.splitlines()) == 501


@pytest.fixture
def locked(room: MailingRoom) -> Iterator[MailingRoom]:
    """A workspace in which nobody may write."""
    if AS_ANYBODY and shutil.which(AS_ANYBODY[0]) is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    room.invite(PEOPLE)
    (room.folder / "notes").mkdir()
    (room.folder / "notes" / "one.md").write_text("# One\n\nNews.\n", encoding="utf-8")
    folders = [room.folder, *(path for path in room.folder.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    yield room
    for folder in folders:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    "words",
    [
        "preview 2016-05",
        "theme copy default",
        "init {folder}/new",
        "dkim new",
        "sources add {folder}/notes --name Notes --yes",
        "subscribers export {folder}/out.csv",
    ],
)
def test_a_read_only_folder(locked: MailingRoom, words: str) -> None:
    before = everything(locked.folder)
    done = subprocess.run(
        [*AS_ANYBODY, *locked.command, *words.format(folder=locked.folder).split()],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    error, hint = refusal(done)

    assert "cannot" in error
    assert "permission" in (error + hint).lower()
    assert everything(locked.folder) == before
