"""Encryption of a connection: what is trusted, and the layer that does it."""

from __future__ import annotations

import contextlib
import ssl

#: Plain bytes taken out of the layer at once; larger than a TLS record.
_READ_BYTES = 65536


def client_context(ca_file: str = "") -> ssl.SSLContext:
    """Return what we trust: the system's authorities and, in addition, those of a file.

    Certificate and name are always verified. smtplib's starttls() without a context
    verifies neither, which is why the context is never left to a library.
    """
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class TlsLayer:
    """One side of an encrypted connection, without a socket.

    We keep the bytes in our own hands (and not in asyncio's start_tls) to know exactly
    whether the content has left before the final dot is allowed to follow.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def handshake(self, received: bytes = b"") -> tuple[bool, bytes]:
        """Take a step; return whether it is done and what must be sent now.

        Raises ssl.SSLError, for a certificate that is not trusted among others.
        """
        self._incoming.write(received)
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False, self._outgoing.read()
        return True, self._outgoing.read()

    def alert(self) -> bytes:
        """Return what tells the other side why a handshake failed."""
        return self._outgoing.read()

    def encrypt(self, plain: bytes) -> bytes:
        """Return what goes over the wire instead of `plain`."""
        self._object.write(plain)
        return self._outgoing.read()

    def decrypt(self, received: bytes) -> tuple[bytes, bytes]:
        """Return what the other side said, and what must be sent because of it.

        Raises ssl.SSLError for bytes that are not of this conversation.
        """
        self._incoming.write(received)
        plain = []
        try:
            while piece := self._object.read(_READ_BYTES):
                plain.append(piece)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return b"".join(plain), self._outgoing.read()

    def farewell(self) -> bytes:
        """Return what says properly that we say no more."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()
        return self._outgoing.read()
