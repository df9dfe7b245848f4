"""The wire to one mail server: bytes out, replies in, and never a wait without an end."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from newsletter.delivery.outcome import Trouble
from newsletter.delivery.parsing import ReplyParser
from newsletter.delivery.tls import TlsLayer

if TYPE_CHECKING:
    from newsletter.delivery.outcome import Reply

#: What is handed to the system at once; each such block has its own time-out.
BLOCK_BYTES = 131072


class WireError(Exception):
    """The wire cannot be used any more; `trouble` says why."""

    def __init__(self, cause: str, trouble: Trouble = Trouble.CLOSED) -> None:
        super().__init__(cause)
        self.cause = cause
        self.trouble = trouble


class Wire(asyncio.Protocol):
    """One connection. Whoever uses it knows at each moment what has left and what has not."""

    def __init__(self) -> None:
        self._parser = ReplyParser()
        self._transport: asyncio.Transport | None = None
        self._socket: Any = None
        #: What may leave only after everything before it has.
        self._held = b""
        self._tls: TlsLayer | None = None
        self._handshaking = False
        self._flushed = True
        self._failure: WireError | None = None
        self._waiter: asyncio.Future[None] | None = None
        #: Asked when something arrives; True: it has been dealt with and we wait on.
        self._go_on: Callable[[], bool] | None = None
        self._patience = 0.0
        # Asking for it asks the system for our process number, on Python 3.11 each time.
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; be told as soon as not everything could leave at once."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        """Take what the server said."""
        if self._tls is None:
            self._parser.feed(data)
        else:
            self._take_encrypted(self._tls, data)
        if self._parser.is_endless:
            self._fail(WireError("the server's reply has no end", Trouble.NONSENSE))
        if self._go_on is None or not self._asked(self._go_on):
            self._wake()

    def pause_writing(self) -> None:
        """Note that something waits to leave."""
        self._flushed = False

    def resume_writing(self) -> None:
        """Note that everything has left."""
        self._flushed = True
        self._wake()

    def eof_received(self) -> bool:
        """Note that the server will answer nothing any more: nothing more may leave either."""
        self._fail(WireError("the server closed the connection"))
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; read what the server said before it, where a failed write hid it."""
        if exc is not None:
            self._hear_last_words()
        said = f"the connection broke: {exc}" if exc else "the server closed the connection"
        self._fail(WireError(said))
        if self._timer is not None:
            self._timer.cancel()
        # asyncio's transports cannot even be aborted any more after this (3.11 to 3.13).
        self._transport = None
        if not self._closed.done():
            self._closed.set_result(None)
        self._wake()

    # What a session calls.

    @property
    def is_lost(self) -> bool:
        """Say whether the connection has ended."""
        return self._failure is not None

    @property
    def has_word(self) -> bool:
        """Say whether the server has said something that was not read, or has gone."""
        return self._failure is not None or not self._parser.is_clean

    def addresses(self) -> tuple[str, str]:
        """Return our address and the server's; empty where the system does not tell."""
        if self._transport is None:
            return "", ""
        ours = self._transport.get_extra_info("sockname") or ("",)
        theirs = self._transport.get_extra_info("peername") or ("",)
        return str(ours[0]), str(theirs[0])

    def write(self, plain: bytes) -> None:
        """Send bytes; a connection that has ended takes them silently."""
        if self._failure is None:
            raw = plain if self._tls is None else self._tls.encrypt(plain)
            self._send(raw, self._send_now(raw))

    def write_both(self, pieces: tuple[bytes, ...], last: bytes) -> bool:
        """Send the pieces, and `last` with them if all of them leave at once.

        Else `last` is held back until `release`, and it is certain that nothing of it
        has left.
        """
        if self._failure is not None:
            return False
        if self._tls is not None:
            pieces, last = (self._tls.encrypt(b"".join(pieces)),), self._tls.encrypt(last)
        sent = self._send_now(*pieces, last)
        size = sum(map(len, pieces))
        if sent >= size:
            self._send(last, sent - size)
            return True
        self._send(b"".join(pieces), sent)
        self._held = last
        return False

    def release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, b""
        self._send(held, 0)

    def _send_now(self, *pieces: bytes) -> int:
        """Return how many bytes the system took just now.

        Past the transport, because that does not tell how far it has come; in order,
        because it is done only while the transport has nothing to send.
        """
        transport = self._transport
        if not self._flushed or transport is None or transport.is_closing():
            return 0
        try:
            return os.writev(self._socket.fileno(), pieces)
        except (OSError, AttributeError):
            return 0  # The transport finds out what it is; Windows has no writev.

    def _send(self, raw: bytes, sent: int) -> None:
        """Leave to the transport what has not been sent yet."""
        if sent < len(raw) and self._transport is not None:
            self._transport.write(raw[sent:] if sent else raw)

    async def flush(self, timeout: float) -> None:
        """Wait until everything has left, or the server speaks before it has."""
        while not self._flushed and not self._parser.replies and self._failure is None:
            await self._wait(timeout, "the server stopped taking data")

    async def reply(self, timeout: float) -> Reply:
        """Return the next reply.

        Raises WireError when none comes in time or the connection has ended.
        """
        replies = self._parser.replies
        if not replies:
            self._deadline = self._loop.time() + timeout
            while not replies:
                if self._failure is not None:
                    raise self._failure
                await self._wait_until(f"no answer within {timeout:g} s")
        return replies.popleft()

    async def hear(self, timeout: float, go_on: Callable[[], bool]) -> Reply | None:
        """As `reply`, but `go_on` is asked first, at once, whenever something arrives.

        Where it says True, it has taken what was said and sent what comes next: then
        this waits on, with the time-out begun anew. So a connection on which all goes
        well needs nobody to be woken. None: `write_both` has held something back.
        """
        replies = self._parser.replies
        self._go_on, self._patience = go_on, timeout
        self._deadline = self._loop.time() + timeout
        try:
            while not replies and not self._held:
                if self._failure is not None:
                    raise self._failure
                await self._wait_until(f"no answer within {timeout:g} s")
        finally:
            self._go_on = None
        return replies.popleft() if replies else None

    def look(self) -> Reply | None:
        """Return what the server said unasked, if anything."""
        return self._parser.replies.popleft() if self._parser.replies else None

    def has_said(self, codes: list[int]) -> bool:
        """Take the next replies if all are there and have just these codes, else take none."""
        replies = self._parser.replies
        if [reply.code for reply in replies][: len(codes)] != codes:
            return False
        for _ in codes:
            replies.popleft()
        return True

    def has_said_just(self, codes: list[int]) -> Reply | None:
        """Take replies with these codes and return the first, if there is nothing else."""
        parser = self._parser
        replies = parser.replies
        if len(replies) != len(codes) or not parser.is_whole:
            return None
        if self._held or self._failure is not None or [one.code for one in replies] != codes:
            return None
        first = replies.popleft()
        replies.clear()
        return first

    async def encrypt(self, context: ssl.SSLContext, host: str, timeout: float) -> None:
        """Encrypt from here on.

        What arrived in clear after the server's consent was put there by somebody
        else, to be taken for an answer given under encryption (CVE-2011-0411).
        """
        if not self._parser.is_clean:
            self.abort()
            raise WireError("the server spoke in clear where encryption begins", Trouble.TLS)
        self._tls, self._handshaking = TlsLayer(context, host), True
        self._take_encrypted(self._tls, b"")
        self._deadline = self._loop.time() + timeout
        while self._handshaking:
            if self._failure is not None:
                raise self._failure
            await self._wait_until(f"no encryption within {timeout:g} s")

    def abort(self) -> None:
        """Drop the connection at once; what has not left never will."""
        self._fail(WireError("we closed the connection"))
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """End the connection and wait until the system has let it go."""
        if self._transport is None:
            return
        if self._failure is None and self._tls is not None and not self._handshaking:
            self._transport.write(self._tls.farewell())
        self._fail(WireError("we closed the connection"))
        # Nobody reads any more: what is not out after QUIT's answer never will be.
        self._transport.abort()
        await self._closed

    # How it is done.

    def _take_encrypted(self, tls: TlsLayer, data: bytes) -> None:
        plain = answer = more = b""
        try:
            if self._handshaking:
                done, answer = tls.handshake(data)
                self._handshaking, data = not done, b""
            if not self._handshaking:
                plain, more = tls.decrypt(data)
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or error.reason
            self._refuse(tls, f"the certificate was not accepted: {reason}", Trouble.CERTIFICATE)
            return
        except ssl.SSLError as error:
            self._refuse(tls, f"encryption failed: {error.reason or error}", Trouble.TLS)
            return
        if self._transport is not None and (answer or more):
            self._transport.write(answer + more)
        self._parser.feed(plain)

    def _refuse(self, tls: TlsLayer, cause: str, trouble: Trouble) -> None:
        if self._transport is not None:
            self._transport.write(tls.alert())
        self._fail(WireError(cause, trouble))

    def _hear_last_words(self) -> None:
        """Read what waits in the socket: "552 too big", "421 going down", then a reset."""
        if self._transport is None or self._tls is not None:
            return
        try:
            with self._socket.dup() as copy:
                copy.setblocking(False)
                self._parser.feed(copy.recv(BLOCK_BYTES))
        except (OSError, NotImplementedError, AttributeError):
            return

    def _fail(self, failure: WireError) -> None:
        if self._failure is None:
            self._failure = failure

    def _asked(self, go_on: Callable[[], bool]) -> bool:
        """Say whether what arrived has been dealt with; a bug there ends the wait too."""
        try:
            went_on = go_on()
        except BaseException as error:
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(error)
            raise
        if went_on:
            self._deadline = self._loop.time() + self._patience
        return went_on

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, timeout: float, cause: str) -> None:
        self._deadline = self._loop.time() + timeout
        await self._wait_until(cause)

    async def _wait_until(self, cause: str) -> None:
        """Wait for anything to happen until the deadline, with one timer for the whole wire."""
        loop = self._loop
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_at(self._deadline, self._ring)
        self._waiter = loop.create_future()
        try:
            await self._waiter
        except TimeoutError:
            self._fail(WireError(cause, Trouble.TIMED_OUT))
            self.abort()
        finally:
            self._waiter = None

    def _ring(self) -> None:
        """Wake the waiter if its time is up; else ring again when it will be."""
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        loop = self._loop
        if loop.time() >= self._deadline:
            self._waiter.set_exception(TimeoutError())
        else:
            self._timer = loop.call_at(self._deadline, self._ring)


