"""Pictures scaled in a process of their own: one that is broken or a trap harms nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from newsletter.errors import PictureError
from newsletter.model.content import PictureUse
from newsletter.rendering.pictures import Scaled, scale

#: Forty megapixels and what is made of them take a quarter of this.
_MOST_BYTES = 2 << 30


class Scaler:
    """Scales one picture at a time; starts its process with the first. Threads may share it."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def scale(self, content: bytes, uses: Iterable[PictureUse]) -> Scaled:
        """Return the picture in the sizes asked for; raises PictureError with the reason."""
        with self._lock:
            if self._pool is None:
                # spawn: a fork would carry our threads' locks along.
                self._pool = ProcessPoolExecutor(
                    1, mp_context=get_context("spawn"), initializer=_limit
                )
            try:
                return self._pool.submit(scale, content, tuple(uses)).result()
            except BrokenProcessPool as error:
                self._pool = None
                raise PictureError("reading it takes more memory than a picture may") from error


def _limit() -> None:
    """Leave signals to the parent, and give a picture no more memory than one needs."""
    import resource
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, resource.RLIM_INFINITY))
