"""An asyncio server in a thread of its own, for tests that are not asyncio themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Startable(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def stop(server: Startable) -> None:
    """Stop a server and let go of every connection of this loop.

    One that is just being accepted is lost, and warned of, where its server closes first
    (asyncio.Server._attach); it has no task yet that would close it; and an encrypted one
    takes several turns of the loop.
    """
    await _some_turns()
    await server.stop()
    await _some_turns()
    for transport in tuple(getattr(asyncio.get_running_loop(), "_transports", {}).values()):
        transport.abort()
    await _some_turns()


async def _some_turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@contextmanager
def running(server: Startable) -> Iterator[None]:
    """Run a server beside the test; it listens when the block begins and is gone after it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
