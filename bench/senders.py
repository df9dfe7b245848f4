"""Ways to send one newsletter to many: ours, Postfix's own tool, and what others use.

Each gets the same message of 45 KB, HTML and text, with the reader's name and address in it,
and is set up as its documentation says.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from bench.compare_start import in_checkout, newsletter

Port = Callable[[], int]
Prepare = Callable[[Path], Sequence[str] | None]
SIZE_BYTES = 45_000
CONNECTIONS = 16
_ISSUE = "2016-05"
_SETTINGS = """
name = "Library news"
organisation = "Library"
postal_address = "1 Example Square, The Hague"
contact = "office@library.example"
website = "https://library.example/"
[mail]
sender = "Library news <news@library.example>"
[sending]
connections = {connections}
messages_per_connection = 10000
"""
_HEAD = """
subject = "News of May"
preheader = "Many pieces of news from the libraries, gathered for you this May, with their places"
intro = "Dear readers, here is the news of May."
date = 2016-05-31
[[sections]]
key = "news"
title = "News"
"""
_ITEM = """
[[items]]
key = "item{number}"
title = "Workshop number {number} for village librarians"
link = "https://library.example/news/2016/05/workshop-{number}"
section = "news"
date = 2016-05-{day:02}
summary = "{summary}"
"""
_SUMMARY = (
    "Forty librarians from eleven villages met for three days, read one another's plans, "
    "and agreed on what each library does this year and how they tell it to their readers. "
)
_FREEZE = """
import sys
from datetime import UTC, datetime
from newsletter import workspace
from newsletter.workflow.prepare import Order, prepare
prepare(workspace.find("."), Order({issue!r}, ("members",)), now=datetime.now(UTC))
"""
_ONE_MESSAGE = """
from newsletter.store.mailings import Mailings
from newsletter.model.message import MessageTemplate
from newsletter import workspace
with workspace.find(".").open_store(create=False) as store:
    [frozen] = Mailings(store).editions(1).values()
template = MessageTemplate.from_bytes(frozen)
links = {"url": "https://library.example/x", "mailto": "mailto:leave@library.example"}
values = {name: links.get(name.rpartition("_")[2], "x") for name in template.places}
values["address"] = "reader@example.net"
from email import message_from_bytes, policy
message = message_from_bytes(template.fill(values), policy=policy.default)
for kind in ("html", "plain"):
    with open("message." + kind, "w", encoding="utf-8") as file:
        file.write(message.get_body((kind,)).get_content())
"""


def ours(messages: int, port: Port, connections: int = CONNECTIONS) -> Prepare:
    """Return how to set up `newsletter resume` on a mailing that is frozen and not begun."""

    def prepare(folder: Path) -> Sequence[str]:
        shutil.copytree(_frozen(messages, connections), folder, dirs_exist_ok=True)
        (folder / ".env").write_text(
            f"SMTP_HOST=127.0.0.1\nSMTP_PORT={port()}\nSMTP_SECURITY=plain\n"
            "NEWSLETTER_SECRET=only-for-the-bench-and-long-enough\n",
            encoding="utf-8",
        )
        return newsletter("--workspace", ".", "resume", "--yes")

    return prepare


def smtp_source(messages: int, port: Port) -> Prepare:
    """Return how to run Postfix's load generator: kept sessions, nothing remembered."""

    def prepare(_: Path) -> Sequence[str] | None:
        found = shutil.which("smtp-source", path=f"{os.environ['PATH']}:/usr/sbin")
        if found is None:
            return None
        load = ["-d", "-s", str(CONNECTIONS), "-l", str(SIZE_BYTES), "-m", str(messages)]
        addresses = ["-f", "news@library.example", "-t", "reader@example.net"]
        return [found, *load, *addresses, f"127.0.0.1:{port()}"]

    return prepare


def nodemailer(messages: int, port: Port) -> Prepare:
    """Return how to run nodemailer with its pool."""

    def prepare(folder: Path) -> Sequence[str] | None:
        node, installed = shutil.which("node"), _nodemailer()
        if node is None or installed is None:
            return None
        _write_message(folder)
        (folder / "node_modules").symlink_to(installed)
        script = Path(__file__).with_name("nodemailer.js").read_text(encoding="utf-8")
        (folder / "send.js").write_text(script, encoding="utf-8")
        return [node, "send.js", str(port()), str(messages), str(CONNECTIONS)]

    return prepare


