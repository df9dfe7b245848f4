"""The event loop of a run, and the signals as they were before it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.delivery.progress import RunEnd


def run_to_end(running: Coroutine[None, None, RunEnd]) -> RunEnd:
    """Run to the end, on uvloop where it is installed: it takes a sixth less of the processor."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        import uvloop
    except ImportError:
        run: Callable[[Coroutine[None, None, RunEnd]], RunEnd] = asyncio.run
    else:
        run = uvloop.run
    try:
        return run(running)
    finally:
        # A loop leaves the signals to the system, which would end the scheduler without a word.
        for number, handler in before.items():
            signal.signal(number, handler)
