"""Claim, fill in, send, record; retry: one run over a mailing, with several connections."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING

from newsletter.delivery.lines import Line
from newsletter.delivery.pacing import SET_BACK, QuietHours
from newsletter.delivery.progress import Rate, RunEnd, Why
from newsletter.delivery.replies import judge
from newsletter.delivery.routes import Route, RouteHealth, rest_after, usable
from newsletter.delivery.rules import Fuse, Stops
from newsletter.delivery.tray import Tray
from newsletter.errors import StoreError, StoreGoneError
from newsletter.model.mailing import DeliveryState, MailingState, Progress

if TYPE_CHECKING:
    from newsletter.delivery.envelopes import Outgoing
    from newsletter.delivery.outcome import Outcome
    from newsletter.delivery.replies import Verdict

#: How often chores are done: results written, orders of others looked for, sizes reviewed.
TICK_SECONDS = 0.1
#: Orders from other terminals are looked for at least so often.
ORDERS_SECONDS = 0.5
#: A server that cannot be reached so often in a row is down, for a run that does not wait.
FAILURES_BEFORE_LEAVING = 6
#: How long to try to write what is known when the ledger cannot be written.
LAST_WORDS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is to behave."""

    stops: Stops = field(default_factory=Stops)
    quiet: QuietHours | None = None
    #: How long to wait for what is deferred and for servers that are down.
    waits: timedelta = timedelta(0)
    #: Says whether somebody has left an order that the ledger does not know yet.
    is_called_off: Callable[[], bool] = bool
    #: Signals that end the run gently.
    signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)


Watch = Callable[[Progress], None]


_now = partial(datetime.now, UTC)


