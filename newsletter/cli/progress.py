"""How a send shows itself: a line that renews itself on a terminal, else one every 10 s."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsletter.model.mailing import Balance, Mailing, Progress

#: Where nobody watches, a line now and then is enough for a log.
LINE_SECONDS = 10.0
#: Preparing fewer readers than this takes no time to speak of.
WORTH_TELLING = 5000


class ProgressLine:
    """Shows progress on stderr, for people or for a log."""

    def __init__(self, about: str = "") -> None:
        #: Where several go on at the same time: which of them this is.
        self._about = about
        self._is_terminal = sys.stderr.isatty()
        self._last = monotonic()
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        """Show one glimpse of a run."""
        self.show(_told(progress))

    def preparing(self, count: int, planned: int) -> None:
        """Show how far the readers are written down."""
        # A small list is there at once; a line about it would only be noise.
        if planned >= WORTH_TELLING:
            self.show(f"preparing: {count} of {planned} readers written down")

    def show(self, text: str) -> None:
        """Renew the line; where nobody watches, write one now and then."""
        text = self._about + text
        if self._is_terminal:
            click.echo(f"\r{text.ljust(self._width)}", err=True, nl=False)
            self._width = len(text)
        elif monotonic() - self._last >= LINE_SECONDS:
            self._last = monotonic()
            click.echo(text, err=True)

    def say(self, text: str) -> None:
        """Show a line at once, whoever watches: something else comes before the sending."""
        if self._is_terminal:
            self.show(text)
        else:
            click.echo(self._about + text, err=True)

    def end(self) -> None:
        """Leave the line, so that what follows stands below it."""
        if self._is_terminal and self._width:
            click.echo("", err=True)
            self._width = 0


class Pace:
    """How fast mailings go, as somebody sees it who looks at their books now and then."""

    #: Long enough to be steady, short enough to follow.
    LOOKS = 10

    def __init__(self) -> None:
        self._looks: dict[int, deque[tuple[float, int]]] = {}

    def look(self, mailings: Iterable[Mailing], now: float) -> None:
        """Take a look at the books."""
        for one in mailings:
            looks = self._looks.setdefault(one.id, deque(maxlen=self.LOOKS))
            looks.append((now, one.balance.planned - one.balance.waiting))

    def told(self, mailing: Mailing) -> str:
        """Return rate and time left in words; empty: nobody is sending, or too early to tell."""
        (began, before), (now, done) = self._looks[mailing.id][0], self._looks[mailing.id][-1]
        if not mailing.senders or done <= before or now <= began:
            return ""
        rate = (done - before) / (now - began)
        waiting = mailing.balance.waiting
        left = f", {duration(waiting / rate)} left" if waiting else ""
        return f"{rate:.1f}/s{left}" if rate < 10 else f"{rate:.0f}/s{left}"


def _told(progress: Progress) -> str:
    balance = progress.balance
    done = balance.planned - balance.waiting
    parts = [f"{done} of {balance.planned}", counts(balance)]
    if progress.waiting_for:
        parts.append(f"waiting for {progress.waiting_for}")
    elif progress.rate:
        parts.append(f"{progress.rate:.0f}/s over {progress.connections} connections")
        if progress.seconds_left:
            parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(part for part in parts if part)


def counts(balance: Balance) -> str:
    """Return the counts that are not zero, in the order of the glossary."""
    told = {
        "accepted": balance.accepted,
        "refused": balance.refused,
        "deferred": balance.deferred,
        "unknown": balance.unknown,
        "skipped": balance.skipped,
        "waiting": balance.waiting,
    }
    return ", ".join(f"{count} {word}" for word, count in told.items() if count)


def balance_line(mailing: Mailing) -> str:
    """Return the whole balance of a mailing, so that anybody can add it up."""
    b = mailing.balance
    return (
        f"{b.planned} planned = {b.accepted} accepted + {b.refused} refused + {b.skipped} skipped"
        f" + {b.unknown} unknown + {b.deferred} deferred + {b.waiting} waiting"
    )


def duration(seconds: float) -> str:
    """Return a length of time in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
