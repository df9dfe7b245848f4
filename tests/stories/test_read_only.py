"""A workspace that nobody may write into can still be read, and nothing of it is sent."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.scripted import Script, ScriptedServer, say, scripted_server
from tests.stories.mailing_room import CHECKOUT, MailingRoom

PEOPLE = ["ana@town.example", "ben@town.example", "cy@town.example"]
#: Root may write everywhere; without this right the permissions count for root as well.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
LOOKS = [
    "status",
    "status --json",
    "deliveries 1",
    "deliveries 1 --address ben@town.example",
    "report 1",
    "unknown 1",
    "lists",
    "subscribers list",
    "subscribers show ana@town.example",
    "subscribers export",
    "send 2016-05 --list members",
]
DEEDS = [
    "pause 1",
    "resume 1",
    "cancel 1",
    "run --once",
    "send 2016-05 --list others --really --yes",
]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that puts one reader off."""
    with scripted_server(Script(rcpt={PEOPLE[1]: say("451 4.3.0 try later")})) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, server: ScriptedServer) -> Iterator[MailingRoom]:
    """A workspace with a mailing that is not through."""
    if AS_ANYBODY and shutil.which(AS_ANYBODY[0]) is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    furnished = MailingRoom.furnish(tmp_path / "desk", server.port)
    furnished.invite(PEOPLE)
    furnished.invite(["dora@town.example"], "others")
    furnished.send(ok=(4,))
    yield furnished
    furnished.folder.chmod(0o700)


def _said(room: MailingRoom, words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*AS_ANYBODY, *room.command, *words.split()],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def _files(room: MailingRoom) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in room.folder.iterdir()
        # SQLite's scratch: it may be marked by whoever reads.
        if path.is_file() and not path.name.endswith("-shm")
    }


def test_a_folder_that_is_read_only_says_all_that_it_said_before(room: MailingRoom) -> None:
    before = {words: _said(room, words) for words in LOOKS}
    files = _files(room)

    room.folder.chmod(0o500)

    assert {words: _said(room, words) for words in LOOKS} == before
    assert _files(room) == files
    assert {code for code, _, _ in before.values()} == {0}


def test_the_last_results_of_a_killed_sender_are_read_too(room: MailingRoom) -> None:
    killed = subprocess.run(
        [
            *("python3", "-c"),
            "import os, sqlite3, sys\n"
            "books = sqlite3.connect(sys.argv[1])\n"
            "books.execute(\"UPDATE mailings SET reason = 'by the log', state = 'paused'\")\n"
            "books.commit()\n"
            "os.kill(os.getpid(), 9)",
            str(room.folder / "newsletter.db"),
        ],
        check=False,
    )
    assert killed.returncode == -9
    assert (room.folder / "newsletter.db-wal").stat().st_size > 0

    room.folder.chmod(0o500)

    assert "paused: by the log" in _said(room, "status")[1]


@pytest.mark.parametrize("words", DEEDS)
def test_what_would_be_written_is_refused_in_one_line_and_nothing_is_sent(
    room: MailingRoom, server: ScriptedServer, words: str
) -> None:
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as database:
        # So that the scheduler has something to do as well.
        database.execute("UPDATE deliveries SET due = 0 WHERE state = 'deferred'")
        database.commit()
    sent, files = len(server.accepted), _files(room)

    room.folder.chmod(0o500)
    code, out, err = _said(room, words)

    told = out if words.startswith("run") else err
    assert code == (0 if words.startswith("run") else 1), out + err
    assert "readonly database" in told
    assert "permission" in told
    assert len(server.accepted) == sent
    assert _files(room) == files
