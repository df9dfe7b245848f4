"""Orders from another terminal are answered at once, also where the database is held."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.stories.mailing_room import Books, MailingRoom, mail_server

READERS = [f"reader{number}@town.example" for number in range(600)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A server that takes a while for each message."""
    with mail_server(tmp_path, "--dot-delay", "0.05") as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, books: Books) -> MailingRoom:
    furnished = MailingRoom.furnish(tmp_path / "workspace", books.port, sending="connections = 4")
    furnished.invite(READERS)
    return furnished


@contextmanager
def _stopped_while_it_writes(room: MailingRoom) -> Iterator[subprocess.Popen[str]]:
    """Start a sender, and stop it in the middle of a transaction."""
    sender = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    end = monotonic() + 120
    try:
        while not _is_held(room):
            assert monotonic() < end
            assert sender.poll() is None, "it was through before it could be stopped"
            sender.send_signal(signal.SIGCONT)
            with pytest.raises(subprocess.TimeoutExpired):
                sender.wait(0.003)
            sender.send_signal(signal.SIGSTOP)
        yield sender
    finally:
        sender.kill()
        sender.communicate()


def _is_held(room: MailingRoom) -> bool:
    with closing(
        sqlite3.connect(room.folder / "newsletter.db", timeout=0, isolation_level=None)
    ) as database:
        at_work = 0
        try:
            # Only once it is at work: preparing is nothing that can be paused.
            [at_work] = database.execute(
                "SELECT COUNT(*) FROM deliveries WHERE state = 'in_flight'"
            ).fetchone()
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return "locked" in str(error) and bool(at_work)
        return False


def test_a_pause_is_taken_while_a_stopped_process_holds_the_database(
    room: MailingRoom, books: Books
) -> None:
    with _stopped_while_it_writes(room) as sender:
        paused = room.run("pause", ok=(0,))
        shown = room.run("status", ok=(0,)).stdout
        refused = room.run("resume", ok=(1,))
        before = len(books.lines)

        sender.send_signal(signal.SIGCONT)
        _, err = sender.communicate(timeout=120)

    assert f"by process {sender.pid}, which was stopped" in paused.stderr
    assert f"kill -CONT {sender.pid}" in paused.stderr
    assert "to be paused" in shown
    assert f"by process {sender.pid}, which was stopped" in refused.stderr
    assert sender.returncode == 4, err
    found = room.mailing()
    assert (found["state"], found["reason"]) == ("paused", "paused by a person")
    # What it had in hand may still have gone: a tenth of a second passes until it looks.
    assert before <= found["accepted"] == len(books.lines) < len(READERS)
    assert not list(room.folder.glob(".order-*"))
    room.run("resume", ok=(0,))
    assert books.copies == dict.fromkeys(READERS, 1)


def test_a_cancellation_is_kept_though_the_process_that_held_the_database_is_killed(
    room: MailingRoom, books: Books
) -> None:
    with _stopped_while_it_writes(room):
        cancelled = room.run("cancel", "1", ok=(0,))

    room.run("run", "--once", ok=(0,))

    assert "is to be cancelled" in cancelled.stdout
    found = room.mailing()
    assert (found["state"], found["waiting"]) == ("cancelled", 0)
    assert found["accepted"] + found["skipped"] + found["unknown"] == len(READERS)


def test_an_order_of_a_mailing_that_is_no_more_is_not_obeyed_by_another(
    room: MailingRoom, books: Books
) -> None:
    (room.folder / ".order-1").write_text("cancelled 1464000000000\n", encoding="ascii")

    room.send(ok=(0,))

    assert room.mailing()["accepted"] == len(READERS)
