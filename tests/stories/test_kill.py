"""Killed at any moment, any number of times: nobody is lost, and every copy is accounted for."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.stories.killing import (
    MOST_IN_FLIGHT,
    SEND,
    addresses,
    check_nobody_is_lost,
    finish,
    take_some_more,
)
from tests.stories.mailing_room import Books, MailingRoom, mail_server

READERS = 3000
KILLS = 24


def _killed_again_and_again(room: MailingRoom, books: Books, *more: str) -> int:
    """Send, kill and resume until the mailing is through; return the number of kills."""
    chance = random.Random(20160520)
    process, kills = room.popen(*SEND, *more), 0
    while kills < KILLS and take_some_more(books, [process], chance, 2 * READERS // KILLS):
        process.kill()
        process.communicate()
        kills += 1
        process = room.popen("resume")
    if process.poll() is None:
        process.kill()
        kills += 1
    process.communicate()
    books.allow()
    return kills


@pytest.fixture
def room_and_books(tmp_path: Path) -> object:
    with mail_server(tmp_path, "--dot-delay", "0.002") as books:
        room = MailingRoom.furnish(tmp_path / "workspace", books.port)
        room.invite(addresses(READERS))
        yield room, books


def test_killed_again_and_again_nobody_is_lost_and_each_copy_is_a_recorded_attempt(
    room_and_books: tuple[MailingRoom, Books],
) -> None:
    room, books = room_and_books

    kills = _killed_again_and_again(room, books)
    finish(room)

    assert kills >= 5
    assert check_nobody_is_lost(room, books, addresses(READERS)) <= kills * MOST_IN_FLIGHT


def test_with_the_policy_hold_nobody_gets_two_and_the_unknown_are_named(
    room_and_books: tuple[MailingRoom, Books],
) -> None:
    room, books = room_and_books

    _killed_again_and_again(room, books, "--unknown", "hold")
    last = room.run("resume", ok=(0, 4))

    copies, states = books.copies, room.states()
    assert max(copies.values()) == 1
    open_ones = {address for address, state in states.items() if state == "unknown"}
    assert {address for address in states if address not in copies} <= open_ones
    assert set(states.values()) <= {"accepted", "unknown"}
    assert {address for address, state in states.items() if state == "accepted"} <= set(copies)
    listed = room.run("unknown", "1", ok=(0,)).stdout
    assert all(address in listed for address in open_ones)
    assert last.returncode == (4 if open_ones else 0)
    assert room.mailing()["state"] == ("sending" if open_ones else "finished")


@pytest.fixture
def killed(room_and_books: tuple[MailingRoom, Books]) -> tuple[MailingRoom, Books]:
    """A mailing whose sender was killed with messages in flight, and that nobody has resumed."""
    room, books = room_and_books
    books.allow(50)
    process = room.popen(*SEND)
    while len(books.lines) < 50:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)
    process.kill()
    process.communicate()
    books.allow()
    return room, books


def test_who_was_in_flight_at_a_kill_is_named_before_anybody_resumes(
    killed: tuple[MailingRoom, Books],
) -> None:
    room, books = killed

    listed = room.run("unknown", "1", ok=(0,)).stdout.splitlines()

    found, states = room.mailing(), room.states()
    assert found["unknown"] == len(listed) > 0
    assert (found["in_flight"], found["claimed"]) == (0, 0)
    assert set(books.copies) <= {one for one, state in states.items() if state != "queued"}


def test_cancelled_after_a_kill_everybody_has_an_answer_and_nobody_is_written_to(
    killed: tuple[MailingRoom, Books],
) -> None:
    room, books = killed

    room.run("cancel", "1", ok=(0,))

    found = room.mailing()
    assert (found["state"], found["waiting"]) == ("cancelled", 0)
    assert found["unknown"] > 0
    again = room.run("unknown", "1", "--all", "again", ok=(1,))
    assert "cancelled: nobody is sent it again" in again.stderr
    room.run("unknown", "1", "--all", "skip", ok=(0,))
    assert room.mailing()["unknown"] == room.mailing()["waiting"] == 0
    assert len(books.lines) <= 50 + found["unknown"]
