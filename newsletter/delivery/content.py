"""What may leave: complete lines, no bare CR or LF, dots doubled, addresses that are addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.delivery.outcome import Outcome, Stage, Trouble

if TYPE_CHECKING:
    from newsletter.delivery.extensions import Extensions
    from newsletter.model.mailing import Envelope

#: RFC 5322 section 2.1.1: 998 characters and CRLF.
LINE_MAXIMUM_BYTES = 1000
#: RFC 5321 section 4.5.3.1.3, without the angle brackets.
PATH_MAXIMUM_BYTES = 254
_LOCAL = (
    r"""(?:[^\s"<>()\\,;:@\x00-\x1f\x7f\ud800-\udfff]+|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*")"""
)
_DOMAIN = r"(?:[^\s\"<>()\\,;:@\[\]\x00-\x1f\x7f\ud800-\udfff]+|\[[A-Za-z0-9.:-]+\])"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}")


def fault_of(content: bytes) -> str:
    """Return what is wrong with a message's bytes, in plain words; empty: nothing.

    A bare CR or LF lets a line of the text pass for the end of the message and the
    rest for commands (CVE-2023-51764); no server can be trusted to refuse it.
    """
    pairs = content.count(b"\r\n")
    if content.count(b"\n") != pairs:
        return "it has a line that ends with LF alone"
    if content.count(b"\r") != pairs:
        return "it has a CR that ends no line"
    if b"\0" in content:
        return "it has a NUL byte"
    return "it has a line longer than 998 bytes" if _has_long_line(content) else ""


def _has_long_line(content: bytes) -> bool:
    """Look back from each farthest place where a line may end: 50 looks for 45 KB."""
    start, end = 0, len(content)
    while end - start > LINE_MAXIMUM_BYTES:
        found = content.rfind(b"\n", start, start + LINE_MAXIMUM_BYTES)
        if found < 0:
            return True
        start = found + 1
    return end - start > LINE_MAXIMUM_BYTES - (0 if content.endswith(b"\r\n") else 2)


def on_the_wire(content: bytes) -> bytes:
    """Return the content as it leaves: its last line ended, dots at line starts doubled."""
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content if not content or content.endswith(b"\r\n") else content + b"\r\n"


def commands_for(
    envelope: Envelope, content: bytes, offered: Extensions
) -> tuple[bytes, bytes] | Outcome:
    """Return the MAIL and RCPT commands, or why this message must not be tried here."""
    if offered.size and len(content) > offered.size:
        said = f"the message has {len(content)} bytes, the server takes {offered.size}"
        return _refused(said, Trouble.TOO_BIG)
    if fault := fault_of(content):
        return _refused(f"the message must not leave: {fault}", Trouble.CONTENT)
    sender, recipient = _path(envelope.sender, is_sender=True), _path(envelope.recipient)
    if sender is None or recipient is None:
        wrong = envelope.sender if sender is None else envelope.recipient
        stage = Stage.MAIL if sender is None else Stage.RCPT
        return _refused(f"{wrong!r} is no address", Trouble.ADDRESS, stage)
    parameters = _parameters(sender + recipient, content, offered)
    if isinstance(parameters, Outcome):
        return parameters
    mail = b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), parameters)
    return mail, b"RCPT TO:<%b>\r\n" % recipient.encode()


def _parameters(paths: str, content: bytes, offered: Extensions) -> bytes | Outcome:
    parameters = b" SIZE=%d" % len(content) if offered.takes_size else b""
    is_ascii = content.isascii()
    if not is_ascii:
        if not offered.eightbit:
            said = "the message has 8-bit text, the server takes none (8BITMIME)"
            return _refused(said, Trouble.NEEDS_8BITMIME)
        parameters += b" BODY=8BITMIME"
    if not paths.isascii() or not (is_ascii or content.partition(b"\r\n\r\n")[0].isascii()):
        if not offered.smtputf8:
            said = "the address has letters beyond ASCII, the server takes none (SMTPUTF8)"
            return _refused(said, Trouble.NEEDS_SMTPUTF8)
        parameters += b" SMTPUTF8"
    return parameters


def _path(address: str, *, is_sender: bool = False) -> str | None:
    """Return an address as it stands in a command, its domain in ASCII; None: it cannot."""
    if not address:
        return "" if is_sender else None
    if not address.isascii():
        address = _with_ascii_domain(address)
    if not _ADDRESS.fullmatch(address) or len(address.encode()) > PATH_MAXIMUM_BYTES:
        return None
    return address


def _with_ascii_domain(address: str) -> str:
    """Return the address with its domain as A-labels (RFC 5890); unchanged where that fails."""
    import idna

    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        return address


def _refused(cause: str, trouble: Trouble, stage: Stage = Stage.MAIL) -> Outcome:
    return Outcome(stage, cause=cause, trouble=trouble)
