"""Several senders on one PostgreSQL: killed, stopped, or left without their server."""

from __future__ import annotations

import random
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgres import Mode, Postgres, postgres
from tests.stories.killing import (
    MOST_IN_FLIGHT,
    SEND,
    addresses,
    check_nobody_is_lost,
    finish,
    take_some_more,
)
from tests.stories.mailing_room import Books, MailingRoom, mail_server
from tests.stories.test_interruptions import (  # noqa: F401 - these are true here, too
    READERS,
    _taken,
    _wait,
    test_cancel_stops_for_good_and_accounts_for_everybody,
    test_pause_and_resume_from_another_terminal,
    test_two_sends_at_once_share_the_work_and_nobody_gets_two,
    test_who_unsubscribes_or_is_suppressed_during_the_run_is_not_written_to,
)
from tests.stories.test_shared_limits import (  # noqa: F401 - these, too
    furnish,
    test_two_processes_have_no_more_connections_than_one_may,
    test_two_processes_have_no_more_under_way_to_a_domain_than_one_may,
    test_two_processes_send_no_more_in_an_hour_than_one_may,
    test_two_processes_with_one_connection_take_turns,
)

WORKERS = 4
KILLS = 16
MANY = addresses(2000)


@pytest.fixture(scope="module")
def server(postgres_binaries: Path) -> Iterator[Postgres]:
    """A server that writes to the disk what it says is written."""
    with postgres(postgres_binaries, fsync=True) as running:
        yield running


@pytest.fixture
def url(server: Postgres) -> str:
    return server.create_database()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A server that takes its time and stops at 20, so that there is something to interrupt."""
    with mail_server(tmp_path, "--dot-delay", "0.1") as running:
        running.allow(20)
        yield running


@pytest.fixture
def room(tmp_path: Path, books: Books, url: str) -> MailingRoom:
    furnished = MailingRoom.furnish(
        tmp_path / "workspace", books.port, sending="connections = 4", database=url
    )
    furnished.invite(READERS)
    return furnished


def _ended(workers: list[subprocess.Popen[str]], *codes: int) -> list[str]:
    """Wait for the workers; return what they complained of."""
    ends = [(one.communicate(timeout=120), one.returncode) for one in workers]
    assert not [err for (_, err), _ in ends if "Traceback" in err], ends
    assert {code for _, code in ends} <= set(codes), ends
    return [err for (_, err), _ in ends]


def test_four_senders_killed_at_random_lose_nobody_and_each_copy_is_a_recorded_attempt(
    tmp_path: Path, url: str
) -> None:
    chance = random.Random(20160521)
    with mail_server(tmp_path, "--dot-delay", "0.005") as taken:
        room = MailingRoom.furnish(tmp_path / "workspace", taken.port, database=url)
        room.invite(MANY)
        taken.allow(1)
        workers = [room.popen(*SEND)]
        _wait(_taken(taken, 1))
        workers += [room.popen("resume") for _ in range(WORKERS - 1)]

        kills = 0
        while kills < KILLS and take_some_more(taken, workers, chance, 2 * len(MANY) // KILLS):
            victim = workers.pop(chance.randrange(len(workers)))
            victim.kill()
            _ended([victim], -signal.SIGKILL, 0, 1, 4)
            kills += victim.returncode == -signal.SIGKILL
            workers.append(room.popen("resume"))
        taken.allow()
        _ended(workers, 0, 1, 4)
        finish(room)

        assert kills >= KILLS // 2
        assert check_nobody_is_lost(room, taken, MANY) <= kills * MOST_IN_FLIGHT


def test_a_sender_stopped_past_its_lease_and_continued_sends_nothing_twice(
    room: MailingRoom,
    books: Books,
    url: str,
) -> None:
    stopped = room.popen(*SEND)
    _wait(_taken(books, 20))
    _stop_between_rounds(stopped, url)
    books.allow()
    room.run("resume", ok=(4,))

    stopped.send_signal(signal.SIGCONT)
    _ended([stopped], 0, 4)

    assert "unknown" not in set(room.states().values())
    room.run("resume", ok=(0, 1))
    assert books.copies == dict.fromkeys(READERS, 1)


def _stop_between_rounds(process: subprocess.Popen[str], url: str) -> None:
    """Stop a sender that holds no lock, and let its lease of a minute run out."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '100ms'")
        while True:
            process.send_signal(signal.SIGSTOP)
            try:
                connection.execute("UPDATE senders SET lease = 0")
            except psycopg.errors.LockNotAvailable:
                process.send_signal(signal.SIGCONT)
            else:
                return


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_is_restarted_in_the_middle_loses_nobody_and_nothing_twice_unrecorded(
    room: MailingRoom,
    books: Books,
    server: Postgres,
    mode: Mode,
) -> None:
    workers = [room.popen(*SEND)]
    _wait(_taken(books, 20))
    workers.append(room.popen("resume"))
    books.allow(60)
    _wait(_taken(books, 60))

    server.restart(mode)
    books.allow()
    complaints = _ended(workers, 0, 1, 4)
    finish(room)

    assert all(_is_a_line_and_a_hint(told) for told in complaints if "Error:" in told), complaints
    assert check_nobody_is_lost(room, books, READERS) <= 2 * MOST_IN_FLIGHT


