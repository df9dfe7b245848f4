"""A PostgreSQL that cannot be used: one line, a hint, and never the password."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.ports import free_port
from tests.servers.postgres import PASSWORD, USER, Postgres
from tests.stories.mailing_room import MailingRoom

pytestmark = pytest.mark.xdist_group("postgres")

COMMANDS = [
    ("status",),
    ("subscribers", "list"),
    ("send", "2016-05", "--list", "members", "--really", "--yes"),
    ("run",),
    ("pause",),
]


def _told(folder: Path, url: str, *command: str, environment: dict[str, str] | None = None) -> str:
    """Return the one line that a command ends with, its hint behind it."""
    room = MailingRoom.furnish(folder / "workspace", 9, database=url)
    room.environment = environment or {}
    ended = room.run(*command, ok=(1,))
    assert PASSWORD not in ended.stderr + ended.stdout
    assert "only%20for" not in ended.stderr + ended.stdout
    error, hint = ended.stderr.splitlines()
    assert error.startswith("Error: ")
    assert hint.startswith("Hint: ")
    assert list((folder / "workspace").glob("newsletter.db*")) == []
    return f"{error}\n{hint}"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_server_that_does_not_answer_is_a_line_and_a_hint(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    url = f"postgresql://{USER}:only%20for%20these@127.0.0.1:{free_port()}/newsletter"

    assert "127.0.0.1" in _told(tmp_path, url, *command)


def test_a_wrong_password_is_a_line_and_a_hint(tmp_path: Path, postgres_server: Postgres) -> None:
    postgres_server.create_database()
    url = postgres_server.url("test_1", password="wrong-password")

    told = _told(tmp_path, url, "status")

    assert "password" in told
    assert "wrong-password" not in told


def test_a_database_that_is_not_there_is_named(tmp_path: Path, postgres_server: Postgres) -> None:
    assert "'nowhere'" in _told(tmp_path, postgres_server.url("nowhere"), "status").replace(
        '"nowhere"', "'nowhere'"
    )


def test_a_name_that_no_server_has_is_a_line_and_a_hint(tmp_path: Path) -> None:
    url = f"postgresql://{USER}:secret@database.invalid/newsletter"

    assert "database.invalid" in _told(tmp_path, url, "status")


@pytest.mark.parametrize("address", ["postgresql://host:port/newsletter", "postgresql://[::1/x"])
def test_an_address_that_cannot_be_read_is_a_line_and_a_hint(tmp_path: Path, address: str) -> None:
    _told(tmp_path, address, "status")


def test_without_the_driver_it_says_what_to_install(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "psycopg.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'psycopg'\", name='psycopg')\n"
    )
    url = f"postgresql://{USER}:secret@127.0.0.1/newsletter"

    told = _told(tmp_path, url, "status", environment={"PYTHONPATH": str(hidden)})

    assert "newsletter-press[postgres]" in told


def test_who_may_not_make_tables_is_told_so(tmp_path: Path, postgres_server: Postgres) -> None:
    # PostgreSQL 15 and later: only the owner of a database makes tables in it.
    url = postgres_server.url("postgres")
    room = MailingRoom.furnish(tmp_path / "workspace", 9, database=url)
    table = tmp_path / "readers.csv"
    table.write_text("email\nana@example.org\n")

    ended = room.run("subscribers", "import", str(table), "--list", "members", "--really", ok=(1,))

    error, hint = ended.stderr.splitlines()[-2:]
    assert "permission denied" in error
    assert hint.startswith("Hint: ")


def test_four_commands_at_once_on_an_empty_database_make_it_once(
    tmp_path: Path, postgres_server: Postgres
) -> None:
    url = postgres_server.create_database()
    room = MailingRoom.furnish(tmp_path / "workspace", 9, database=url)
    tables = []
    for number in range(4):
        tables.append(tmp_path / f"readers-{number}.csv")
        tables[-1].write_text(f"email\nreader{number}@example.org\n")

    started = [
        room.popen("subscribers", "import", str(one), "--list", "members", "--really")
        for one in tables
    ]
    ends = [(one.communicate(timeout=120), one.returncode) for one in started]

    assert [code for _, code in ends] == [0] * 4, ends
    assert room.run("subscribers", "list", ok=(0,)).stdout.count("@example.org") == 4


@contextmanager
def _stranger(words: bytes | None) -> Iterator[int]:
    """Serve something that is no PostgreSQL: says these words and hangs up; None: is silent."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if words is None:
                self.request.recv(1)
                over.wait(60)
            else:
                self.request.sendall(words)

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads = True

    over = threading.Event()
    with Threads(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        over.set()
        server.shutdown()
        thread.join(10)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b"", "closed the connection"),
        (b"220 mail.example ESMTP\r\n", "invalid response"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "invalid response"),
        (b"N" + b"\xff" * 2000, "closed the connection"),
        (None, "timeout"),
    ],
    ids=["nothing", "smtp", "http", "noise", "silence"],
)
def test_a_server_that_is_no_postgresql_is_a_line_and_a_hint(
    tmp_path: Path, words: bytes | None, said: str
) -> None:
    with _stranger(words) as port:
        url = f"postgresql://{USER}:secret@127.0.0.1:{port}/newsletter?connect_timeout=2"

        told = _told(tmp_path, url, "status")

    assert said in told
