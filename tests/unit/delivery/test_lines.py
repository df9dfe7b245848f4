"""A place for one connection: kept while there is work, given up before the server tires."""

from __future__ import annotations

import asyncio
from typing import cast

from newsletter.delivery.envelopes import Outgoing
from newsletter.delivery.lines import IDLE_SECONDS, Line
from newsletter.delivery.routes import Route, RouteHealth
from newsletter.delivery.sender import Sender
from newsletter.delivery.server import Server

OUTGOING = Outgoing(7, "news@library.example", "ana@town.example", b"x\r\n")


class Asked:
    """Stands for the sender: has a message after so many requests, and waits in no time."""

    def __init__(self, *, has_one_after: int = 1_000_000) -> None:
        self.requests = 0
        self.waited_seconds = 0.0
        self._has_one_after = has_one_after

    def may_work(self, health: RouteHealth, number: int) -> bool:
        return True

    def hand_out(self, health: RouteHealth) -> Outgoing | None:
        self.requests += 1
        return OUTGOING if self.requests > self._has_one_after else None

    async def wait(self, seconds: float) -> None:
        self.waited_seconds += seconds


def _line(asked: Asked) -> Line:
    return Line(cast(Sender, asked), RouteHealth(Route("main", Server("mail.example"))), 0)


def test_a_connection_with_nothing_to_carry_is_given_up_after_some_seconds() -> None:
    asked = Asked()

    assert asyncio.run(_line(asked).next()) is None

    assert asked.waited_seconds == IDLE_SECONDS


def test_a_connection_waits_for_the_next_message_and_carries_it() -> None:
    outgoing = asyncio.run(_line(Asked(has_one_after=3)).next())

    assert outgoing is not None
    assert (outgoing.key, outgoing.recipient) == (7, "ana@town.example")
