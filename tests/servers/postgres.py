"""A private PostgreSQL: Debian's own server with a cluster, a port and a socket of the test's.

In a test::

    with postgres(found_binaries(is_ci=True)) as server:
        url = server.create_database()      # postgresql://newsletter:...@127.0.0.1:.../...
        server.restart("immediate")         # as after a power cut of the server alone

It has whatever surprises: a collation in which "a" comes before "B", a time zone that is
neither whole hours from UTC nor ours, and passwords that are asked for. PostgreSQL never runs
as root: started by root it becomes another user first.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from tests.servers.ports import free_port

USER, PASSWORD = "newsletter", "only for these tests: with / and @"
#: `fast` ends every transaction and says good-bye, `immediate` is a crash.
Mode = Literal["fast", "immediate"]

_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = {fsync}
shared_buffers = 16MB
max_connections = 60
timezone = 'Asia/Kathmandu'
lc_messages = 'C'
"""

_WHO_MAY = """
local all postgres trust
host all all 127.0.0.1/32 scram-sha-256
"""


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server on this machine; None: there is none."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: [int(part) for part in path.parts[-3].split(".")],
    )
    if debian:
        return debian[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def found_binaries(is_ci: bool) -> Path:
    """Return the folder of the server's programs; where there are none, say what to install."""
    found = find_binaries()
    if found is not None:
        return found
    words = "needs a PostgreSQL server (Debian: postgresql); scripts/install-system-packages"
    if is_ci:
        pytest.fail(words)
    pytest.skip(words)


def _owner() -> dict[str, Any]:
    """Return how to start what must not be root: as Debian's user for it, or as nobody."""
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        found = pwd.getpwnam("nobody")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class Postgres:
    """A cluster of our own and its server."""

    folder: Path
    binaries: Path
    port: int
    host: str = "127.0.0.1"
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Start the server; it answers when this returns."""
        self._control("start", "-l", str(self.log))

    def stop(self, mode: Mode = "fast") -> None:
        """Stop the server; it is gone when this returns."""
        self._control("stop", "-m", mode)

    def restart(self, mode: Mode) -> None:
        """Stop the server and start it again."""
        self.stop(mode)
        self.start()

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """Return the address of a database as it stands in newsletter.toml."""
        return f"postgresql://{user}:{quote(password, '')}@{self.host}:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """Return the address of a new database, a copy of another where one is named."""
        name = f"test_{next(self._numbers)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(USER), sql.Identifier(template)
            )
        )
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Take a database away, whoever uses it."""
        name = sql.Identifier(url.rpartition("/")[2])
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def execute(self, statement: sql.Composed | bytes, database: str = "postgres") -> None:
        """Run a statement as the superuser."""
        with psycopg.connect(
            host=str(self.folder),
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
        ) as connection:
            connection.execute(statement)

    def prepare(self, *, fsync: bool) -> None:
        """Make the cluster and the user of the tests."""
        # Its collation is a language's, as on a real server: the order of texts is not that
        # of their bytes. C.UTF-8 is the one locale that Debian always has.
        self.program(
            "initdb",
            *("-D", str(self.data), "-U", "postgres", "--no-sync", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"),
            *("--auth=trust", "--no-instructions"),
        )
        switched = "on" if fsync else "off"
        settings = _SETTINGS.format(port=self.port, folder=self.folder, fsync=switched)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings)
        (self.data / "pg_hba.conf").write_text(_WHO_MAY, encoding="utf-8")
        self.start()
        self.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(USER), sql.Literal(PASSWORD)
            )
        )

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _control(self, verb: str, *more: str) -> None:
        self.program("pg_ctl", "-D", str(self.data), "-w", "-t", "120", *more, verb)

    def program(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs as the user that owns the cluster."""
        done = subprocess.run(
            [str(self.binaries / name), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            **_owner(),
        )
        if done.returncode:
            log = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
            raise RuntimeError(f"{name} {arguments}: {done.stdout}{done.stderr}{log}")


@contextmanager
def postgres(binaries: Path, *, fsync: bool = False) -> Iterator[Postgres]:
    """Run a server; with `fsync` it really writes what it says is written."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        owner = _owner()
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        server = Postgres(folder, binaries, free_port())
        stack.callback(_stop_if_running, server)
        server.prepare(fsync=fsync)
        yield server


def _stop_if_running(server: Postgres) -> None:
    if (server.data / "postmaster.pid").exists():
        server.stop("immediate")
