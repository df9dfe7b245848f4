"""A delay proxy: every byte arrives later, as over a long line."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.running import running


class DelayProxy:
    """Hands on what arrives after `delay` seconds in each direction, in order."""

    def __init__(self, port: int, *, delay: float, listen: int = 0) -> None:
        self.host = "127.0.0.1"
        self.port = listen
        self._target = port
        self._delay = delay
        self._server: asyncio.Server | None = None
        self._transports: set[asyncio.Transport] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Inbound(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._transports):
            transport.abort()
        await asyncio.sleep(0)

    def later(self, other: _Side | None, data: bytes) -> None:
        """Hand bytes on when their time has come; empty bytes: the end."""
        if other is not None:
            asyncio.get_running_loop().call_later(self._delay, other.send, data)


class _Side(asyncio.Protocol):
    """One end of one connection."""

    def __init__(self, proxy: DelayProxy) -> None:
        self.proxy = proxy
        self.other: _Side | None = None
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proxy._transports.add(transport)
        for data in self._early:
            self.send(data)

    def data_received(self, data: bytes) -> None:
        self.proxy.later(self.other, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self.proxy._transports.discard(self.transport)
        self.proxy.later(self.other, b"")

    def send(self, data: bytes) -> None:
        if self.transport is None:
            self._early.append(data)
        elif data:
            self.transport.write(data)
        else:
            self.transport.close()


class _Inbound(_Side):
    """The end the client has connected to; it connects to the server for him."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.other = _Side(self.proxy)
        self.other.other = self
        self._connecting = asyncio.get_running_loop().create_task(self._connect(self.other))

    async def _connect(self, outbound: _Side) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: outbound, "127.0.0.1", self.proxy._target)
        except OSError:
            assert self.transport is not None
            self.transport.abort()


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[DelayProxy]:
    """Run a proxy to a port of this machine; half of the round trip in each direction."""
    proxy = DelayProxy(port, delay=seconds / 2)
    with running(proxy):
        yield proxy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, help="where the server listens")
    parser.add_argument("--round-trip", type=float, default=0.010, help="seconds")
    parser.add_argument("--listen", type=int, default=0)
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.port, arguments.round_trip, arguments.listen))


async def _serve(port: int, round_trip: float, listen: int) -> None:
    proxy = DelayProxy(port, delay=round_trip / 2, listen=listen)
    await proxy.start()
    print(proxy.port, flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    main()
