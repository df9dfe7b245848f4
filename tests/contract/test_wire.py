"""The wire knows at each moment what has left: the dot never goes before the content."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from newsletter.delivery.outcome import Trouble
from newsletter.delivery.wire import Wire, WireError, connect

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
#: More than a socket of this machine takes at once.
LARGE = b"x" * 20_000_000


def with_server(handler: Handler, client: Callable[[Wire], Awaitable[None]]) -> None:
    """Run a server and a client on one wire."""

    async def _run() -> None:
        done = asyncio.Event()

        async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.transport.abort()
                done.set()

        server = await asyncio.start_server(_serve, "127.0.0.1", 0)
        wire = await connect("127.0.0.1", server.sockets[0].getsockname()[1], 5)
        try:
            await client(wire)
        finally:
            await wire.close()
            await done.wait()
            server.close()

    asyncio.run(_run())


def test_what_comes_last_is_held_back_until_all_before_it_has_left() -> None:
    received = bytearray()
    may_read = asyncio.Event()

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        while not received.endswith(b"."):
            received.extend(await reader.read(1_000_000))
        writer.write(b"250 taken\r\n")
        await reader.read()

    async def client(wire: Wire) -> None:
        assert not wire.write_both((LARGE[:5], LARGE[5:]), b".")
        may_read.set()
        await wire.flush(60)
        # All that came first has been handed over: only then may the dot follow.
        wire.release()
        assert (await wire.reply(60)).code == 250

    with_server(server, client)

    assert bytes(received) == LARGE + b"."


def test_what_is_held_back_does_not_leave_when_the_connection_breaks() -> None:
    async def server(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async def client(wire: Wire) -> None:
        assert not wire.write_both((LARGE,), b".")
        await wire.flush(60)
        assert wire.is_lost
        assert not wire.write_both((b"more",), b".")
        wire.release()
        with pytest.raises(WireError) as caught:
            await wire.reply(60)
        assert caught.value.trouble is Trouble.CLOSED

    with_server(server, client)


def test_the_last_words_before_a_reset_are_heard() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"552 5.3.4 too much\r\n")
        # Closing with unread bytes makes the system send a RST.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def client(wire: Wire) -> None:
        wire.write(LARGE)
        await wire.flush(60)
        assert (await wire.reply(60)).code == 552

    with_server(server, client)


def test_a_wire_that_has_ended_has_no_address_and_takes_what_is_written_silently() -> None:
    async def server(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")

    async def client(wire: Wire) -> None:
        assert wire.addresses() == ("127.0.0.1", "127.0.0.1")
        assert (await wire.reply(60)).code == 220
        with pytest.raises(WireError):
            await wire.reply(60)
        await wire.close()

        assert wire.addresses() == ("", "")
        wire.write(b"EHLO here\r\n")
        assert not wire.write_both((b"content",), b".")

    with_server(server, client)


def test_a_wait_ends_with_its_time_and_the_wire_with_it() -> None:
    async def server(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def client(wire: Wire) -> None:
        with pytest.raises(WireError, match=r"no answer within 0\.05 s") as caught:
            await wire.reply(0.05)
        assert caught.value.trouble is Trouble.TIMED_OUT
        assert wire.is_lost

    with_server(server, client)


def test_a_later_wait_has_all_of_its_own_time() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.read(10)
            await asyncio.sleep(0.5)
            writer.write(b"250 ok\r\n")
        await reader.read()

    async def client(wire: Wire) -> None:
        for _ in range(3):
            wire.write(b"NOOP\r\n")
            assert (await wire.reply(1.4)).code == 250

    with_server(server, client)


def test_replies_are_taken_together_only_where_all_are_there_and_as_hoped() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"250 go\r\n250 a\r\n354 b\r\n250 c\r\n550 d\r\n250 e\r\n")
        await reader.read()

    async def client(wire: Wire) -> None:
        assert not wire.has_said([250])
        assert (await wire.reply(60)).text == "go"
        assert wire.has_said([250, 354])
        assert not wire.has_said([250, 354])
        assert (await wire.reply(60)).text == "c"
        assert (await wire.reply(60)).text == "d"
        assert not wire.has_said([250, 354])
        assert (await wire.reply(60)).text == "e"

    with_server(server, client)


def test_while_all_goes_well_nobody_is_woken() -> None:
    taken: list[int] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(3):
            writer.write(b"250 taken\r\n")
            await reader.readexactly(len(b"next"))
            if number == 2:
                writer.write(b"450 later\r\n")
        await reader.read()

    async def client(wire: Wire) -> None:
        def go_on() -> bool:
            reply = wire.has_said_just([250])
            if reply is None:
                return False
            taken.append(reply.code)
            return wire.write_both((b"ne",), b"xt")

        reply = await wire.hear(5, go_on)

        assert reply is not None
        assert reply.code == 450

    with_server(server, client)
    assert taken == [250, 250, 250]


def test_what_breaks_while_a_wire_goes_on_by_itself_ends_the_wait() -> None:
    complaints: list[dict[str, object]] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"250 taken\r\n")
        await reader.read()

    async def client(wire: Wire) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))

        def go_on() -> bool:
            raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            await wire.hear(5, go_on)

    with_server(server, client)
    assert complaints
