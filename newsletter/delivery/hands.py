"""Several pieces of work at the same time, each in a process of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess
    from types import FrameType

Result = TypeVar("Result")

#: Each needs some 40 MB and shares the servers' connections with the others.
MOST_AT_ONCE = 8
#: prctl(2): the signal to get when the parent dies.
_PR_SET_PDEATHSIG = 1
#: What ends the work gently.
ENDING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Worker:
    process: ForkProcess
    results: connection.Connection


class Hands(Generic[Result]):
    """Does several things at the same time; passes on the signals that would end it.

    As a context: the signals are its own from the beginning to the end.
    """

    def __init__(self) -> None:
        self._workers: dict[int, _Worker] = {}
        #: The signal that ends it; 0: none came.
        self.signal = 0
        self._bell, self._rope = socket.socketpair()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._rope.setblocking(False)
        for number in ENDING:
            self._before[number] = signal.signal(number, self._signalled)
        signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_error: object) -> None:
        """Let everybody finish what is under way, and give the signals back."""
        self.end(signal.SIGTERM)
        for worker in self._workers.values():
            worker.process.join()
        self._give_back()
        self._bell.close()
        self._rope.close()

    @property
    def busy(self) -> frozenset[int]:
        """Return what is being worked on."""
        return frozenset(self._workers)

    @property
    def are_full(self) -> bool:
        """Say whether nothing more can be begun now."""
        return len(self._workers) >= MOST_AT_ONCE

    def begin(self, about: int, work: Callable[[], Result]) -> None:
        """Begin something in a process of its own, which ends with this one."""
        ours, theirs = connection.Pipe(duplex=False)
        # Whatever is at hand goes along; there is no thread here that a fork could cut in two.
        process = get_context("fork").Process(
            target=self._work, args=(work, theirs), name=f"mailing {about}"
        )
        process.start()
        theirs.close()
        self._workers[about] = _Worker(process, ours)

    def ended(self) -> list[tuple[int, Result | None]]:
        """Return what has ended since, with its result; None: its process has died."""
        done: list[tuple[int, Result | None]] = []
        for about, worker in tuple(self._workers.items()):
            if not worker.results.poll():
                continue
            result: Result | None = None
            with suppress(EOFError):
                result = worker.results.recv()
            worker.process.join()
            worker.results.close()
            del self._workers[about]
            done.append((about, result))
        return done

    def rest(self, seconds: float) -> None:
        """Wait, but not longer than until something has ended or a signal has come."""
        waiting: list[connection.Connection | socket.socket]
        waiting = [self._bell, *(worker.results for worker in self._workers.values())]
        if self._bell in connection.wait(waiting, seconds):
            self._bell.recv(4096)

    def end(self, number: int) -> None:
        """Tell everybody at work to finish what is under way."""
        for worker in self._workers.values():
            if worker.process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker.process.pid, number)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self.signal = self.signal or number
        self.end(number)

    def _give_back(self) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _work(self, work: Callable[[], Result], results: connection.Connection) -> None:
        """Do it, as if it were a command of its own."""
        self._give_back()
        self._workers.clear()
        # Ctrl-C in a terminal goes to all of its group; each is to be told once, by the first.
        os.setpgrp()
        _end_with_parent()
        results.send(work())


def _end_with_parent() -> None:
    """Let this process end gently where the one that began it is killed.

    Only Linux can; elsewhere it goes on to its end, as any `resume` does.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
