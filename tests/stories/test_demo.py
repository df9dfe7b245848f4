"""The demo does the whole main job, and doing it again sends to nobody twice."""

from __future__ import annotations

import mailbox
import os
import subprocess
import sys
from pathlib import Path

import pytest


def _demo(folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "demo", str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("somewhere") / "demo"


def test_the_demo_fills_eight_inboxes_once_however_often_it_runs(folder: Path) -> None:
    first, second = _demo(folder), _demo(folder, SMTP_HOST="real.example", SMTP_PORT="2525")

    received = [message["Delivered-To"] for message in mailbox.Maildir(folder / "received")]
    assert "8 planned = 8 accepted" in first
    assert "nobody is sent it twice" in second
    assert len(received) == len(set(received)) == 8
    for line in first.split("Where to look")[1].strip().splitlines():
        assert Path(line.split()[-1]).exists(), line
