"""What a scheduler has to tell: once, again when it changes, and now and then while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

#: What goes on unchanged is told again after so long, so that a log of today has it.
AGAIN_SECONDS = 3600.0


class Notices:
    """Remembers what was told of each matter, and when."""

    def __init__(self, stopwatch: Callable[[], float] = monotonic) -> None:
        self._stopwatch = stopwatch
        self._told: dict[int, tuple[str, float]] = {}

    def is_news(self, about: int, sentence: str, *, is_once: bool = False) -> bool:
        """Say whether a sentence is to be told now, and take it as told.

        `is_once`: it waits for a person, and is not told again as long as it stays the same.
        """
        before, at = self._told.get(about, ("", 0.0))
        now = self._stopwatch()
        if sentence == before and (is_once or now - at < AGAIN_SECONDS):
            return False
        self._told[about] = (sentence, now)
        return True
