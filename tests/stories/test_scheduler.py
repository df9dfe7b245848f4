"""`newsletter run`: mailings that are due at the same time do not wait for one another."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers.scripted import Script, ScriptedServer, say, scripted_server
from tests.stories.mailing_room import MailingRoom


def _due_now(room: MailingRoom) -> None:
    """Let every prepared mailing be due, as if its time had come."""
    with sqlite3.connect(room.folder / "newsletter.db") as database:
        database.execute("UPDATE mailings SET starts = created")
    database.close()


def _prepared(room: MailingRoom, *lists: str) -> None:
    for name in lists:
        order = ("send", "2016-05", "--list", name, "--really", "--yes")
        room.run(*order, "--at", "2999-01-01T08:00", ok=(0,))
    _due_now(room)


def _wait(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    while not is_so():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def _went_to(server: ScriptedServer, domain: str) -> int:
    return sum(mail.recipient.endswith(f"@{domain}") for mail in server.accepted)


def test_a_mailing_that_waits_for_its_limit_does_not_hold_up_the_next(tmp_path: Path) -> None:
    limit = '[[sending.domains]]\nname = "slow"\ndomains = ["slow.example"]\nper_hour = 2'
    with scripted_server() as server:
        room = MailingRoom.furnish(tmp_path, server.port, sending=limit)
        room.invite([f"m{number}@slow.example" for number in range(5)], "slow")
        room.invite([f"f{number}@free.example" for number in range(5)], "free")
        _prepared(room, "slow", "free")

        running = room.popen("run")
        _wait(running, lambda: _went_to(server, "free.example") == 5)
        _wait(running, lambda: _went_to(server, "slow.example") == 2)
        running.terminate()
        out, err = running.communicate(timeout=60)

    assert running.returncode == 143, out + err
    assert "mailing 2 is finished" in out
    assert "mailing 1 is sending: interrupted by SIGTERM; 2 accepted of 5" in out
    assert room.mailing(1)["waiting"] == 3
    assert room.mailing(1)["senders"] == []


def test_a_scheduler_that_is_killed_takes_its_senders_along(tmp_path: Path) -> None:
    limit = '[[sending.domains]]\nname = "slow"\ndomains = ["slow.example"]\nper_hour = 2'
    with scripted_server() as server:
        room = MailingRoom.furnish(tmp_path, server.port, sending=limit)
        room.invite([f"m{number}@slow.example" for number in range(5)])
        _prepared(room, "members")
        running = room.popen("run")
        _wait(running, lambda: _went_to(server, "slow.example") == 2)

        running.kill()
        running.communicate(timeout=60)
        while room.mailing()["senders"]:
            time.sleep(0.05)

    found = room.mailing()
    assert (found["accepted"], found["waiting"], found["unknown"]) == (2, 3, 0)


def test_a_mailing_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    refused = {f"m{number}@bad.example": say("550 5.7.1 blocked") for number in range(30)}
    with scripted_server(Script(rcpt=refused)) as server:
        room = MailingRoom.furnish(tmp_path, server.port)
        room.invite(list(refused), "bad")
        room.invite([f"f{number}@free.example" for number in range(5)], "free")
        _prepared(room, "bad", "free")

        told = room.run("run", "--once", ok=(0,)).stdout

    assert "mailing 1 is paused: 20 refusals in a row were the same" in told
    assert "mailing 2 is finished" in told
    assert _went_to(server, "free.example") == 5