def mailmerge(messages: int, port: Port) -> Prepare:
    """Return how to run mailmerge over its table of readers."""

    def prepare(folder: Path) -> Sequence[str] | None:
        found = Path(sys.executable).with_name("mailmerge")
        if not found.is_file():
            return None
        html, plain = _message()
        (folder / "mailmerge_template.txt").write_text(
            "TO: {{email}}\nSUBJECT: News of May\nFROM: Library news <news@library.example>\n"
            'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="part"\n\n'
            f"--part\nContent-Type: text/plain; charset=utf-8\n\nDear {{{{name}}}},\n{plain}\n"
            f"--part\nContent-Type: text/html; charset=utf-8\n\n{_personal(html)}\n--part--\n",
            encoding="utf-8",
        )
        (folder / "mailmerge_server.conf").write_text(
            f"[smtp_server]\nhost = 127.0.0.1\nport = {port()}\n", encoding="utf-8"
        )
        rows = "".join(f"reader{n}@example.net,Reader {n}\n" for n in range(messages))
        (folder / "mailmerge_database.csv").write_text(f"email,name\n{rows}", encoding="utf-8")
        return [str(found), "--no-dry-run", "--no-limit"]

    return prepare


def django_mailer(messages: int, port: Port) -> Prepare:
    """Return how to run django-mailer over a queue that is filled already."""

    def prepare(folder: Path) -> Sequence[str] | None:
        if find_spec("mailer") is None:
            return None
        _write_message(folder)
        script = Path(__file__).with_name("django_mailer_run.py")
        command = [sys.executable, str(script), str(port())]
        subprocess.run([*command, "fill", str(messages)], cwd=folder, check=True)
        return [*command, "send"]

    return prepare


def emails(messages: int, port: Port) -> Prepare:
    """Return how to run the package emails with its templates and a kept connection."""

    def prepare(folder: Path) -> Sequence[str] | None:
        if find_spec("emails") is None:
            return None
        _write_message(folder)
        script = Path(__file__).with_name("emails_run.py")
        return [sys.executable, str(script), str(port()), str(messages)]

    return prepare


@cache
def _kept() -> Path:
    """Return a folder for what is made once."""
    folder = Path(tempfile.gettempdir()) / "newsletter-bench"
    folder.mkdir(exist_ok=True)
    return folder


@cache
def _nodemailer() -> Path | None:
    npm, folder = shutil.which("npm"), _kept() / "node_modules"
    if npm is not None and not (folder / "nodemailer").is_dir():
        command = [npm, "install", "--silent", "--prefix", str(_kept()), "nodemailer@10"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return folder if (folder / "nodemailer").is_dir() else None


@cache
def _frozen(messages: int, connections: int = CONNECTIONS) -> Path:
    """Return a workspace with a mailing to so many readers, frozen and not begun."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _furnish(folder, messages, connections)
    steps = [
        newsletter("subscribers", "import", "readers.csv", "--list", "members", "--really"),
        [sys.executable, "-c", in_checkout(_FREEZE.format(issue=_ISSUE))],
    ]
    for step in steps:
        subprocess.run(step, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def _furnish(folder: Path, messages: int, connections: int) -> None:
    items = "".join(
        _ITEM.format(number=number, day=number % 28 + 1, summary=_SUMMARY)
        for number in range(_ITEMS)
    )
    (folder / "issues" / _ISSUE).mkdir(parents=True)
    (folder / "issues" / _ISSUE / "issue.toml").write_text(_HEAD + items, encoding="utf-8")
    settings = _SETTINGS.format(connections=connections)
    (folder / "newsletter.toml").write_text(settings, encoding="utf-8")
    (folder / ".env").write_text(
        "SMTP_HOST=127.0.0.1\nSMTP_SECURITY=plain\n"
        "NEWSLETTER_SECRET=only-for-the-bench-and-long-enough\n",
        encoding="utf-8",
    )
    rows = "".join(f"reader{n}@example.net,Reader {n},en\n" for n in range(messages))
    (folder / "readers.csv").write_text(f"email,name,language\n{rows}", encoding="utf-8")


#: So many items make a message of about SIZE_BYTES.
_ITEMS = 48


@cache
def _message() -> tuple[str, str]:
    """Return HTML and text of our own message, for the others to send."""
    folder = _frozen(1)
    command = [sys.executable, "-c", in_checkout(_ONE_MESSAGE)]
    subprocess.run(command, cwd=folder, check=True)
    html, plain = (folder / "message.html", folder / "message.plain")
    return html.read_text(encoding="utf-8"), plain.read_text(encoding="utf-8")


def _personal(html: str) -> str:
    """Return HTML that greets its reader, as mailmerge and Jinja write it."""
    return html.replace("<body", "<body title='{{name}}'", 1)


def _write_message(folder: Path) -> None:
    html, plain = _message()
    (folder / "message.html").write_text(_personal(html), encoding="utf-8")
    (folder / "message.txt").write_text(f"Dear {{{{name}}}},\n{plain}", encoding="utf-8")
