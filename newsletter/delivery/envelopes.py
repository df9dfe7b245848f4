"""The envelope as SMTP commands, or why a message must not be tried on this server."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from newsletter.delivery.content import Inspected, inspect, on_the_wire
from newsletter.delivery.outcome import Outcome, Stage, Trouble

if TYPE_CHECKING:
    from newsletter.delivery.content import Content
    from newsletter.delivery.extensions import Extensions

#: RFC 5321 section 4.5.3.1.3, without the angle brackets.
PATH_MAXIMUM_BYTES = 254
_LOCAL = (
    r"""(?:[^\s"<>()\\,;:@\x00-\x1f\x7f\ud800-\udfff]+|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*")"""
)
_DOMAIN = r"(?:[^\s\"<>()\\,;:@\[\]\x00-\x1f\x7f\ud800-\udfff]+|\[[A-Za-z0-9.:-]+\])"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}")


class Outgoing(NamedTuple):
    """One message whose intent is durable: it may leave."""

    key: int
    #: The envelope.
    sender: str
    recipient: str
    #: The complete message with CRLF line ends.
    content: Content


class Commands(NamedTuple):
    """How one message is announced."""

    mail: bytes
    rcpt: bytes
    #: What is known of the content.
    inspected: Inspected


def commands_for(outgoing: Outgoing, offered: Extensions) -> Commands | Outcome:
    """Return the MAIL and RCPT commands, or why this message must not be tried here."""
    inspected = inspect(outgoing.content)
    if inspected.fault:
        return _refused(f"the message must not leave: {inspected.fault}", Trouble.CONTENT)
    if 0 < offered.size < inspected.size_bytes:
        said = f"the message has {inspected.size_bytes} bytes, the server takes {offered.size}"
        return _refused(said, Trouble.TOO_BIG)
    sender, recipient = _sender(outgoing.sender), _path(outgoing.recipient)
    if sender is None or recipient is None:
        wrong = outgoing.sender if sender is None else outgoing.recipient
        stage = Stage.MAIL if sender is None else Stage.RCPT
        return _refused(f"{wrong!r} is no address", Trouble.ADDRESS, stage)
    parameters = b" SIZE=%d" % inspected.size_bytes if offered.takes_size else b""
    if not (inspected.is_ascii and sender.isascii() and recipient.isascii()):
        more = _beyond_ascii(sender + recipient, outgoing.content, inspected, offered)
        if isinstance(more, Outcome):
            return more
        parameters += more
    return Commands(
        b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), parameters),
        b"RCPT TO:<%b>\r\n" % recipient.encode(),
        inspected,
    )


def _beyond_ascii(
    paths: str, content: Content, inspected: Inspected, offered: Extensions
) -> bytes | Outcome:
    """Return the parameters that 8-bit text and addresses need, or who does not take them."""
    if not inspected.is_ascii and not offered.eightbit:
        said = "the message has 8-bit text, the server takes none (8BITMIME)"
        return _refused(said, Trouble.NEEDS_8BITMIME)
    parameters = b"" if inspected.is_ascii else b" BODY=8BITMIME"
    headers, _, _ = on_the_wire(content).partition(b"\r\n\r\n")
    if paths.isascii() and headers.isascii():
        return parameters
    if not offered.smtputf8:
        said = "the address has letters beyond ASCII, the server takes none (SMTPUTF8)"
        return _refused(said, Trouble.NEEDS_SMTPUTF8)
    return parameters + b" SMTPUTF8"


@lru_cache(maxsize=16)
def _sender(address: str) -> str | None:
    """Return the sender's path; the null sender is one."""
    return _path(address) if address else ""


def _path(address: str) -> str | None:
    """Return an address as it stands in a command, its domain in ASCII; None: it cannot."""
    if not address.isascii() and not (address := _with_ascii_domain(address)):
        return None
    if not _ADDRESS.fullmatch(address) or len(address.encode()) > PATH_MAXIMUM_BYTES:
        return None
    return address


def _with_ascii_domain(address: str) -> str:
    """Return the address with its domain as A-labels (RFC 5890); empty where that fails."""
    import idna

    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        return ""


def _refused(cause: str, trouble: Trouble, stage: Stage = Stage.MAIL) -> Outcome:
    return Outcome(stage, cause=cause, trouble=trouble)
