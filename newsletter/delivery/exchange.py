"""The messages of one connection: pipelined and chained while all is well, else step by step."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

from newsletter.delivery.content import pieces_on_the_wire
from newsletter.delivery.envelopes import Commands, Outgoing, commands_for
from newsletter.delivery.outcome import Outcome, Stage, Trouble
from newsletter.delivery.replies import judge
from newsletter.delivery.wire import BLOCK_BYTES, WireError

if TYPE_CHECKING:
    from newsletter.delivery.extensions import Extensions
    from newsletter.delivery.outcome import Reply
    from newsletter.delivery.server import Server, Timeouts
    from newsletter.delivery.wire import Wire

_END = b".\r\n"
#: MAIL, RCPT and DATA, all well: what nearly every server says at once.
_GO_ON = [250, 250, 354]
#: The same after the answer to the dot of the message before.
_TAKEN_GO_ON = [250, *_GO_ON]


class Supply(Protocol):
    """Where a session takes its messages from and tells what became of them."""

    async def next(self) -> Outgoing | None:
        """Wait for the next message; None: nothing more for this connection."""

    def ready(self) -> Outgoing | None:
        """Return a message that is there already; None: none, or not now."""

    def settle(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Take the outcome of a message; called exactly once for each handed out."""


class EndingReason(StrEnum):
    """Why a session carries no more messages."""

    #: The supply has none; the connection can be used again.
    DRY = "dry"
    #: As many as one connection may carry.
    LIMIT = "limit"
    #: Something happened; the outcome says what. Never use this connection again.
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the messages of one connection came to an end."""

    reason: EndingReason
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Attempt:
    """One message under way."""

    outgoing: Outgoing
    commands: Commands
    stage: Stage = Stage.MAIL
    #: Its envelope has left together with the dot of the message before.
    is_announced: bool = False


class _StoppedError(Exception):
    """No more over this connection; the outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Exchange:
    """Carries messages over an open connection until there are none or something is wrong."""

    def __init__(self, wire: Wire, server: Server, timeouts: Timeouts, offered: Extensions) -> None:
        self._wire = wire
        self._timeouts = timeouts
        self._offered = offered
        self._pipelines = server.pipelining and offered.pipelining
        #: While every reply was good; after that each command waits for its answer.
        self._all_well = True
        self._limit = server.messages_per_connection
        self._carried = 0
        self._under_way: list[_Attempt] = []

    async def run(self, supply: Supply) -> Ending:
        """Carry the messages of a supply; every one it hands out is settled."""
        try:
            while attempt := await self._take(supply):
                await self._carry(attempt, supply)
        except _StoppedError as stopped:
            return self._ended(supply, stopped.outcome)
        except WireError as error:
            return self._ended(supply, self._lost(error))
        finally:
            self._settle_rest(supply, Outcome(Stage.MAIL, None, "stopped", Trouble.STOPPED))
        reason = EndingReason.LIMIT if self._is_full else EndingReason.DRY
        return Ending(reason)

    @property
    def _is_full(self) -> bool:
        return 0 < self._limit <= self._carried

    async def _take(self, supply: Supply) -> _Attempt | None:
        """Return the message to go on with: the announced one, or the next that may be tried."""
        if self._under_way:
            return self._under_way[0]
        while not self._is_full:
            outgoing = await supply.next()
            if outgoing is None:
                return None
            if attempt := self._begin(outgoing, supply):
                return attempt
        return None

    def _begin(self, outgoing: Outgoing, supply: Supply) -> _Attempt | None:
        """Count a message in; one that must not be tried here is settled at once."""
        commands = commands_for(outgoing, self._offered)
        if isinstance(commands, Outcome):
            supply.settle(outgoing, commands)
            return None
        attempt = _Attempt(outgoing, commands)
        self._under_way.append(attempt)
        self._carried += 1
        return attempt

    async def _carry(self, attempt: _Attempt, supply: Supply) -> None:
        """Bring one message to its outcome, and the next one's envelope on its way."""
        if not attempt.is_announced:
            self._check_silence()
        refusal = await self._envelope(attempt)
        if refusal is not None:
            self._settle(supply, attempt, refusal)
            await self._reset(refusal)
            return
        await self._content(attempt, supply)
        reply = await self._answer(supply)
        # Not necessarily that of `attempt`: others may have been carried meanwhile.
        attempt, *following = self._under_way
        outcome = self._heard(Stage.DOT, reply)
        self._settle(supply, attempt, outcome)
        if not outcome.is_accepted:
            await self._reset(outcome, is_over=bool(following))

    def _check_silence(self) -> None:
        """Stop where the server has spoken unasked or gone while nothing was under way."""
        if not self._wire.has_word:
            return
        reply = self._wire.look()
        cause = "the server spoke unasked" if reply else "the server closed the connection"
        raise _StoppedError(Outcome(Stage.MAIL, reply, cause, Trouble.NOT_BEGUN))

    async def _envelope(self, attempt: _Attempt) -> Outcome | None:
        """Return None once the server waits for the content, else its refusal."""
        if not attempt.is_announced and self._pipelines and self._all_well:
            self._wire.write(self._announcement(attempt))
        if attempt.is_announced:
            return await self._announced_envelope(attempt)
        for stage, command, timeout in (
            (Stage.MAIL, attempt.commands.mail, self._timeouts.mail),
            (Stage.RCPT, attempt.commands.rcpt, self._timeouts.rcpt),
            (Stage.DATA, b"DATA\r\n", self._timeouts.data),
        ):
            attempt.stage = stage
            self._wire.write(command)
            reply = await self._wire.reply(timeout)
            if not _is_good(stage, reply):
                return self._heard(stage, reply)
        return None

    def _announcement(self, attempt: _Attempt) -> bytes:
        attempt.is_announced = True
        return attempt.commands.mail + attempt.commands.rcpt + b"DATA\r\n"

    async def _announced_envelope(self, attempt: _Attempt) -> Outcome | None:
        """Read the three answers; all must be read, whatever the first says."""
        if self._wire.has_said(_GO_ON):
            return None
        refusal: Outcome | None = None
        accepted: list[Stage] = []
        for stage, timeout in (
            (Stage.MAIL, self._timeouts.mail),
            (Stage.RCPT, self._timeouts.rcpt),
            (Stage.DATA, self._timeouts.data),
        ):
            attempt.stage = stage
            try:
                reply = self._wire.look() or await self._wire.reply(timeout)
            except WireError:
                # The refusal is this message's; only the connection is lost.
                if refusal is None:
                    raise
                return refusal
            if _is_good(stage, reply):
                accepted.append(stage)
                continue
            outcome = self._heard(stage, reply)
            refusal = refusal or outcome
            if _ends_all(outcome):
                self._wire.abort()
                return refusal
        if refusal is not None and Stage.DATA in accepted:
            await self._withdraw(accepted)
        return refusal

    async def _withdraw(self, accepted: list[Stage]) -> None:
        """Answer a 354 that came although the recipient was refused.

        RFC 2920 section 3.1: send the dot alone. But never to a server that named a
        recipient good: that would send him an empty message.
        """
        if Stage.RCPT in accepted:
            self._wire.abort()
            return
        self._wire.write(_END)
        reply = await self._wire.reply(self._timeouts.dot)
        if not reply.is_definite or reply.code == 421:
            self._wire.abort()

    async def _content(self, attempt: _Attempt, supply: Supply) -> None:
        """Send the content, the dot, and the envelope of the message that follows, if any."""
        attempt.stage = Stage.BODY
        pieces = pieces_on_the_wire(attempt.outgoing.content, attempt.commands.inspected)
        if attempt.commands.inspected.size_bytes > BLOCK_BYTES:
            pieces = (await self._all_but_the_last_block(b"".join(pieces)),)
        if self._wire.has_word:
            await self._answered_early()
        self._end_content(attempt, pieces, supply)

    def _end_content(self, attempt: _Attempt, pieces: tuple[bytes, ...], supply: Supply) -> bool:
        """Send the rest of the content and what follows it; say whether all of it has left.

        The dot leaves only when all before it has: from then on nobody but the server
        knows what becomes of the message.
        """
        following = self._chained(supply)
        announcement = self._announcement(following) if following else b""
        if not self._wire.write_both(pieces, _END + announcement):
            return False
        attempt.stage = Stage.DOT
        return True

    async def _answer(self, supply: Supply) -> Reply:
        """Return the answer to the dot of the first message under way.

        While all goes well that is never needed: the messages follow one another as the
        answers arrive, and only the first that is not as usual ends here.
        """
        go_on = partial(self._goes_on, supply)
        while (reply := await self._wire.hear(self._timeouts.dot, go_on)) is None:
            await self._wire.flush(self._timeouts.block)
            if self._wire.has_word:
                await self._answered_early()
            self._wire.release()
            self._under_way[0].stage = Stage.DOT
        return reply

    def _goes_on(self, supply: Supply) -> bool:
        """Send the next content if the server took the last one and waits for this one."""
        if len(self._under_way) < 2:
            return False
        taken, following = self._under_way
        inspected = following.commands.inspected
        if inspected.size_bytes > BLOCK_BYTES:
            return False
        reply = self._wire.has_said_just(_TAKEN_GO_ON)
        if reply is None:
            return False
        del self._under_way[0]
        supply.settle(taken.outgoing, Outcome(Stage.DOT, reply))
        following.stage = Stage.BODY
        pieces = pieces_on_the_wire(following.outgoing.content, inspected)
        return self._end_content(following, pieces, supply)

    async def _all_but_the_last_block(self, content: bytes) -> bytes:
        """Send a large message in blocks, each with its own time-out; return the last one."""
        start = 0
        while len(content) - start > BLOCK_BYTES and not self._wire.has_word:
            self._wire.write(content[start : start + BLOCK_BYTES])
            start += BLOCK_BYTES
            await self._wire.flush(self._timeouts.block)
            await asyncio.sleep(0)  # Let others write, and the server be heard.
        return content[start:]

    async def _answered_early(self) -> NoReturn:
        """Stop where the server answers before the dot, or has gone: it has no message."""
        reply = await self._wire.reply(self._timeouts.block)
        self._wire.abort()
        trouble = Trouble.NONE if reply.code >= 400 else Trouble.NONSENSE
        raise _StoppedError(Outcome(Stage.BODY, reply, "answered before the end", trouble))

    def _chained(self, supply: Supply) -> _Attempt | None:
        """Return the message whose envelope may leave together with this one's dot."""
        if not (self._pipelines and self._all_well) or self._is_full:
            return None
        outgoing = supply.ready()
        return self._begin(outgoing, supply) if outgoing else None

    def _heard(self, stage: Stage, reply: Reply) -> Outcome:
        """Return the outcome of a step; one that is not good ends the pipelining."""
        outcome = Outcome(stage, reply)
        if _is_good(stage, reply):
            return outcome
        self._all_well = False
        if not (reply.is_temporary or reply.is_permanent):
            return Outcome(stage, reply, "the server's answer fits no question", Trouble.NONSENSE)
        return outcome

    async def _reset(self, refusal: Outcome, *, is_over: bool = False) -> None:
        """After a refusal make the connection ready for the next message, or leave it."""
        if self._wire.is_lost or judge(refusal).session == "close":
            self._wire.abort()
            raise _StoppedError(refusal)
        if is_over:
            return
        self._wire.write(b"RSET\r\n")
        reply = await self._wire.reply(self._timeouts.mail)
        if not reply.is_positive:
            self._wire.abort()
            raise _StoppedError(Outcome(Stage.RSET, reply))

    def _settle(self, supply: Supply, attempt: _Attempt, outcome: Outcome) -> None:
        self._under_way.remove(attempt)
        supply.settle(attempt.outgoing, outcome)

    def _lost(self, error: WireError) -> Outcome:
        stage = self._under_way[0].stage if self._under_way else Stage.RSET
        return Outcome(stage, None, error.cause, error.trouble)

    def _ended(self, supply: Supply, outcome: Outcome) -> Ending:
        """Settle what was under way: the first with what happened, the others as not begun."""
        self._wire.abort()
        if self._under_way and self._under_way[0].stage is outcome.stage:
            self._settle(supply, self._under_way[0], outcome)
        said = "the connection ended before this message was begun"
        self._settle_rest(supply, Outcome(Stage.MAIL, None, said, Trouble.NOT_BEGUN))
        return Ending(EndingReason.TROUBLE, outcome)

    def _settle_rest(self, supply: Supply, outcome: Outcome) -> None:
        for attempt in tuple(self._under_way):
            stage = attempt.stage
            self._settle(supply, attempt, Outcome(stage, None, outcome.cause, outcome.trouble))


def _ends_all(outcome: Outcome) -> bool:
    """Say whether no further answer can be expected on this connection."""
    closing = outcome.reply is not None and outcome.reply.code == 421
    return closing or outcome.trouble is Trouble.NONSENSE


def _is_good(stage: Stage, reply: Reply) -> bool:
    """Say whether the server did what this stage asks for."""
    return reply.code == 354 if stage is Stage.DATA else 200 <= reply.code <= 299
