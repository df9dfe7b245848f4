"""Logging in: PLAIN (RFC 4616), LOGIN, XOAUTH2, OAUTHBEARER (RFC 7628)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.delivery.server import Mechanism, Server

#: Strongest first. LOGIN is obsolete, but all that some Exchange servers offer.
WITH_PASSWORD: tuple[Mechanism, ...] = ("PLAIN", "LOGIN")
WITH_TOKEN: tuple[Mechanism, ...] = ("OAUTHBEARER", "XOAUTH2")
#: The longest command, its end included (RFC 5321 section 4.5.3.1.4).
COMMAND_BYTES = 512

#: Tokens run out; a password does not change by itself.
RAN_OUT = (
    "The server did not accept the token: it has run out, or it is for another account."
    " Set SMTP_TOKEN_COMMAND to a command that prints a fresh one, or put one into SMTP_TOKEN."
)


def choose_mechanism(server: Server, offered: frozenset[str]) -> Mechanism:
    """Return the mechanism to use; empty: none that both sides know."""
    known = WITH_TOKEN if server.uses_token else WITH_PASSWORD
    wanted = (server.mechanism,) if server.mechanism else known
    return next((one for one in wanted if one in offered), "")


def credentials(server: Server, mechanism: Mechanism) -> list[bytes]:
    """Return our lines in order, in base64; the first goes with the AUTH command itself.

    An empty first line means that the server asks first: so does LOGIN, and so must
    what makes the command longer than a line may be (RFC 4954 section 4).
    """
    if mechanism == "LOGIN":
        return [b"", _encoded(server.username), _encoded(server.password)]
    line = _only_line(server, mechanism)
    return [line] if len(f"AUTH {mechanism} ") + len(line) + 2 <= COMMAND_BYTES else [b"", line]


def _only_line(server: Server, mechanism: Mechanism) -> bytes:
    user, password = server.username, server.password
    if mechanism == "XOAUTH2":
        return _encoded(f"user={user}\x01auth=Bearer {server.token}\x01\x01")
    if mechanism == "OAUTHBEARER":
        name = user.replace("=", "=3D").replace(",", "=2C")
        place = f"host={server.host}\x01port={server.port}"
        return _encoded(f"n,a={name},\x01{place}\x01auth=Bearer {server.token}\x01\x01")
    return _encoded(f"\0{user}\0{password}")


def dismissal(mechanism: Mechanism) -> bytes:
    """Return the line that ends an exchange whose credentials were refused by a 334.

    RFC 7628 section 3.2.3 wants a lone ^A, Google's XOAUTH2 an empty line; "*" cancels
    all others (RFC 4954 section 4).
    """
    return {"OAUTHBEARER": b"AQ==", "XOAUTH2": b""}.get(mechanism, b"*")


def explanation(text: str) -> str:
    """Return what a 334 with a refusal says: base64 of a JSON text; empty: nothing readable."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except ValueError:
        return ""


def _encoded(text: str) -> bytes:
    return base64.b64encode(text.encode("utf-8"))
