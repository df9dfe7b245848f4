"""A workspace that is ready to send, and the real command line run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-W", "error", "-m")

_SETTINGS = """
name = "Library news"
organisation = "Library"
postal_address = "1 Example Square, The Hague"
contact = "office@library.example"
website = "https://library.example/"

[mail]
sender = "Library news <news@library.example>"
"""

_ISSUE = """
subject = "News of May"
preheader = "Two pieces of news from the libraries, gathered for you this May, with their places"
intro = "Dear readers, here is the news."
date = 2016-05-31

[[sections]]
key = "news"
title = "News"

[[items]]
key = "workshop"
title = "A workshop for village librarians"
link = "https://library.example/workshop"
section = "news"
date = 2016-05-12
summary = "Forty librarians met for three days and planned the year."

[[items]]
key = "letter"
title = "Two libraries sign a letter of intent"
link = "https://library.example/letter"
section = "news"
date = 2016-05-20
summary = "They will lend to one another."
"""


@dataclass
class MailingRoom:
    """A workspace on disk; every command is a process of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    #: Its address; empty: the file that a workspace has by itself.
    database: str = ""

    @classmethod
    def furnish(
        cls, folder: Path, port: int, *, sending: str = "", database: str = ""
    ) -> MailingRoom:
        """Write a workspace with one issue that sends to a server on this machine."""
        (folder / "issues" / "2016-05").mkdir(parents=True)
        (folder / "issues" / "2016-05" / "issue.toml").write_text(_ISSUE, encoding="utf-8")
        settings = f"{_SETTINGS}\n[sending]\n{sending}\n"
        (folder / "newsletter.toml").write_text(settings, encoding="utf-8")
        room = cls(folder, database=database)
        room.serve_by(port)
        return room

    def serve_by(self, port: int) -> None:
        """Send to this port from now on."""
        kept = f"NEWSLETTER_DATABASE_URL={self.database}\n" if self.database else ""
        (self.folder / ".env").write_text(
            f"{kept}SMTP_HOST=127.0.0.1\nSMTP_PORT={port}\nSMTP_SECURITY=plain\n"
            "NEWSLETTER_SECRET=only-for-these-tests-and-long-enough\n",
            encoding="utf-8",
        )

    def invite(self, addresses: Sequence[str], mailing_list: str = "members") -> None:
        """Put these people on a list."""
        rows = "".join(f"{one},Reader {number},en\n" for number, one in enumerate(addresses))
        table = self.folder / "readers.csv"
        table.write_text(f"email,name,language\n{rows}", encoding="utf-8")
        self.run("subscribers", "import", str(table), "--list", mailing_list, "--really", ok=(0,))

    @property
    def command(self) -> list[str]:
        """Return how to call the command line here."""
        return [*PYTHON, "newsletter", "--workspace", str(self.folder)]

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **self.environment},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(
        self, *arguments: str, ok: Sequence[int] = (0, 1, 3, 4), seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.popen(*arguments)
        out, err = process.communicate(timeout=seconds)
        assert "Traceback" not in err, err
        assert process.returncode in ok, f"{arguments} -> {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def send(self, *more: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """Send the issue to the members."""
        return self.run("send", "2016-05", "--list", "members", "--really", "--yes", *more, **how)

    def mailing(self, number: int = 1) -> dict[str, Any]:
        """Return one mailing as `status --json` shows it."""
        shown = json.loads(self.run("status", "--json", ok=(0,)).stdout)
        [found] = [one for one in shown["mailings"] if one["id"] == number]
        assert isinstance(found, dict)
        assert found["planned"] == (
            found["accepted"]
            + found["refused"]
            + found["skipped"]
            + found["unknown"]
            + found["deferred"]
            + found["waiting"]
        )
        return found

    def deliveries(self, number: int = 1) -> dict[str, dict[str, Any]]:
        """Return every delivery of a mailing by address, as `deliveries --json` shows it."""
        shown = json.loads(self.run("deliveries", str(number), "--json", ok=(0,)).stdout)
        return {one["address"]: one for one in shown["deliveries"]}

    def states(self, number: int = 1) -> dict[str, str]:
        """Return the state of every delivery by address."""
        return {address: one["state"] for address, one in self.deliveries(number).items()}


@dataclass(frozen=True)
class Books:
    """What a server in a process of its own has taken, written before it said so."""

    port: int
    log: Path

    @property
    def gate(self) -> Path:
        """Return the file that says how many messages the server may take."""
        return self.log.with_suffix(".gate")

    def allow(self, count: int = 1_000_000) -> None:
        """Let the server take so many messages in all, and then wait with its answers."""
        new = self.gate.with_suffix(".new")
        new.write_text(str(count), encoding="utf-8")
        new.replace(self.gate)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Return recipient and Message-ID of every message, in order."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [
            (recipient, identifier) for recipient, identifier in map(str.split, text.splitlines())
        ]

    @property
    def copies(self) -> Counter[str]:
        """Return how many copies each recipient got."""
        return Counter(recipient for recipient, _ in self.lines)


@contextmanager
def mail_server(folder: Path, *arguments: str) -> Iterator[Books]:
    """Run a scripted server as a process of its own."""
    log = folder / "server.log"
    gate = Books(0, log).gate
    Books(0, log).allow()
    process = subprocess.Popen(
        [*PYTHON, "tests.servers.scripted", "--log", log, "--gate", gate, *arguments],
        cwd=CHECKOUT,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield Books(int(process.stdout.readline()), log)
    finally:
        process.kill()
        process.communicate()
