"""Postfix's smtp-sink: takes everything and forgets it, or fails as its switches say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.ports import free_port

SMTP_SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_sink = pytest.mark.skipif(SMTP_SINK is None, reason="needs smtp-sink (Debian: postfix)")


@dataclass(frozen=True)
class Sink:
    """A running smtp-sink."""

    port: int
    process: subprocess.Popen[bytes]
    host: str = "127.0.0.1"


@contextmanager
def smtp_sink(*switches: str, output: Path | None = None) -> Iterator[Sink]:
    """Run smtp-sink with the switches of its manual page, e.g. `-r rcpt`, `-q .`, `-W .:5`."""
    assert SMTP_SINK is not None
    port = free_port()
    drop_rights = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(
        [SMTP_SINK, *drop_rights, *switches, f"127.0.0.1:{port}", "100"],
        stdout=subprocess.DEVNULL if output is None else output.open("wb"),
        stderr=subprocess.PIPE,
    ) as process:
        try:
            _wait_for(port, process)
            yield Sink(port, process)
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the port is listened on, without connecting: the sink counts connections."""
    listening = re.compile(rf":{port:04X} 00000000:0000 0A")
    for _ in range(12_000):
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(process.stderr.read().decode())
        if listening.search(Path("/proc/net/tcp").read_text()):
            return
        time.sleep(0.005)
    raise RuntimeError(f"smtp-sink does not listen on port {port}")
