"""A supply of messages for tests of a session: hands out what it has, keeps every outcome."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from newsletter.delivery.smtp import Ending, Outcome, Outgoing, Server, Session, Timeouts

SENDER = "news@example.org"


def make_outgoing(
    key: int = 1, recipient: str = "", content: bytes | None = None, sender: str = SENDER
) -> Outgoing:
    """Return one message; name only what matters."""
    content = content if content is not None else make_content(key)
    return Outgoing(key, sender, recipient or f"reader{key}@example.net", content)


def make_content(key: int = 1, size: int = 0) -> bytes:
    """Return a small message, or one of about `size` bytes."""
    head = f"Message-ID: <{key}@example.org>\r\nSubject: News\r\n\r\nHello.\r\n".encode()
    return head + (b"y" * 70 + b"\r\n") * (max(0, size - len(head)) // 72)


class ListSupply:
    """Hands out a list of messages."""

    def __init__(self, messages: Iterable[Outgoing], *, chains: bool = True) -> None:
        self.left = deque(messages)
        self.outcomes: dict[int, Outcome] = {}
        self.handed: list[int] = []
        self.chains = chains
        self.on_next: Callable[[], None] | None = None

    async def next(self) -> Outgoing | None:
        await asyncio.sleep(0)
        if self.on_next is not None:
            self.on_next()
        return self._take()

    def ready(self) -> Outgoing | None:
        return self._take() if self.chains else None

    def settle(self, outgoing: Outgoing, outcome: Outcome) -> None:
        assert outgoing.key in self.handed
        assert outgoing.key not in self.outcomes, "settled twice"
        self.outcomes[outgoing.key] = outcome

    def _take(self) -> Outgoing | None:
        if not self.left:
            return None
        outgoing = self.left.popleft()
        self.handed.append(outgoing.key)
        return outgoing


def send(server: Server, supply: ListSupply, timeouts: Timeouts | None = None) -> Ending:
    """Open a session, deliver what the supply has, close."""

    async def _send() -> Ending:
        session = Session(server, timeouts)
        await session.open()
        try:
            return await session.deliver(supply)
        finally:
            await session.close()

    ending = asyncio.run(_send())
    assert set(supply.outcomes) == set(supply.handed), "a message was not settled"
    return ending