class Sender:
    """One run: connections work through the tray until there is nothing left to do."""

    def __init__(
        self,
        tray: Tray,
        routes: Sequence[Route],
        manner: Manner,
        *,
        mailing: int = 0,
        watch: Watch | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.tray = tray
        self.manner = manner
        self.clock = clock
        self.routes = [
            RouteHealth(route, tray.most_put_off, tray.patience.longest_first) for route in routes
        ]
        self._mailing = mailing
        self._watch = watch
        self._fuse = Fuse(manner.stops)
        self._rate = Rate()
        self._end: RunEnd | None = None
        self._changed = asyncio.Event()
        self._ticked = self._balance_at = self._reviewed = datetime.min.replace(tzinfo=UTC)
        self._balance = tray.ledger.balance()
        self._is_impatient = False
        #: A line waits only because so many are on the wire.
        self._is_held_back = False
        self._idle_since: datetime | None = None
        self._reviewed_count = 0
        self._opening = self._open = 0
        #: How many connections each route that may be used now may have.
        self._sizes: dict[RouteHealth, int] = {}
        self._refresh(clock())

    async def run(self) -> RunEnd:
        """Send until nothing is left, somebody says stop, or it cannot go on."""
        self._listen()
        lines = [
            asyncio.create_task(Line(self, health, number).work())
            for health in self.routes
            for number in range(health.crew.most)
        ]
        try:
            while self._end is None:
                await self._tick(lines)
            await self._drain(lines)
        finally:
            # Even a bug must not cost what is known: a line that is cut off settles first.
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)
            self._unlisten()
            end = self._last_words(self._end or RunEnd(Why.STOPPED))
        return end

    # what the lines ask and tell

    @property
    def is_over(self) -> bool:
        """Say whether no more messages are to be handed out."""
        return self._end is not None

    def may_work(self, health: RouteHealth, number: int) -> bool:
        """Say whether this line of a route should have a connection now."""
        return self._end is None and number < self._sizes.get(health, 0)

    def needs_line(self, health: RouteHealth) -> bool:
        """Say whether there is more at hand than connections being opened for it."""
        try:
            at_hand = self.tray.at_hand(health.route, self.clock())
        except StoreError as error:
            self.stop(RunEnd(Why.NO_LEDGER, str(error)))
            return False
        return at_hand > self._opening and health.may_open

    def hand_out(self, health: RouteHealth) -> Outgoing | None:
        """Return a message that may leave; None: none now."""
        if self._end is not None:
            return None
        if not self._fuse.allows(self.tray.on_wire + 1):
            self._is_held_back = True
            return None
        try:
            outgoing = self.tray.take(health.route, self.clock())
        except StoreError as error:
            self.stop(RunEnd(Why.NO_LEDGER, str(error)))
            return None
        if self.tray.mailing_state is not MailingState.SENDING:
            self._told()
        return outgoing

    def settle(self, key: int, health: RouteHealth, outcome: Outcome) -> None:
        """Take the outcome of one message and draw the consequences."""
        now = self.clock()
        settlement, verdict, domain = self.tray.settle(key, health.route, outcome, now)
        is_back = settlement.state is DeliveryState.QUEUED
        if not is_back:
            self._rate.count += 1
        if health.heard(settlement, domain, outcome, now):
            # Who was asked before goes first when it is tried again.
            self.tray.hand_back()
            self._refresh(now)
        self._heed(verdict, health, outcome)
        if reason := self._fuse.count(settlement):
            self.stop(RunEnd(Why.STOPPED, reason))
        # Waking every idle line after each message would cost more than the message.
        if is_back or self._is_held_back:
            self._is_held_back = False
            self._notify()

    def refused(self, health: RouteHealth, outcome: Outcome) -> None:
        """Take note that a session could not be opened."""
        self._heed(judge(outcome), health, outcome)
        now = self.clock()
        if not health.is_paused(now):
            health.failed(str(outcome), now)
        self._refresh(now)

    def broke_off(self, health: RouteHealth, outcome: Outcome, carried: int) -> None:
        """Take note that a connection ended in trouble.

        One that carried something is simply opened again (some providers close at
        their limit without a word); one that did not is a failure.
        """
        self._heed(judge(outcome), health, outcome)
        now = self.clock()
        if not carried and not health.is_paused(now):
            health.failed(str(outcome), now)
        self._refresh(now)

    def _heed(self, verdict: Verdict, health: RouteHealth, outcome: Outcome) -> None:
        """Stop or slow down as a verdict says."""
        if verdict.stop_run:
            said = verdict.explanation or verdict.reason
            self.stop(RunEnd(Why.STOPPED, f"{said} ({outcome})"))
        elif verdict.slow_down and not health.is_paused(now := self.clock()):
            health.complained(str(outcome), now, least=rest_after(verdict.reason, outcome))
            self._refresh(now)

    def stop(self, end: RunEnd) -> None:
        """End the run: hand nothing out any more, finish what is on the wire."""
        if self._end is None:
            self._end = end
        self._notify()

    async def wait(self, seconds: float) -> None:
        """Wait for a change, but not longer than this."""
        # Not wait_for, which makes a task of its own each time.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def line_is_opening(self, health: RouteHealth, change: int) -> None:
        """Count the connections being opened; the next may follow when one is."""
        self._opening += change
        health.opening += change
        if change < 0:
            self._notify()

    def line_is_open(self, change: int) -> None:
        """Count the open connections."""
        self._open += change

    # chores

    async def _tick(self, lines: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.wait(lines, timeout=TICK_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for line in lines:
            if line.done():
                line.result()
        if self.manner.is_called_off():
            self.stop(RunEnd(Why.TOLD, "the mailing is to rest"))
        now = self.clock()
        self._look_at_clock(now)
        self._do_chores(now)
        self._report(now)
        self._refresh(now)
        self._look_whether_done(now)
        self._notify()

    def _do_chores(self, now: datetime) -> None:
        """Write results that no round has taken along, and look for orders of others."""
        age = now - self.tray.written if self.tray.written else timedelta.max
        limit = TICK_SECONDS if self.tray.has_results else ORDERS_SECONDS
        if timedelta(0) <= age < timedelta(seconds=limit):
            return
        try:
            self.tray.flush(now)
        except StoreError as error:
            self.stop(RunEnd(Why.NO_LEDGER, str(error)))
        if self.tray.mailing_state is not MailingState.SENDING:
            self._told()

    def _look_at_clock(self, now: datetime) -> None:
        """Forget the moments to wait for if the clock was set back: they may be hours ahead."""
        before, self._ticked = self._ticked, now
        if now >= before:
            return
        self.tray.wake()
        self._balance_at = self._reviewed = now
        self._reviewed_count = self._rate.count
        self._idle_since = None
        if before - now < SET_BACK:
            return
        try:
            # In this order: what is not written yet would wait for the old time too.
            self.tray.flush(now)
            self.tray.ledger.hurry(now)
        except StoreError as error:
            self.stop(RunEnd(Why.NO_LEDGER, str(error)))

    def _refresh(self, now: datetime) -> None:
        """Look which routes may be used now, and with how many connections."""
        working = [] if self._quiet_until(now) else usable(self.routes, now)
        self._sizes = {one: one.crew.size for one in working if not one.is_paused(now)}

    def _told(self) -> None:
        self.stop(RunEnd(Why.TOLD, f"the mailing is {self.tray.mailing_state}"))

    def _report(self, now: datetime) -> None:
        rate = self._rate.mark(now)
        self._review(now)
        if self._watch is None or now < self._balance_at:
            return
        began = self.clock()
        with suppress(StoreError):  # A figure ends nothing: the next round will tell.
            self._balance = self.tray.ledger.balance()
        # Counting a million rows takes a while: never more than a fiftieth of the time.
        self._balance_at = now + max(timedelta(seconds=0.5), (self.clock() - began) * 50)
        self._watch(
            Progress(
                self._mailing,
                self._balance,
                rate,
                self._open,
                self._waiting_for(now),
            )
        )

    def _review(self, now: datetime) -> None:
        """Let each route have more connections while that brings more."""
        seconds = (now - self._reviewed).total_seconds()
        if seconds < 0.5:
            return
        rate = (self._rate.count - self._reviewed_count) / seconds
        self._reviewed, self._reviewed_count = now, self._rate.count
        if rate > 0:
            for health in self.routes:
                health.crew.review(rate)

    def _waiting_for(self, now: datetime) -> str:
        if self.manner.quiet and (until := self.manner.quiet.until_told(now)):
            return f"the end of the quiet hours at {until}"
        for health in self.routes:
            if health.is_paused(now) and health.trouble:
                return f"{health.route.server}: {health.trouble}"
            if health.opening and not self._open:
                return f"{health.route.server} to answer"
        return ""

    def _look_whether_done(self, now: datetime) -> None:
        if self._end is not None:
            return
        if self._servers_are_down(now):
            trouble = next((h.trouble for h in self.routes if h.trouble), "")
            self.stop(RunEnd(Why.NO_SERVER, trouble))
        elif self.tray.is_drained:
            self._look_for_deferred(now)

    def _look_for_deferred(self, now: datetime) -> None:
        """Wait for what is deferred, if that is wanted; else this run has done its work."""
        due = self.tray.ledger.next_due()
        if due is not None and due <= now:
            self.tray.wake()
        elif due is None or due - now > self.manner.waits:
            self.stop(RunEnd(Why.DONE))

    def _servers_are_down(self, now: datetime) -> bool:
        """Say whether every server has failed often and this run is not to wait for them."""
        if any(health.failures < FAILURES_BEFORE_LEAVING for health in self.routes):
            self._idle_since = None
            return False
        self._idle_since = self._idle_since or now
        return now - self._idle_since >= self.manner.waits

    def _quiet_until(self, now: datetime) -> datetime | None:
        return self.manner.quiet.until(now) if self.manner.quiet else None

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # the end

    async def _drain(self, lines: Sequence[asyncio.Task[None]]) -> None:
        """Let every connection finish what it has on the wire."""
        self._notify()
        pending: set[asyncio.Task[None]] = set(lines)
        while pending and not self._is_impatient:
            _, pending = await asyncio.wait(pending, timeout=TICK_SECONDS)
            self._report(self.clock())

    def _last_words(self, end: RunEnd) -> RunEnd:
        """Write all that is known; try for a while where the ledger cannot be written."""
        self.tray.hand_back()
        give_up = monotonic() + LAST_WORDS_SECONDS
        while True:
            try:
                self.tray.flush(self.clock())
            except StoreError as error:
                if monotonic() > give_up or isinstance(error, StoreGoneError):
                    end = replace(end, why=Why.NO_LEDGER, reason=str(error))
                    left, answers = self.tray.unwritten, self.tray.unwritten_answers
                    return replace(end, unwritten=left, answers=answers)
                self.tray.ledger.relieve()
                sleep(0.5)
            else:
                return end

    # signals

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in self.manner.signals:
            loop.add_signal_handler(number, self._signalled, number)

    def _unlisten(self) -> None:
        loop = asyncio.get_running_loop()
        for number in self.manner.signals:
            loop.remove_signal_handler(number)

    def _signalled(self, number: signal.Signals) -> None:
        """End gently: finish what is on the wire; the second time cut it off."""
        self._is_impatient = self._end is not None and self._end.why is Why.INTERRUPTED
        self.stop(RunEnd(Why.INTERRUPTED, f"interrupted by {number.name}", number))
