"""One mail server as a sender uses it: where it is, how to log in, how long to wait."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal, Protocol

Security = Literal["starttls", "tls", "plain", "plain-without-encryption"]
Mechanism = Literal["", "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]


class TokenError(Exception):
    """No token can be had; says why, in words for staff and without the token."""


class TokenSource(Protocol):
    """Where access tokens come from."""

    async def token(self, refused: str = "") -> str:
        """Return a token that is not `refused`; raises TokenError."""


class Seats(Protocol):
    """How many connections there may be, where other processes have some too."""

    def hold(self, wanted: int) -> int:
        """Return how many connections there may be now, of so many wanted."""

    def sit(self) -> None:
        """Note that a connection is being opened."""

    def rise(self) -> None:
        """Note that a connection has ended."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server that takes our messages."""

    host: str
    port: int = 587
    #: "plain" is for this machine only; anything else must say plain-without-encryption.
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    #: OAuth 2 access token; used instead of the password.
    token: str = field(default="", repr=False)
    #: Where a fresh token comes from, because each runs out within hours; None: `token`.
    tokens: TokenSource | None = field(default=None, repr=False, compare=False)
    #: Empty: the strongest one that both sides know.
    mechanism: Mechanism = ""
    #: Certificates (PEM) trusted in addition to the system's.
    ca_file: str = ""
    #: The name we greet with; empty: our address on the connection.
    local_name: str = ""
    #: Some providers close a connection after so many; a new one also spreads the load.
    messages_per_connection: int = 100
    #: Shared with other processes; None: nobody else uses this server.
    seats: Seats | None = field(default=None, repr=False, compare=False)
    #: Several commands in one write where the server offers it (RFC 2920).
    pipelining: bool = True

    @property
    def encrypts(self) -> bool:
        """Say whether nothing but the greeting goes over the wire in clear."""
        return self.security in {"starttls", "tls"}

    @property
    def wants_login(self) -> bool:
        """Say whether we have something to log in with."""
        return bool(self.username or self.uses_token)

    @property
    def uses_token(self) -> bool:
        """Say whether the login is by token and not by password."""
        return bool(self.token or self.tokens)

    def __str__(self) -> str:
        """Return host and port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds to wait for each answer (RFC 5321 section 4.5.3.2)."""

    #: RFC 5321 names none; Postfix waits 30.
    connect: float = 30
    greeting: float = 300
    ehlo: float = 300
    tls: float = 60
    auth: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    #: For each block of the content to be taken.
    block: float = 180
    #: Giving up earlier after the dot makes copies (RFC 5321 section 4.5.3.2.6).
    dot: float = 600
    #: All is said by then; nothing depends on this answer.
    quit: float = 10


def is_loopback(address: str) -> bool:
    """Say whether an IP address is this machine."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def address_literal(address: str) -> str:
    """Return an IP address as RFC 5321 section 4.1.3 writes it in EHLO."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "localhost"
    return f"[IPv6:{ip}]" if ip.version == 6 else f"[{ip}]"
