"""Readers leave by the link in their mail: real server, real mail, while a send is running too."""

from __future__ import annotations

import email
import email.policy
import http.client
import json
import mailbox
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import dkim
import pytest

from newsletter.workflow.receiver import receiver
from tests.stories.mailing_room import Books, MailingRoom, mail_server

PAGE = "https://news.library.example/unsubscribe/"
READERS = [f"reader{number}@town.example" for number in range(60)]
FORM = "application/x-www-form-urlencoded"
ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Server:
    """A running `newsletter serve`, as the web server in front of it reaches it."""

    port: int

    def ask(self, method: str, url: str, body: str = "", kind: str = FORM) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Host": "news.library.example", **({"Content-Type": kind} if body else {})}
            connection.request(method, urlsplit(url).path, body=body or None, headers=headers)
            got = connection.getresponse()
            named = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, named, got.read().decode("utf-8"))
        finally:
            connection.close()


@contextmanager
def serving(room: MailingRoom) -> Iterator[Server]:
    process = room.popen("serve", "--port", "0")
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"Listening on http://127\.0\.0\.1:(\d+)/ until Ctrl-C\.\n", line)
        assert found, line + process.stderr.read()
        yield Server(int(found[1]))
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    assert process.returncode == 143


def furnished(folder: Path, port: int) -> MailingRoom:
    room = MailingRoom.furnish(folder / "workspace", port, sending="connections = 4")
    settings = room.folder / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'unsubscribe_url = "{PAGE}"\n{text}', encoding="utf-8")
    return room


def shown(room: MailingRoom, address: str) -> tuple[str, str]:
    person = json.loads(room.run("subscribers", "show", address, "--json", ok=(0,)).stdout)
    (one,) = person["subscriptions"]
    return one["status"], one["how"]


def links(room: MailingRoom) -> dict[str, str]:
    """Return the link that was frozen for each reader."""
    with sqlite3.connect(room.folder / "newsletter.db") as database:
        rows = database.execute("SELECT address, personal FROM deliveries").fetchall()
    database.close()
    return {address: json.loads(personal)["unsubscribe_url"] for address, personal in rows}


def wait(until: Callable[[], bool], seconds: float = 120) -> None:
    end = monotonic() + seconds
    with subprocess.Popen(["sleep", str(seconds)]) as pause:
        while not until():
            assert monotonic() < end, "it did not happen in time"
            try:
                pause.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
        pause.kill()


def test_a_reader_leaves_with_the_button_of_the_mail_program_and_comes_back(
    tmp_path: Path,
) -> None:
    with receiver(tmp_path / "received") as post:
        room = furnished(tmp_path, post.port)
        record = _signed(room)
        room.invite(["ana@town.example", "bo@town.example"])
        room.send(ok=(0,))
    url = _link(_arrived(tmp_path / "received", "ana@town.example"), record)

    with serving(room) as server:
        for _ in range(10):  # the security programs of the reader's employer
            assert server.ask("GET", url).status == 200
            assert server.ask("HEAD", url).status == 200
        assert shown(room, "ana@town.example")[0] == "confirmed"

        answer = server.ask("POST", url, ONE_CLICK)

        assert answer.status == 200
        assert not {"location", "set-cookie"} & set(answer.headers)
        assert shown(room, "ana@town.example") == ("unsubscribed", "left by one-click")
        assert shown(room, "bo@town.example")[0] == "confirmed"
        _next_issue(room)
        plan = room.run("send", "2016-06", "--list", "members", ok=(0,)).stdout
        assert "2016-06 to members: 1 reader\n" in plan
        assert "unsubscribed" in plan
        assert "You are subscribed again" in server.ask("POST", url, "wish=back").text
        assert shown(room, "ana@town.example") == ("confirmed", "came back by the page")


def _signed(room: MailingRoom) -> str:
    """Sign everything from now on; return the record that the DNS would have."""
    made = room.run("dkim", "new", "--domain", "library.example", ok=(0,)).stdout
    with (room.folder / "newsletter.toml").open("a", encoding="utf-8") as settings:
        settings.write(made.partition("For newsletter.toml:\n")[2])
    record = re.search(r"^Content: (.*)$", made, re.MULTILINE)
    assert record
    return record[1]


def _arrived(folder: Path, address: str) -> bytes:
    """Return a reader's message as it came, without the two lines that the receiver added."""
    inbox = mailbox.Maildir(folder)
    (key,) = [one for one in inbox.iterkeys() if inbox[one]["Delivered-To"] == address]
    return inbox.get_bytes(key).split(b"\r\n", 2)[2]


