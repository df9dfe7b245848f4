"""Interrupted in every way there is: what is in flight is finished, and the books balance."""

from __future__ import annotations

import re
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from tests.stories.mailing_room import Books, MailingRoom, mail_server

READERS = [f"reader{number}@town.example" for number in range(240)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A server that takes its time and stops at 20, so that there is something to interrupt."""
    with mail_server(tmp_path, "--dot-delay", "0.1") as running:
        running.allow(20)
        yield running


@pytest.fixture
def room(tmp_path: Path, books: Books) -> MailingRoom:
    furnished = MailingRoom.furnish(tmp_path / "workspace", books.port, sending="connections = 4")
    furnished.invite(READERS)
    return furnished


def _started(room: MailingRoom, *more: str) -> subprocess.Popen[str]:
    return room.popen("send", "2016-05", "--list", "members", "--really", "--yes", *more)


def _wait(until: Callable[[], bool], seconds: float = 120) -> None:
    end = monotonic() + seconds
    pause = subprocess.Popen(["sleep", str(seconds)])
    try:
        while not until():
            assert monotonic() < end, "it did not happen in time"
            try:
                pause.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
    finally:
        pause.kill()
        pause.wait()


def _taken(books: Books, count: int) -> Callable[[], bool]:
    return lambda: len(books.lines) >= count


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_what_is_in_flight_and_leaves_nothing_unknown(
    room: MailingRoom, books: Books, number: signal.Signals, code: int
) -> None:
    process = _started(room)
    _wait(_taken(books, 20))

    process.send_signal(number)
    books.allow()
    _, err = process.communicate(timeout=120)

    found = room.mailing()
    assert process.returncode == code, err
    assert found["unknown"] == found["in_flight"] == found["claimed"] == 0
    assert found["accepted"] == len(books.lines) < len(READERS)
    room.run("resume", ok=(0,))
    assert books.copies == dict.fromkeys(READERS, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_scheduler_at_work_ends_with_the_code_of_the_signal(
    room: MailingRoom, books: Books, number: signal.Signals, code: int
) -> None:
    room.send("--at", "2999-01-01T08:00", ok=(0,))
    with sqlite3.connect(_database(room)) as database:
        database.execute("UPDATE mailings SET starts = created")
    database.close()
    process = room.popen("run")
    _wait(_taken(books, 20))

    process.send_signal(number)
    books.allow()
    out, err = process.communicate(timeout=120)

    assert process.returncode == code, out + err
    assert f"interrupted by {number.name}" in out
    found = room.mailing()
    assert found["unknown"] == found["in_flight"] == 0
    assert found["accepted"] == len(books.lines)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_scheduler_that_has_sent_ends_with_the_code_of_the_signal(
    room: MailingRoom, books: Books, number: signal.Signals, code: int
) -> None:
    books.allow()
    room.send("--at", "2999-01-01T08:00", ok=(0,))
    with sqlite3.connect(_database(room)) as database:
        database.execute("UPDATE mailings SET starts = created")
    database.close()
    process = room.popen("run")
    assert process.stdout is not None
    assert "finished" in process.stdout.readline()

    process.send_signal(number)
    _, err = process.communicate(timeout=120)

    assert (process.returncode, err.splitlines()[-1:]) == (code, ["Interrupted."])


def test_pause_and_resume_from_another_terminal(room: MailingRoom, books: Books) -> None:
    process = _started(room)
    _wait(_taken(books, 20))

    room.run("pause", ok=(0,))
    books.allow()
    process.communicate(timeout=120)

    assert process.returncode == 4
    assert room.mailing()["state"] == "paused"
    assert room.mailing()["accepted"] == len(books.lines) < len(READERS)
    room.run("resume", ok=(0,))
    assert books.copies == dict.fromkeys(READERS, 1)


def test_cancel_stops_for_good_and_accounts_for_everybody(room: MailingRoom, books: Books) -> None:
    process = _started(room)
    _wait(_taken(books, 20))

    room.run("cancel", "1", ok=(0,))
    books.allow()
    process.communicate(timeout=120)

    found = room.mailing()
    assert (found["state"], found["waiting"], found["unknown"]) == ("cancelled", 0, 0)
    assert found["accepted"] == len(books.lines)
    assert found["skipped"] == len(READERS) - found["accepted"]
    room.run("resume", "1", ok=(1,))
    assert len(books.lines) == found["accepted"]


def test_two_sends_at_once_share_the_work_and_nobody_gets_two(
    room: MailingRoom, books: Books
) -> None:
    books.allow()
    one, two = _started(room), _started(room)
    results = [process.communicate(timeout=120) for process in (one, two)]

    room.run("resume", ok=(0, 1))

    assert books.copies == dict.fromkeys(READERS, 1), results
    assert {one.returncode, two.returncode} <= {0, 1, 4}


def test_two_resumes_at_once_share_the_work_and_nobody_gets_two(
    room: MailingRoom, books: Books
) -> None:
    first = _started(room)
    _wait(_taken(books, 20))
    second = room.popen("resume")
    books.allow()
    for process in (first, second):
        process.communicate(timeout=120)

    room.run("resume", ok=(0, 1))

    assert books.copies == dict.fromkeys(READERS, 1)
    assert room.mailing()["state"] == "finished"


def test_a_sender_stopped_past_its_lease_and_continued_sends_nothing_twice(
    room: MailingRoom, books: Books
) -> None:
    stopped = _started(room)
    _wait(_taken(books, 20))
    _stop_between_rounds(stopped, room)
    books.allow()
    other = room.run("resume", ok=(4,))

    stopped.send_signal(signal.SIGCONT)
    stopped.communicate(timeout=120)

    assert "unknown" not in set(room.states().values())
    assert other.returncode == 4
    room.run("resume", ok=(0, 1))
    assert books.copies == dict.fromkeys(READERS, 1)


def _stop_between_rounds(process: subprocess.Popen[str], room: MailingRoom) -> None:
    """Stop a sender that holds no lock, and let its lease of a minute run out."""
    while True:
        process.send_signal(signal.SIGSTOP)
        database = sqlite3.connect(_database(room), timeout=0.1)
        try:
            database.execute("UPDATE senders SET lease = 0")
            database.commit()
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
        else:
            return
        finally:
            database.close()


def test_who_unsubscribes_or_is_suppressed_during_the_run_is_not_written_to(
    room: MailingRoom, books: Books
) -> None:
    process = _started(room)
    _wait(_taken(books, 20))

    room.run("subscribers", "remove", READERS[-1], "--list", "members", "--yes", ok=(0,))
    books.allow()
    process.communicate(timeout=120)

    delivery = room.deliveries()[READERS[-1]]
    assert (delivery["state"], delivery["reason"]) == ("skipped", "unsubscribed")
    assert READERS[-1] not in books.copies
    assert room.mailing()["state"] == "finished"


def test_what_is_edited_after_the_start_changes_no_byte(
    room: MailingRoom, books: Books, tmp_path: Path
) -> None:
    process = _started(room)
    _wait(_taken(books, 20))
    process.send_signal(signal.SIGTERM)
    books.allow()
    process.communicate(timeout=120)
    before = _templates(room)
    issue = room.folder / "issues" / "2016-05" / "issue.toml"
    issue.write_text(issue.read_text(encoding="utf-8").replace("May", "June"), encoding="utf-8")
    settings = room.folder / "newsletter.toml"
    changed = settings.read_text(encoding="utf-8").replace("Library news", "Other news")
    settings.write_text(changed, encoding="utf-8")

    room.run("resume", ok=(0,))

    assert _templates(room) == before
    identifiers = {identifier.partition(".")[0] for _, identifier in books.lines}
    assert identifiers == {"<2016-05"}


def _templates(room: MailingRoom) -> list[tuple[object, ...]]:
    with sqlite3.connect(room.folder / "newsletter.db") as database:
        return [
            *database.execute("SELECT edition, template, fingerprint FROM mailing_editions"),
            *database.execute("SELECT address, personal, message_id FROM deliveries ORDER BY id"),
        ]


def _database(room: MailingRoom) -> Path:
    return room.folder / "newsletter.db"


def test_a_locked_database_stops_it_before_the_next_message(
    room: MailingRoom, books: Books
) -> None:
    process = _started(room)
    _wait(_taken(books, 20))
    lock = sqlite3.connect(_database(room), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    held = len(books.lines)
    books.allow()
    with suppress(subprocess.TimeoutExpired):
        # SQLite waits ten seconds for the lock, and as long again to write what is known
        # by then: released in the middle of these, on a busy machine too.
        process.wait(15)
    lock.execute("ROLLBACK")
    lock.close()
    _, err = process.communicate(timeout=120)

    assert process.returncode == 1
    assert "database is locked" in err
    found = room.mailing()
    assert found["unknown"] == 0
    assert held <= len(books.lines) == found["accepted"]
    room.run("resume", ok=(0, 1))
    assert books.copies == dict.fromkeys(READERS, 1)


def test_a_full_disk_stops_it_before_the_next_message_and_loses_nothing(
    room: MailingRoom, books: Books
) -> None:
    books.allow()
    limit = _database(room).stat().st_size + 1_200_000
    process = subprocess.Popen(
        [*room.command, "send", "2016-05", "--list", "members", "--really", "--yes"],
        cwd=Path(__file__).parents[2],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, err = process.communicate(timeout=120)

    assert "Traceback" not in err, err
    assert process.returncode == 1
    assert "cannot be written" in err
    room.run("resume", ok=(0, 1))
    copies = books.copies
    assert set(copies) == set(READERS)
    assert max(copies.values()) == 1


def test_a_database_taken_away_stops_it_before_the_next_message(
    room: MailingRoom, books: Books
) -> None:
    process = _started(room)
    _wait(_taken(books, 20))
    for path in room.folder.glob("newsletter.db*"):
        path.rename(path.with_name(f"away-{path.name}"))
    books.allow()

    process.wait(120)
    sent = len(books.lines)
    _, err = process.communicate(timeout=120)
    for path in room.folder.glob("away-newsletter.db*"):
        path.rename(path.with_name(path.name.removeprefix("away-")))
    told = re.search(r"(\d+) answers? could not be written", err)

    assert process.returncode == 1
    assert sent < len(READERS)
    assert told, err
    assert int(told[1]) == sent - room.mailing()["accepted"]
