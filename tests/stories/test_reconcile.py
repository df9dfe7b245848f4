"""Killed against a real Postfix, then settled by its log: nobody lost, nobody twice."""

from __future__ import annotations

import random
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from time import monotonic

import pytest

from tests.servers.postfix import Postfix, needs_postfix, postfix
from tests.servers.scripted import Script, drop, scripted_server
from tests.stories.mailing_room import MailingRoom

pytestmark = [needs_postfix, pytest.mark.postfix, pytest.mark.xdist_group("postfix")]

READERS = [f"reader{number}@town.example" for number in range(600)]


def test_lost_answers_are_settled_exactly_by_the_servers_log(tmp_path: Path) -> None:
    chance = random.Random(7)
    with postfix(keeps=True) as server:
        room = MailingRoom.furnish(tmp_path / "workspace", server.port)
        room.invite(READERS)
        arguments = ("send", "2016-05", "--list", "members", "--really", "--yes")
        process = room.popen(*arguments, "--unknown", "reconcile")
        for _ in range(4):
            target = server.log().count("queue active") + chance.randrange(30, 100)
            while process.poll() is None and server.log().count("queue active") < target:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.005)
            process.kill()
            process.communicate()
            process = room.popen("resume")
        process.communicate(timeout=240)
        unknown = {one for one, state in room.states().items() if state == "unknown"}

        told = room.run("reconcile", "1", "--maillog", str(server.maillog), ok=(0,)).stdout
        room.run("resume", ok=(0, 1))

        found = room.mailing()
        copies = _arrived(server, len(READERS))

    assert unknown
    assert all(address in told for address in unknown)
    assert "does not reach" not in told
    assert (found["accepted"], found["state"]) == (len(READERS), "finished")
    assert copies == dict.fromkeys(READERS, 1)


def _arrived(server: Postfix, count: int) -> Counter[str]:
    """Return the copies of each reader, once Postfix has filed what it took."""
    end, pause = monotonic() + 120, threading.Event()
    while len(found := server.messages()) < count and monotonic() < end:
        pause.wait(0.05)
    return Counter(parseaddr(str(message["To"]))[1] for message in found)


def test_the_log_of_another_server_settles_nothing(tmp_path: Path) -> None:
    lost = {READERS[0]: drop(takes=True)}
    with postfix() as other, scripted_server(Script(dot=lost)) as server:
        room = MailingRoom.furnish(tmp_path / "workspace", server.port)
        room.invite(READERS[:20])
        elsewhere = MailingRoom.furnish(tmp_path / "elsewhere", other.port)
        elsewhere.run("send", "2016-05", "--to", "before@town.example", ok=(0,))
        room.send("--unknown", "reconcile", ok=(4,))
        elsewhere.run("send", "2016-05", "--to", "after@town.example", ok=(0,))
        log = tmp_path / "mail.log"
        log.write_text(_spread(other.log()), encoding="utf-8")

        told = room.run("reconcile", "1", "--maillog", str(log), ok=(0,)).stdout

    assert told == f"{READERS[0]}  still unknown: the log is of another server\n"
    assert room.states()[READERS[0]] == "unknown"


def test_who_never_got_a_cancelled_mailing_is_skipped_and_not_queued_again(
    tmp_path: Path,
) -> None:
    with scripted_server(Script(dot=drop(takes=False))) as server:
        room = MailingRoom.furnish(tmp_path / "workspace", server.port)
        room.invite(READERS[:1])
        room.send("--unknown", "reconcile", ok=(4,))
    room.run("cancel", "1", ok=(0,))
    log = tmp_path / "mail.log"
    log.write_text(_spread(""), encoding="utf-8")

    told = room.run("reconcile", "1", "--maillog", str(log), ok=(0,)).stdout

    assert told == f"{READERS[0]}  skipped: it never arrived, and the mailing is cancelled\n"
    assert (room.mailing()["skipped"], room.mailing()["waiting"]) == (1, 0)


def _spread(log: str) -> str:
    """Return a log that also covers the hours around: its first and last line moved."""
    now = datetime.now(UTC)
    first, last = (
        f"{now + distance:%Y-%m-%dT%H:%M:%S+00:00} relay postfix/qmgr[1]: idle"
        for distance in (timedelta(hours=-1), timedelta(hours=1))
    )
    return f"{first}\n{log.rstrip()}\n{last}\n"
