"""Senders killed again and again, and what must be true of the books afterwards."""

from __future__ import annotations

import random
import subprocess
from contextlib import suppress

from tests.stories.mailing_room import Books, MailingRoom

#: Connections at the start: few messages are in flight when a sender dies.
MOST_IN_FLIGHT = 64
#: How to send the issue for the first time.
SEND = ("send", "2016-05", "--list", "members", "--really", "--yes")


def addresses(count: int) -> list[str]:
    """Return so many readers in seven towns."""
    return [f"reader{number}@town{number % 7}.example" for number in range(count)]


def take_some_more(
    books: Books, workers: list[subprocess.Popen[str]], chance: random.Random, most: int
) -> bool:
    """Let the server take up to so many more; False: all workers have ended before that."""
    target = len(books.lines) + chance.randrange(1, most)
    # On a busy machine it would else be through before we look again.
    books.allow(target + 100)
    while len(books.lines) < target:
        running = [one for one in workers if one.poll() is None]
        if not running:
            return False
        with suppress(subprocess.TimeoutExpired):
            running[0].wait(chance.uniform(0.001, 0.02))
    return True


def finish(room: MailingRoom) -> None:
    """Resume until everybody has it."""
    room.run("resume", ok=(0, 1, 4))
    for _ in range(20):
        if room.mailing()["state"] == "finished":
            return
        room.run("resume", ok=(0, 4))
    raise AssertionError(room.mailing())


def check_nobody_is_lost(room: MailingRoom, books: Books, readers: list[str]) -> int:
    """Return how many copies there are too many; each is a recorded attempt of the same message."""
    copies, deliveries = books.copies, room.deliveries()
    assert set(copies) == set(readers)
    assert room.mailing()["accepted"] == len(readers)
    assert all(deliveries[one]["attempts"] >= count for one, count in copies.items())
    assert len(set(books.lines)) == len(copies), "one reader, two Message-IDs"
    return sum(copies.values()) - len(readers)
