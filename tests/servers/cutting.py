"""A wire to a PostgreSQL server that is cut at a moment of the test's choice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

#: `asked`: the server never hears of the COMMIT; `done`: it does it, and its answer is lost.
Moment = Literal["asked", "done"]


class Wire:
    """Carries bytes from a port of its own to a server's, until it is cut."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut_at: Moment | None = None
        self._is_over = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at_next_commit(self, moment: Moment) -> None:
        """Cut the connection that sends the next COMMIT, and leave all others alone."""
        self._cut_at = moment

    def close(self) -> None:
        """Take no more connections."""
        self._is_over = True
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_over:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=_carry, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while asked := client.recv(65536):
                if b"COMMIT" in asked and self._cut_at:
                    self._cut(client, server, asked)
                    return
                server.sendall(asked)
        _end(client, server)

    def _cut(self, client: socket.socket, server: socket.socket, asked: bytes) -> None:
        moment, self._cut_at = self._cut_at, None
        _end(client)
        if moment == "done":
            server.sendall(asked)
        # What the server still says nobody hears; it ends when it finds that we are gone.
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)


def _carry(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(65536):
            with suppress(OSError):
                to.sendall(said)
    _end(source, to)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def wire(port: int) -> Iterator[Wire]:
    """Lay a wire to the server at a port of this machine."""
    laid = Wire(port)
    try:
        yield laid
    finally:
        laid.close()
