"""The servers a mailing may go through: their limits, their health, their connections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.delivery.outcome import Outcome
from newsletter.delivery.pacing import Limits, WarmUp
from newsletter.delivery.progress import shorten
from newsletter.delivery.resting import MOST_PUT_OFF, Rest, doubled
from newsletter.delivery.server import Seats, Server, Timeouts
from newsletter.model.ledger import Settlement
from newsletter.model.mailing import DeliveryState

#: Gmail's advice (4.7.28): stop for ten minutes, then one connection, then one more each time.
TOO_FAST_PAUSE = timedelta(minutes=10)
#: To put everybody off counts as so many failures: the second time a run has no server.
PUT_OFF_COUNTS = 3
#: "Service not available, closing": the one answer of a server that is not at work.
CLOSING = 421
#: That many domains do not all happen to put everybody off at the same time.
DOMAINS_PUT_OFF = 3
#: Others that say "too fast": most count by the minute (Postfix, anvil_rate_time_unit).
RATE_PAUSE = timedelta(minutes=1)
#: Where only the connections are too many, fewer of them are the answer, not a long pause.
_CONNECTIONS = re.compile(r"connection|concurrent|session|thread", re.IGNORECASE)
#: Pauses after a refused session or connection double up to this.
LONGEST_PAUSE = timedelta(minutes=10)
#: Where every sender starts: on one machine more gain little, far away they are needed.
FIRST_CONNECTIONS = 4
#: More connections must bring so much more, or they are given up again.
WORTH_IT = 1.1
#: Twice as many that bring so much more are worth doubling once more.
PAYS_IN_FULL = 1.5


@dataclass(frozen=True, slots=True)
class Route:
    """A mail server with what it lets us do."""

    name: str
    server: Server
    limits: Limits = field(default_factory=Limits)
    #: Most connections at once.
    connections: int = 16
    timeouts: Timeouts = field(default_factory=Timeouts)
    warm_up: WarmUp = field(default_factory=WarmUp)
    #: Addresses or domains of the senders it is for; empty: all.
    senders: tuple[str, ...] = ()
    #: Used only while no other route works.
    is_backup: bool = False
    #: After a refused session or connection; doubling.
    first_pause: timedelta = timedelta(seconds=0.5)

    def carries(self, sender: str) -> bool:
        """Say whether mail from this address may go this way."""
        sender = sender.casefold()
        theirs = {one.casefold().removeprefix("@") for one in self.senders}
        return not theirs or sender in theirs or sender.rpartition("@")[2] in theirs


class Crew:
    """How many connections a route has: more only while more bring more."""

    def __init__(self, most: int, seats: Seats | None = None) -> None:
        self._seats = seats
        self.most = max(1, most)
        self._size = min(FIRST_CONNECTIONS, self.most)
        self._before = 0
        self._rate_before = 0.0
        self._settled_for = 0
        #: Nothing more goes out until the pause of the route is over.
        self.is_resting = False
        #: After "too fast": grows by one at a time and no further than this.
        self._ceiling = self.most

    @property
    def size(self) -> int:
        """Return how many connections there may be now: what pays, and what others leave."""
        if self.is_resting:
            return 0
        return self._seats.hold(self._size) if self._seats else self._size

    def review(self, rate: float) -> None:
        """Take the rate since the last review and decide on the size."""
        if self._settled_for > 0:
            self._settled_for -= 1
            return
        if self._before and rate < self._rate_before * WORTH_IT:
            self._size, self._before = self._before, 0
            self._settled_for = 60
            return
        if self._size >= self._ceiling:
            self._before = 0
            return
        # As fast as it pays, like TCP's slow start (RFC 5681 section 3.1).
        pays_in_full = rate >= self._rate_before * PAYS_IN_FULL
        more = self._size if pays_in_full else max(1, self._size // 2)
        self._before, self._rate_before = self._size, rate
        self._size = min(self._size + more, self._ceiling)

    def slow_down(self) -> None:
        """Halve after the server complained; the old size is out of reach for now."""
        self._ceiling = max(1, self._size - 1)
        self._size = max(1, self._size // 2)
        self._before = 0
        self._settled_for = 20

    def rest(self) -> None:
        """Let what is on the wire end, and begin nothing."""
        self.is_resting = True

    def restore(self) -> None:
        """Begin as at first: the server has not complained of too many."""
        self._ceiling = self.most
        self._size = max(self._size, min(FIRST_CONNECTIONS, self.most))
        self._settled_for = 0

    def shrink(self) -> None:
        """Go back to a single one."""
        self._size = 1

    def recover(self) -> None:
        """Allow one more after a while without complaint."""
        self._ceiling = min(self.most, self._ceiling + 1)
        self._size = min(self._size + 1, self._ceiling)


class RouteHealth:
    """Whether a route works now, and how it is doing."""

    def __init__(
        self, route: Route, most_put_off: int = MOST_PUT_OFF, rest: timedelta = RATE_PAUSE
    ) -> None:
        self.route = route
        #: How long to wait where it puts everybody off: until those who were asked are due.
        self._rest_pause = rest
        self.crew = Crew(route.connections, route.server.seats)
        self.paused_until: datetime | None = None
        self._pause = timedelta(0)
        #: Connections being opened.
        self.opening = 0
        self._has_worked = False
        #: Failures to get anything done in a row.
        self.failures = 0
        self.trouble = ""
        self._slowed: datetime | None = None
        #: Since it last went well for a while.
        self._complaints = 0
        self._rest = Rest(most_put_off)
        #: That is why it rests now, or is tried again.
        self._is_put_off = False
        #: Domains of whom somebody was put off since it last took a message.
        self._put_off: set[str] = set()

    def is_paused(self, now: datetime) -> bool:
        """Say whether to leave the server in peace for now."""
        return self.paused_until is not None and now < self.paused_until

    @property
    def may_open(self) -> bool:
        """Say whether one more connection may be opened.

        The first one goes alone: a wrong password is not tried four times at once, because
        some servers lock an account for that.
        """
        return not self.opening or self._has_worked or self.failures > 0

    def worked(self, now: datetime) -> None:
        """Take note of an answer that shows the server at work."""
        self.failures = 0
        self._has_worked = True
        # Either way: where the clock was set back, the time since is not known.
        if self._slowed is not None and abs(now - self._slowed) > TOO_FAST_PAUSE / 2:
            self._slowed = now
            self._complaints = 0
            self.crew.recover()

    def failed(self, why: str, now: datetime) -> None:
        """Back off after a session that could not be opened or was refused."""
        self.failures += 1
        self._leave(why, now, doubled(self.route.first_pause, self.failures, LONGEST_PAUSE))

    def complained(self, why: str, now: datetime, *, least: timedelta = timedelta(0)) -> None:
        """Go slower after 421 or "too fast", after which it is left alone for `least` at least.

        Some take a message now and then while they complain about the others, so
        that the pauses grow with the complaints and not with the failures in a row.
        """
        self._slowed = now
        self._is_put_off = False
        self._complaints += 1
        self.failures += 1
        self.crew.slow_down()
        self.crew.rest()
        times = max(self._complaints, self.failures)
        if least:
            self.crew.shrink()
        self._leave(why, now, doubled(least or self.route.first_pause, times, LONGEST_PAUSE))

    def heard(self, settlement: Settlement, domain: str, outcome: Outcome, now: datetime) -> bool:
        """Take note of the answer to a message; say whether the server has to be left in peace."""
        reply = outcome.reply
        if settlement.due is not None and reply is not None:
            return self.put_off(domain, str(outcome), now)
        # What was said unasked, or fits no question, shows nothing at work.
        if reply is not None and not outcome.trouble and reply.code != CLOSING:
            self.worked(now)
        if settlement.state is DeliveryState.ACCEPTED:
            self.took()
        return False

    def took(self) -> None:
        """Take note that a message was taken."""
        if not (self._put_off or self._rest.trial):
            return
        self._put_off.clear()
        self._rest.took()
        if self._is_put_off:
            # It was greylisting, and not that we sent too fast.
            self._is_put_off, self._complaints = False, 0
            self.crew.restore()

    def put_off(self, domain: str, why: str, now: datetime) -> bool:
        """Take note that a reader was put off; say whether the server is left in peace for that.

        One domain that puts everybody off is left in peace by itself (`resting`); readers of
        several in a row are the server's doing.
        """
        self._put_off.add(domain)
        is_too_much = self._rest.put_off() and len(self._put_off) >= DOMAINS_PUT_OFF
        if not is_too_much or self.is_paused(now):
            return False
        self.complained(why, now, least=self._rest_pause)
        self._is_put_off = True
        self.failures += PUT_OFF_COUNTS - 1
        return True

    def look(self, now: datetime) -> bool:
        """Say whether the route may be used, and end the rest of its connections if so."""
        if self.paused_until is not None:
            # What seems a longer pause was begun before the clock was set back.
            self.paused_until = min(self.paused_until, now + self._pause)
        if self.is_paused(now):
            return False
        self.crew.is_resting = False
        return True

    def _leave(self, why: str, now: datetime, pause: timedelta) -> None:
        self.trouble = shorten(why)
        if self.paused_until is None or self.paused_until < now + pause:
            self.paused_until, self._pause = now + pause, pause


def rest_after(reason: str, outcome: Outcome) -> timedelta:
    """Return how long to leave a server alone at least that complained like this."""
    reply = outcome.reply
    if reason != "rate" or reply is None:
        return timedelta(0)
    if reply.enhanced == "4.7.28":
        return TOO_FAST_PAUSE
    return timedelta(0) if _CONNECTIONS.search(reply.text) else RATE_PAUSE


def usable(routes: list[RouteHealth], now: datetime) -> list[RouteHealth]:
    """Return the routes to use now: the backups only while no other works."""
    working = [one for one in routes if one.look(now)]
    primary = [one for one in routes if not one.route.is_backup]
    if any(one.failures < 2 and one in working for one in primary):
        return primary
    return routes