def test_a_server_that_is_gone_stops_the_sender_before_the_next_message(
    room: MailingRoom,
    books: Books,
    server: Postgres,
) -> None:
    sender = room.popen(*SEND)
    _wait(_taken(books, 20))
    server.stop()
    try:
        books.allow()
        [complaint] = _ended([sender], 1)
        sent = len(books.lines)
    finally:
        server.start()
    lost = re.search(r"(\d+) answers? could not be written", complaint)

    assert sent < len(READERS)
    assert _is_a_line_and_a_hint(complaint), complaint
    assert lost, complaint
    finish(room)
    # Fewer where the answer to the last COMMIT was lost with the server: it was written then.
    assert check_nobody_is_lost(room, books, READERS) <= int(lost[1])


def test_senders_that_are_killed_after_the_server_was_restarted_lose_nobody(
    room: MailingRoom,
    books: Books,
    server: Postgres,
) -> None:
    workers = [room.popen(*SEND)]
    _wait(_taken(books, 20))
    workers.append(room.popen("resume"))
    books.allow(60)
    _wait(_taken(books, 60))
    server.restart("immediate")
    books.allow(120)
    _wait(lambda: len(books.lines) >= 120 or all(one.poll() is not None for one in workers))

    for one in workers:
        one.kill()
    _ended(workers, -signal.SIGKILL, 0, 1, 4)
    books.allow()
    finish(room)

    assert check_nobody_is_lost(room, books, READERS) <= 2 * MOST_IN_FLIGHT


def test_a_sender_stopped_in_the_middle_of_a_round_keeps_nobody_waiting(
    room: MailingRoom,
    books: Books,
    url: str,
) -> None:
    stopped = room.popen(*SEND)
    _wait(_taken(books, 20))
    _stop_in_a_round(stopped, url, books)
    room.run("pause", ok=(0,))
    assert room.mailing()["state"] == "paused"
    books.allow()

    room.run("resume", ok=(0, 1, 4))
    stopped.send_signal(signal.SIGCONT)
    complaints = _ended([stopped], 0, 1, 4)
    finish(room)

    assert all(_is_a_line_and_a_hint(told) for told in complaints if "Error:" in told), complaints
    assert check_nobody_is_lost(room, books, READERS) <= MOST_IN_FLIGHT


def _stop_in_a_round(process: subprocess.Popen[str], url: str, books: Books) -> None:
    """Stop a sender while the server works for it: it holds its rows, and never says COMMIT."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE delivery_events IN ACCESS EXCLUSIVE MODE")
        books.allow(40)
        with psycopg.connect(url, autocommit=True) as other:
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            _wait(lambda: other.execute(waits).fetchone() is not None)
        process.send_signal(signal.SIGSTOP)


def _is_a_line_and_a_hint(told: str) -> bool:
    errors = [line for line in told.splitlines() if line.startswith("Error: ")]
    hints = [line for line in told.splitlines() if line.startswith("Hint: ")]
    return len(errors) == len(hints) == 1
