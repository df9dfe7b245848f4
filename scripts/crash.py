"""Kill a real send again and again, and count: `python scripts/crash.py 100000 100 [FILE]`.

The server, a process of its own, writes down each message before it says that it has it.
With a FILE the result is written there.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from tests.stories.mailing_room import Books, MailingRoom, mail_server  # noqa: E402


def kill_again_and_again(room: MailingRoom, books: Books, readers: int, kills: int) -> int:
    """Send, kill and resume; return how many kills met a sender at work."""
    chance = random.Random(20160520)
    process = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    size_before, met = 0, 0
    for number in range(kills):
        # A line has about 60 bytes; reading all of them each time would take too long.
        target = (number + chance.uniform(0.2, 1.2)) * readers / (kills + 1) * 60
        while process.poll() is None and size_before < target:
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.001, 0.02))
            size_before = books.log.stat().st_size if books.log.exists() else 0
        met += process.poll() is None
        process.kill()
        process.communicate()
        process = room.popen("resume")
    process.communicate()
    return met


def main() -> None:
    """Run it and say what was lost, what came twice, and whether it was accounted for."""
    readers, kills = int(sys.argv[1]), int(sys.argv[2])
    people = [f"reader{number}@town{number % 97}.example" for number in range(readers)]
    with tempfile.TemporaryDirectory() as folder, mail_server(Path(folder)) as books:
        room = MailingRoom.furnish(Path(folder) / "workspace", books.port)
        room.invite(people)
        began = monotonic()
        met = kill_again_and_again(room, books, readers, kills)
        took = monotonic() - began
        room.run("resume", ok=(0, 1), seconds=600)
        copies, deliveries, mailing = books.copies, room.deliveries(), room.mailing()
        # Copies of one reader under another Message-ID would be a second pair.
        renamed = len(set(books.lines)) - len(copies)
    lost = readers - len(copies)
    extra = sum(copies.values()) - len(copies)
    unrecorded = sum(deliveries[one]["attempts"] < count for one, count in copies.items())
    told = (
        f"| readers | kill -9 | met at work | lost | extra copies | per kill | not recorded |"
        f" other Message-ID | balance | time |\n|{' --- |' * 10}\n"
        f"| {readers:,} | {kills} | {met} | {lost} | {extra} | {extra / max(met, 1):.1f} |"
        f" {unrecorded} | {renamed} | {mailing['accepted']:,} accepted of {mailing['planned']:,} |"
        f" {took:.0f} s |\n"
    )
    print(told)
    if len(sys.argv) > 3:
        Path(sys.argv[3]).write_text(
            "# Killed again and again\n\nMade by `make crash`"
            f" (`python scripts/crash.py {readers} {kills}`): the real command line, killed at"
            " random\nmoments, resumed each time; a server that writes down each message before"
            " it says\nthat it has it. *Not recorded* counts readers with more copies than the"
            " ledger has attempts;\n*other Message-ID* counts copies that a mail program could not"
            f" tell for copies.\n\n{told}",
            encoding="utf-8",
        )
    if lost or unrecorded or renamed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
