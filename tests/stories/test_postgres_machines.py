"""One PostgreSQL for several machines: whoever is there goes on; a copy of the books asks."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgres import Postgres
from tests.stories.killing import MOST_IN_FLIGHT, SEND, check_nobody_is_lost, finish
from tests.stories.mailing_room import Books, MailingRoom, mail_server
from tests.stories.test_interruptions import READERS, _taken, _wait

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with mail_server(tmp_path, "--dot-delay", "0.1") as running:
        running.allow(20)
        yield running


@pytest.fixture
def url(postgres_server: Postgres) -> str:
    return postgres_server.create_database()


@pytest.fixture
def offices(tmp_path: Path, books: Books, url: str) -> list[MailingRoom]:
    """Two workspaces with nothing in common but the database."""
    rooms = [
        MailingRoom.furnish(tmp_path / name, books.port, sending="connections = 4", database=url)
        for name in ("The Hague", "Geneva")
    ]
    rooms[0].invite(READERS)
    return rooms


def _ended(worker: subprocess.Popen[str], *codes: int) -> None:
    out, err = worker.communicate(timeout=120)
    assert "Traceback" not in err, err
    assert worker.returncode in codes, out + err


def _begin_now(url: str) -> None:
    """Let what waits for its time begin."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE mailings SET starts = created")


def test_another_machine_goes_on_where_one_was_killed_and_asks_nothing(
    offices: list[MailingRoom], books: Books
) -> None:
    here, there = offices
    killed = here.popen(*SEND)
    _wait(_taken(books, 20))
    killed.kill()
    _ended(killed, -signal.SIGKILL)
    books.allow()

    finish(there)

    assert check_nobody_is_lost(here, books, READERS) <= MOST_IN_FLIGHT


def test_schedulers_of_two_machines_go_on_when_the_sender_of_one_is_killed(
    offices: list[MailingRoom], books: Books, url: str
) -> None:
    offices[0].send("--at", "2999-01-01T08:00", ok=(0,))
    _begin_now(url)
    schedulers = [one.popen("run") for one in offices]
    try:
        _wait(_taken(books, 20))
        # It is told by either, wherever it is.
        [at_work] = {tuple(one.mailing()["senders"]) for one in offices}
        for process in at_work:
            os.kill(process, signal.SIGKILL)
        books.allow()
        _wait(lambda: offices[1].mailing()["state"] == "finished")
    finally:
        for one in schedulers:
            one.send_signal(signal.SIGTERM)
            _ended(one, 143)

    assert at_work
    assert check_nobody_is_lost(offices[0], books, READERS) <= MOST_IN_FLIGHT


def test_a_copy_of_the_database_asks_before_it_sends(
    offices: list[MailingRoom], books: Books, url: str, postgres_server: Postgres
) -> None:
    here, there = offices
    here.send("--at", "2999-01-01T08:00", ok=(0,))
    _begin_now(url)
    books.allow()
    there.database = postgres_server.create_database(template=url.rpartition("/")[2])
    there.serve_by(books.port)

    refused = there.run("resume", ok=(1,))

    assert "another place" in refused.stderr
    assert books.lines == []
    here.run("resume", ok=(0,))
    assert books.copies == dict.fromkeys(READERS, 1)


def test_pause_and_cancel_reach_a_sender_on_another_machine(
    offices: list[MailingRoom], books: Books
) -> None:
    here, there = offices
    sender = here.popen(*SEND)
    _wait(_taken(books, 20))

    there.run("pause", ok=(0,))
    books.allow()
    _ended(sender, 4)
    there.run("cancel", "1", ok=(0,))

    found = there.mailing()
    assert (found["state"], found["waiting"], found["unknown"]) == ("cancelled", 0, 0)
    assert found["accepted"] == len(books.lines) < len(READERS)
