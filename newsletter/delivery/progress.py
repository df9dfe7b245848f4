"""How fast a run goes, and why it ended."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: As much of a server's words as belongs on one line; the ledger has them all.
LINE_SHOWN = 300


def shorten(text: str) -> str:
    """Return a text that a server may have made very long, fit to be read."""
    return text if len(text) <= LINE_SHOWN else text[: LINE_SHOWN - 1] + "…"


class Why(StrEnum):
    """Why a run ended."""

    #: Nothing more to do now.
    DONE = "done"
    #: Somebody paused or cancelled the mailing.
    TOLD = "told"
    #: A signal.
    INTERRUPTED = "interrupted"
    #: Trouble that a person must look at: settings, sender, refusals.
    STOPPED = "stopped"
    #: No server can be reached.
    NO_SERVER = "no server"
    #: The ledger cannot be written.
    NO_LEDGER = "no ledger"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended."""

    why: Why
    #: A sentence for staff; empty where there is nothing to say.
    reason: str = ""
    signal: int = 0
    #: What is known but could not be written: answers, and that a message did not leave.
    unwritten: int = 0
    #: How many of these are answers.
    answers: int = 0

    def __post_init__(self) -> None:
        """Keep the reason readable, whatever the server said."""
        object.__setattr__(self, "reason", shorten(self.reason))

    @property
    def is_trouble(self) -> bool:
        """Say whether a person must mend something before it can go on."""
        return self.why in {Why.STOPPED, Why.NO_LEDGER}


class Rate:
    """Messages a second over the last seconds."""

    #: Long enough to be steady, short enough to follow.
    WINDOW_SECONDS = 5.0

    def __init__(self) -> None:
        self._marks: deque[tuple[datetime, int]] = deque()
        self.count = 0

    def mark(self, now: datetime) -> float:
        """Take the time and return the rate."""
        if self._marks and now < self._marks[-1][0]:
            # The clock was set back: the old marks would stay until it is there again.
            self._marks.clear()
        self._marks.append((now, self.count))
        while (now - self._marks[0][0]).total_seconds() > self.WINDOW_SECONDS:
            if len(self._marks) < 3:
                break
            self._marks.popleft()
        first, before = self._marks[0]
        seconds = (now - first).total_seconds()
        return (self.count - before) / seconds if seconds > 0 else 0.0