def _link(message: bytes, record: str) -> str:
    """Return the link of a message, after all that RFC 8058 asks of the message."""
    read = email.message_from_bytes(message, policy=email.policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(https://[^>]+)>,\s*<(mailto:[^>]+)>", str(read["List-Unsubscribe"]))
    assert found, read["List-Unsubscribe"]
    assert found[1].startswith(PAGE)
    assert "ana" not in found[1]
    assert dkim.verify(message, dnsfunc=lambda *_, **__: record.encode())
    covered = re.search(r"\bh=([^;]+);", re.sub(r"\s", "", str(read["DKIM-Signature"])))
    assert covered
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(covered[1].lower().split(":"))
    for kind in ("plain", "html"):
        part = read.get_body((kind,))
        assert part is not None
        assert found[1] in part.get_content()
    return found[1]


def _next_issue(room: MailingRoom) -> None:
    old, new = (room.folder / "issues" / month / "issue.toml" for month in ("2016-05", "2016-06"))
    new.parent.mkdir()
    new.write_text(old.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A mail server that stops at 20, so that there is something to leave before."""
    with mail_server(tmp_path, "--dot-delay", "0.1") as running:
        running.allow(20)
        yield running


@pytest.fixture
def room(tmp_path: Path, books: Books) -> MailingRoom:
    made = furnished(tmp_path, books.port)
    made.invite(READERS)
    return made


def test_who_leaves_while_the_issue_is_on_its_way_does_not_get_it_any_more(
    room: MailingRoom, books: Books
) -> None:
    sending = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    wait(lambda: len(books.lines) >= 20)
    own, waiting = links(room), READERS[40:]

    with serving(room) as server, ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda one: server.ask("POST", own[one], ONE_CLICK), waiting * 2))
        # One of them has clicked by mistake.
        back = server.ask("POST", own[waiting[0]], "wish=back")
    books.allow()
    sending.communicate(timeout=120)

    assert {one.status for one in (*answers, back)} == {200}
    found = room.deliveries()
    assert {found[one]["state"] for one in waiting[1:]} == {"skipped"}
    assert {found[one]["reason"] for one in waiting[1:]} == {"unsubscribed"}
    assert books.copies == dict.fromkeys([*READERS[:40], waiting[0]], 1)
    assert room.mailing()["state"] == "finished"
    assert _leaves(room) == len(waiting)


def _leaves(room: MailingRoom) -> int:
    with sqlite3.connect(room.folder / "newsletter.db") as database:
        ((count,),) = database.execute(
            "SELECT COUNT(*) FROM events WHERE kind = 'unsubscribed' AND note = 'left by one-click'"
        ).fetchall()
    database.close()
    return int(count)


def test_resume_skips_who_left_meanwhile(room: MailingRoom, books: Books) -> None:
    sending = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    wait(lambda: len(books.lines) >= 20)
    sending.send_signal(signal.SIGTERM)
    books.allow()
    sending.communicate(timeout=120)

    with serving(room) as server:
        assert server.ask("POST", links(room)[READERS[-1]], "wish=leave").status == 200
    room.run("resume", ok=(0,))

    assert room.deliveries()[READERS[-1]]["state"] == "skipped"
    assert shown(room, READERS[-1]) == ("unsubscribed", "left by the page")
    assert books.copies == dict.fromkeys(READERS[:-1], 1)


def test_a_locked_store_is_told_and_nothing_is_lost(room: MailingRoom, books: Books) -> None:
    books.allow()
    room.send(ok=(0,))
    url = links(room)[READERS[0]]

    with serving(room) as server:
        lock = sqlite3.connect(room.folder / "newsletter.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        # Looking needs no lock; writing waits as long as it may.
        assert server.ask("GET", url).status == 200
        answer = server.ask("POST", url, ONE_CLICK)
        lock.execute("ROLLBACK")
        lock.close()

        assert (answer.status, answer.headers["retry-after"]) == (503, "60")
        assert shown(room, READERS[0])[0] == "confirmed"
        assert server.ask("POST", url, ONE_CLICK).status == 200
    assert shown(room, READERS[0])[0] == "unsubscribed"


def test_a_test_to_oneself_carries_the_link_of_a_sample(tmp_path: Path) -> None:
    with receiver(tmp_path / "received") as post:
        room = furnished(tmp_path, post.port)
        room.invite(["ana@town.example"])
        room.run("send", "2016-05", "--to", "ana@town.example", "--really", "--yes", ok=(0,))
    (message,) = mailbox.Maildir(tmp_path / "received")

    assert f"<{PAGE}sample>" in message["List-Unsubscribe"]
    with serving(room) as server:
        assert server.ask("POST", f"{PAGE}sample", ONE_CLICK).status == 200
    assert shown(room, "ana@town.example")[0] == "confirmed"


def test_without_the_setting_messages_promise_no_page(tmp_path: Path) -> None:
    with receiver(tmp_path / "received") as post:
        room = MailingRoom.furnish(tmp_path / "workspace", post.port)
        room.invite(["ana@town.example"])
        room.send(ok=(0,))
    (message,) = mailbox.Maildir(tmp_path / "received")

    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Unsubscribe"].startswith("<mailto:")


def test_check_tells_of_a_page_that_does_not_answer(tmp_path: Path) -> None:
    room = furnished(tmp_path, 25)
    settings = room.folder / "newsletter.toml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        closed = f"https://127.0.0.1:{taken.getsockname()[1]}/unsubscribe/"
        text = settings.read_text(encoding="utf-8").replace(PAGE, closed)
        settings.write_text(text, encoding="utf-8")
        said = room.run("check", "2016-05", ok=(0,)).stdout

    assert "warning unsubscribe-page: it does not answer" in said
    assert f"page '{closed}sample'" in said


def test_a_server_that_cannot_begin_says_why(tmp_path: Path) -> None:
    room = furnished(tmp_path, 25)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = room.run("serve", "--port", port, ok=(1,)).stderr
    assert f"Error: cannot listen on '127.0.0.1', port {port}: Address already in use" in said
    assert "--port" in said

    (room.folder / ".env").write_text("", encoding="utf-8")
    assert "Error: NEWSLETTER_SECRET is empty" in room.run("serve", ok=(1,)).stderr
