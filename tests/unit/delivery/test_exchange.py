"""The exchange lets nothing leave too early, seen on a wire of our own making."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from newsletter.delivery.exchange import Ending, EndingReason, Exchange
from newsletter.delivery.extensions import Extensions
from newsletter.delivery.outcome import Reply, Stage, Trouble
from newsletter.delivery.parsing import read_reply
from newsletter.delivery.replies import judge
from newsletter.delivery.server import Server, Timeouts
from newsletter.delivery.wire import Wire, WireError
from newsletter.model.mailing import DeliveryState
from tests.servers.supplies import ListSupply, make_outgoing


class FakeWire:
    """Answers from a list, and notes what happens in which order."""

    def __init__(self, *answers: str, leaves_at_once: bool = True, breaks: bool = False) -> None:
        self.answers = list(answers)
        self.happened: list[str] = []
        self.is_lost = False
        self._leaves_at_once = leaves_at_once
        self._breaks = breaks
        self._holds = False

    @property
    def has_word(self) -> bool:
        return self.is_lost

    def write(self, plain: bytes) -> None:
        self.happened.append(plain.decode().split("\r\n")[0])

    def write_both(self, pieces: tuple[bytes, ...], last: bytes) -> bool:
        self.happened.append("content and dot" if self._leaves_at_once else "part of the content")
        self._holds = not self._leaves_at_once
        return self._leaves_at_once

    async def flush(self, timeout: float) -> None:
        self.is_lost = self._breaks
        self.happened.append("broken" if self._breaks else "rest of the content")

    def release(self) -> None:
        self._holds = False
        self.happened.append("dot")

    async def reply(self, timeout: float) -> Reply:
        if self.is_lost or not self.answers:
            self.is_lost = True
            raise WireError("gone")
        return read_reply(self.answers.pop(0).encode())

    async def hear(self, timeout: float, go_on: Callable[[], bool]) -> Reply | None:
        while not self._holds and go_on():
            pass
        return None if self._holds else await self.reply(timeout)

    def has_said_just(self, codes: list[int]) -> Reply | None:
        """Whoever goes on by itself finds here what comes together."""
        if [int(one[:3]) for one in self.answers[: len(codes)]] != codes:
            return None
        first, *_ = (read_reply(self.answers.pop(0).encode()) for _ in codes)
        return first

    def look(self) -> Reply | None:
        return None

    def has_said(self, codes: list[int]) -> bool:
        """Nothing is here before it is waited for."""
        return False

    def abort(self) -> None:
        self.is_lost = True
        self.happened.append("abort")


def run(wire: FakeWire, supply: ListSupply) -> Ending:
    offered = Extensions(pipelining=True)
    exchange = Exchange(cast(Wire, wire), Server("localhost"), Timeouts(), offered)
    return asyncio.run(exchange.run(supply))


def test_the_dot_follows_when_all_of_the_content_has_left() -> None:
    wire = FakeWire("250 a", "250 b", "354 c", "250 2.0.0 taken", leaves_at_once=False)
    supply = ListSupply([make_outgoing()])

    run(wire, supply)

    assert wire.happened[1:] == ["part of the content", "rest of the content", "dot"]
    assert supply.outcomes[1].is_accepted


def test_the_dot_never_follows_where_the_connection_breaks_before() -> None:
    wire = FakeWire("250 a", "250 b", "354 c", leaves_at_once=False, breaks=True)
    supply = ListSupply([make_outgoing(1), make_outgoing(2)])

    ending = run(wire, supply)

    assert "dot" not in wire.happened
    assert ending.reason is EndingReason.TROUBLE
    assert supply.outcomes[1].stage is Stage.BODY
    assert supply.outcomes[2].trouble is Trouble.NOT_BEGUN
    assert {judge(one).state for one in supply.outcomes.values()} == {DeliveryState.QUEUED}


@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "what?", "354 more"])
def test_a_strange_answer_to_a_withdrawal_ends_the_connection(answer: str) -> None:
    wire = FakeWire("250 a", "550 5.1.1 no", "354 go on", answer)
    supply = ListSupply([make_outgoing(1), make_outgoing(2)])

    ending = run(wire, supply)

    assert ending.reason is EndingReason.TROUBLE
    assert judge(supply.outcomes[1]).reason == "no-such-user"
    assert supply.handed == [1]


def test_a_refusal_stands_though_the_connection_breaks_after_it() -> None:
    wire = FakeWire("250 a", "550 5.1.1 no")
    supply = ListSupply([make_outgoing()])

    ending = run(wire, supply)

    assert ending.reason is EndingReason.TROUBLE
    assert judge(supply.outcomes[1]).reason == "no-such-user"


def test_a_closed_connection_is_noticed_before_a_message_is_begun() -> None:
    wire = FakeWire()
    wire.is_lost = True
    supply = ListSupply([make_outgoing()])

    run(wire, supply)

    assert supply.outcomes[1].trouble is Trouble.NOT_BEGUN
    assert wire.happened == ["abort"]
