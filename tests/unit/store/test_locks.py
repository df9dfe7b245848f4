"""Who holds a database is read from the kernel's list."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.errors import StoreBusyError
from newsletter.store import locks
from newsletter.store.sqlite import SqliteStore

HOLD = """
import sqlite3, sys
books = sqlite3.connect(sys.argv[1], isolation_level=None)
books.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@on_linux
def test_the_process_that_writes_is_named_and_whether_it_was_stopped(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    SqliteStore.open(path, create=True).close()
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=pipe, stdout=pipe, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with SqliteStore.open(path, create=False, patience=0) as store:
            with pytest.raises(StoreBusyError) as running, store.transaction():
                pass
            writer.send_signal(signal.SIGSTOP)
            os.waitpid(writer.pid, os.WUNTRACED)
            with pytest.raises(StoreBusyError) as stopped, store.transaction():
                pass
            writer.send_signal(signal.SIGCONT)

    assert str(running.value).endswith(f"database is locked by process {writer.pid}")
    assert str(stopped.value).endswith(f"by process {writer.pid}, which was stopped")
    assert f"kill -CONT {writer.pid}" in stopped.value.hint


@on_linux
def test_nobody_holds_a_database_that_is_only_read(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    with (
        SqliteStore.open(path, create=True),
        closing(sqlite3.connect(path)) as reader,
    ):
        reader.execute("SELECT COUNT(*) FROM mailings").fetchone()

        assert locks.holder(path) == 0


def test_where_the_kernel_keeps_no_list_nobody_is_named(tmp_path: Path) -> None:
    assert locks.holder(tmp_path / "none.db") == 0
    assert not locks.is_stopped(0)


@pytest.mark.parametrize(
    ("line", "process"),
    [
        ("9: POSIX  ADVISORY  WRITE 306 fe:00:22 120 120", 306),
        ("9: POSIX  ADVISORY  READ 306 fe:00:22 120 120", 0),
        ("9: POSIX  ADVISORY  WRITE 306 fe:00:22 124 124", 0),
        ("9: POSIX  ADVISORY  WRITE 306 fe:00:23 120 120", 0),
        ("9: -> POSIX  ADVISORY  WRITE 306 fe:00:22 120 120", 0),
        ("9: FLOCK  ADVISORY  WRITE 306 fe:00:22 0 EOF", 0),
        # In a container, of a process outside.
        ("9: POSIX  ADVISORY  WRITE -1 fe:00:22 120 120", 0),
        ("", 0),
    ],
)
def test_only_the_lock_of_a_writer_counts(line: str, process: int) -> None:
    assert locks._writer(line, 22) == process