async def connect(host: str, port: int, timeout: float) -> Wire:
    """Return a connection to the server, by whichever of its addresses answers first.

    Raises WireError for a name nobody knows and a server that cannot be reached.
    """
    loop = asyncio.get_running_loop()
    # RFC 8305; uvloop does not know the parameter.
    racing: dict[str, Any] = {}
    if isinstance(loop, asyncio.BaseEventLoop):
        racing = {"happy_eyeballs_delay": 0.25}
    wire: Wire
    try:
        async with asyncio.timeout(timeout):
            _, wire = await loop.create_connection(Wire, host, port, **racing)
    except TimeoutError as error:
        raise WireError(f"no connection within {timeout:g} s", Trouble.TIMED_OUT) from error
    except socket.gaierror as error:
        unknown = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
        trouble = Trouble.NO_SUCH_HOST if unknown else Trouble.UNREACHABLE
        raise WireError(f"the name {host!r} cannot be found: {error.strerror}", trouble) from error
    except (OSError, UnicodeError) as error:
        raise WireError(f"no connection: {_plainly(error)}", Trouble.UNREACHABLE) from error
    return wire


def _plainly(error: OSError | UnicodeError) -> str:
    """Return "Connection refused" rather than asyncio's "[Errno 111] Connect call failed ..."."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)
