"""Whatever is running, a signal ends it at once, with one line and the code that shells know."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.news_site import NewsSite, Page

ROOT = Path(__file__).parents[2]


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "newsletter", "--workspace", str(root), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A background job of a shell is started with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )


def wait_until(running: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    while not happened():
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=0.05)


@pytest.fixture
def workspace(tmp_path: Path, news_site: NewsSite) -> Path:
    """Return a workspace whose source, item page and picture never end."""
    silent = Page(drip=b" ")
    for path in ("/feed.xml", "/slow.jpg", "/slow"):
        news_site.put(path, silent)
    (tmp_path / "newsletter.toml").write_text(
        f'[[sources]]\nname = "Slow"\nurl = "{news_site.url}/feed.xml"\n'
    )
    (tmp_path / "issues" / "i").mkdir(parents=True)
    (tmp_path / "issues" / "i" / "issue.toml").write_text(
        f'subject = "S"\n[[items]]\ntitle = "One"\nlink = "{news_site.url}/slow"\n'
        f'picture = "{news_site.url}/slow.jpg"\n'
    )
    return tmp_path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["collect", "2016-05"], "/feed.xml"),
        (["sources", "check"], "/feed.xml"),
        (["preview", "i"], "/slow.jpg"),
        (["pictures", "i"], "/slow.jpg"),
    ],
)
def test_a_command_that_waits_for_a_silent_server_ends_at_once(
    workspace: Path,
    news_site: NewsSite,
    words: list[str],
    path: str,
    number: signal.Signals,
    code: int,
) -> None:
    running = start(workspace, *words)
    wait_until(running, lambda: path in news_site.paths())

    running.send_signal(number)
    # The fetcher itself gives up only after 20 or 30 seconds.
    out, err = running.communicate(timeout=15)

    assert (running.returncode, out, err) == (code, "", "Interrupted.\n")
    assert [one.name for one in (workspace / "issues").iterdir()] == ["i"]
    assert not list(workspace.glob("issues/**/*.new"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_scheduler_that_has_nothing_to_do_ends_at_once(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "newsletter.toml").write_text("")
    running = start(tmp_path, "run")
    wait_until(running, lambda: _listens(running.pid))

    running.send_signal(number)
    out, err = running.communicate(timeout=60)

    assert (running.returncode, out, err) == (code, "", "Interrupted.\n")


def _listens(pid: int) -> bool:
    """Say whether the process catches SIGTERM: then its command has begun."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
