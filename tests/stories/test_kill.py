"""Killed at any moment, any number of times: nobody is lost, and every copy is accounted for."""

from __future__ import annotations

import random
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.stories.mailing_room import Books, MailingRoom, mail_server

READERS = 3000
KILLS = 24
#: Connections at the start: few messages are in flight when a sender dies.
MOST_IN_FLIGHT = 64


def _addresses(count: int) -> list[str]:
    return [f"reader{number}@town{number % 7}.example" for number in range(count)]


def _killed_again_and_again(room: MailingRoom, books: Books, *more: str) -> int:
    """Send, kill and resume until the mailing is through; return the number of kills."""
    chance = random.Random(20160520)
    start = ("send", "2016-05", "--list", "members", "--really", "--yes", *more)
    process, kills = room.popen(*start), 0
    while kills < KILLS:
        target = len(books.lines) + chance.randrange(1, 2 * READERS // KILLS)
        # On a busy machine it would else be through before we look again.
        books.allow(target + 100)
        while process.poll() is None and len(books.lines) < target:
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.001, 0.02))
        if process.poll() is not None:
            process.communicate()
            break
        process.kill()
        process.communicate()
        kills += 1
        process = room.popen("resume")
    else:
        process.kill()
        process.communicate()
        kills += 1
    books.allow()
    return kills


@pytest.fixture
def room_and_books(tmp_path: Path) -> object:
    with mail_server(tmp_path, "--dot-delay", "0.002") as books:
        room = MailingRoom.furnish(tmp_path / "workspace", books.port)
        room.invite(_addresses(READERS))
        yield room, books


def test_killed_again_and_again_nobody_is_lost_and_each_copy_is_a_recorded_attempt(
    room_and_books: tuple[MailingRoom, Books],
) -> None:
    room, books = room_and_books

    kills = _killed_again_and_again(room, books)
    room.run("resume", ok=(0, 1, 4))
    for _ in range(20):
        if room.mailing()["state"] == "finished":
            break
        room.run("resume", ok=(0, 4))

    copies, deliveries = books.copies, room.deliveries()
    assert kills >= 5
    assert set(copies) == set(_addresses(READERS))
    assert room.mailing()["accepted"] == READERS
    extra = sum(copies.values()) - READERS
    assert extra <= kills * MOST_IN_FLIGHT
    assert all(deliveries[one]["attempts"] >= count for one, count in copies.items())
    identifiers = {recipient: {named} for recipient, named in books.lines}
    assert all(identifiers[recipient] == {named} for recipient, named in books.lines)


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
