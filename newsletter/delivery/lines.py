"""One connection's work: open a session when there is something to send, carry, close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.delivery.exchange import EndingReason
from newsletter.delivery.smtp import Session, SessionError

if TYPE_CHECKING:
    from newsletter.delivery.envelopes import Outgoing
    from newsletter.delivery.outcome import Outcome
    from newsletter.delivery.routes import RouteHealth
    from newsletter.delivery.sender import Sender

#: A server closes a connection that says nothing for long: leave it before.
IDLE_SECONDS = 5.0
#: While there is nothing to do, look again so often even if nobody calls.
GLANCE_SECONDS = 0.5


class Line:
    """A place for one connection on a route."""

    def __init__(self, sender: Sender, health: RouteHealth, number: int) -> None:
        self._sender = sender
        self._health = health
        self._number = number
        #: Messages that the server answered on this connection.
        self._carried = 0

    @property
    def _may_work(self) -> bool:
        return self._sender.may_work(self._health, self._number)

    async def work(self) -> None:
        """Work until the run is over."""
        while not self._sender.is_over:
            if self._may_work and self._sender.needs_line(self._health):
                await self._connect()
            else:
                await self._sender.wait(GLANCE_SECONDS)

    async def _connect(self) -> None:
        """Open a connection and carry as many messages as come."""
        session = Session(self._health.route.server, self._health.route.timeouts)
        self._carried = 0
        self._sender.line_is_opening(self._health, +1)
        try:
            await session.open()
        except SessionError as error:
            self._sender.refused(self._health, error.outcome)
            return
        finally:
            self._sender.line_is_opening(self._health, -1)
        self._sender.line_is_open(+1)
        try:
            ending = await session.deliver(self)
            if ending.reason is EndingReason.TROUBLE and ending.outcome is not None:
                self._sender.broke_off(self._health, ending.outcome, self._carried)
        finally:
            self._sender.line_is_open(-1)
            await session.close()

    # the supply of the session

    async def next(self) -> Outgoing | None:
        """Wait a little for the next message; None: this connection is not needed now."""
        waited = 0.0
        while self._may_work:
            if outgoing := self._sender.hand_out(self._health):
                return outgoing
            if waited >= IDLE_SECONDS:
                break
            await self._sender.wait(GLANCE_SECONDS)
            waited += GLANCE_SECONDS
        return None

    def ready(self) -> Outgoing | None:
        """Return a message that is there already, to be chained to the one before."""
        return self._sender.hand_out(self._health) if self._may_work else None

    def settle(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Take the outcome of a message."""
        self._carried += outcome.reply is not None
        self._sender.settle(outgoing.key, self._health, outcome)
