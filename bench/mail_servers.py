"""The servers that contenders send to: started when first asked for, gone when the bench ends."""

from __future__ import annotations

import atexit
import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.servers.postfix import postfix
from tests.servers.sink import smtp_sink

_RUNNING = ExitStack()
atexit.register(_RUNNING.close)
_ROOT = Path(__file__).parents[1]
#: There and back, of the line to the server that is far away.
ROUND_TRIP_SECONDS = 0.010


@cache
def near_sink() -> int:
    """Return the port of a server that takes everything and forgets it."""
    return _RUNNING.enter_context(smtp_sink()).port


@cache
def far_sink() -> int:
    """Return the port of the same behind a line that delays every byte."""
    round_trip = ["--round-trip", str(ROUND_TRIP_SECONDS)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.proxy", str(near_sink()), *round_trip],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    _RUNNING.callback(process.kill)
    assert process.stdout is not None
    return int(process.stdout.readline())


@cache
def real_postfix() -> int:
    """Return the port of a real Postfix, which queues each message durably, then discards it."""
    return _RUNNING.enter_context(postfix()).port
