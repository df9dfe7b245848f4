"""An SMTP server on this machine that files what it gets: the demo's inboxes."""

from __future__ import annotations

import asyncio
import mailbox
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import ServerError

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the running receiver listens and files."""

    host: str
    port: int
    folder: Path


class _Filing:
    """File each message into one Maildir, with the envelope as two headers on top."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """File the message before saying that it was taken."""
        trace = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {envelope.rcpt_tos[0]}\r\n"
        content = envelope.content or b""
        body = content.encode("utf-8") if isinstance(content, str) else content
        self.maildir.add(trace.encode("utf-8") + body)
        return "250 2.0.0 Filed"


@contextmanager
def receiver(folder: Path, *, port: int = 0) -> Iterator[Receiver]:
    """Run an SMTP server on loopback that files every message into the Maildir `folder`.

    It listens on 127.0.0.1 only, on a free port unless one is named. Raises
    ServerError where the port is taken.
    """
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise ServerError(
            f"cannot listen on port {port}: {error.strerror}", hint="Name another port."
        ) from error
    with _serving(listening, _Filing(folder)):
        yield Receiver("127.0.0.1", listening.getsockname()[1], folder)


@contextmanager
def _serving(listening: socket.socket, filing: _Filing) -> Iterator[None]:
    """Serve SMTP on the socket in a thread until the block ends."""
    from aiosmtpd.smtp import SMTP

    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        await loop.create_server(
            lambda: SMTP(filing, hostname="localhost", enable_SMTPUTF8=True), sock=listening
        )
        started.set_result((loop, stop))
        await stop.wait()

    # asyncio.run also ends the conversations of clients that are still connected.
    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    loop, stop = started.result()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        listening.close()
