"""What became of one step with a mail server: the stage, the server's words, the trouble."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from newsletter.delivery.progress import shorten


class Stage(StrEnum):
    """Where in a session something happened, in the order of the session."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: The content is going out; the final dot is not.
    BODY = "body"
    #: The final dot has been sent; only an answer can say what became of the message.
    DOT = "dot"
    RSET = "rset"
    QUIT = "quit"


class Trouble(StrEnum):
    """Why there is no answer of the server to go by, or why none was asked for."""

    #: The server answered; its reply says it all.
    NONE = ""
    #: The connection ended.
    CLOSED = "closed"
    #: No answer came in time.
    TIMED_OUT = "timed-out"
    #: The name is unknown.
    NO_SUCH_HOST = "no-such-host"
    #: No connection could be made.
    UNREACHABLE = "unreachable"
    #: The session ended before this message was begun.
    NOT_BEGUN = "not-begun"
    #: We were told to stop.
    STOPPED = "stopped"
    #: The answer is no SMTP reply, or does not answer what was asked.
    NONSENSE = "nonsense"
    #: Encryption is required and not offered.
    NO_ENCRYPTION = "no-encryption"
    #: The certificate is not the server's, or nobody we trust has signed it.
    CERTIFICATE = "certificate"
    #: Encryption could not be agreed on.
    TLS = "tls"
    #: The server offers no way to log in that we know.
    NO_LOGIN = "no-login"
    #: A password or a message would have gone in clear over a network.
    IN_CLEAR = "in-clear"
    #: The content must not leave: a bare CR or LF, a NUL, a line that is too long.
    CONTENT = "content"
    #: The content is larger than the server says it takes.
    TOO_BIG = "too-big"
    #: The address cannot be written in an SMTP command.
    ADDRESS = "address"
    #: The address needs SMTPUTF8 (RFC 6531), which the server does not offer.
    NEEDS_SMTPUTF8 = "needs-smtputf8"
    #: The content needs 8BITMIME (RFC 6152), which the server does not offer.
    NEEDS_8BITMIME = "needs-8bitmime"


#: How servers name the message they took: Postfix, Exim, sendmail, qmail, Gmail, SES.
_QUEUE_IDS = (
    re.compile(r"queued as <?([\w.@-]+?)>?\.?(?:\s|$)", re.IGNORECASE),
    re.compile(r"\bid=([\w-]+)"),
    re.compile(r"^(\w{10,}) Message accepted for delivery"),
    re.compile(r"\bqp (\d+)"),
    re.compile(r"^OK\s+\d+ (\S+) - gsmtp", re.IGNORECASE),
    re.compile(r"^Ok ([0-9a-f]{16}-[0-9a-f-]+)", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a server, made safe to show and to store.

    `code` is 0 where the server did not speak SMTP. `text` has all lines without
    their codes; whatever is not printable is written out.
    """

    code: int
    enhanced: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the reply on one line, as the server said it."""
        return " ".join(part for part in (str(self.code or ""), self.enhanced, self.text) if part)

    @property
    def is_positive(self) -> bool:
        """Say whether the server did what was asked."""
        return 200 <= self.code <= 299

    @property
    def is_temporary(self) -> bool:
        """Say whether the server refused for now."""
        return 400 <= self.code <= 499

    @property
    def is_permanent(self) -> bool:
        """Say whether the server refused for good."""
        return 500 <= self.code <= 599

    @property
    def is_definite(self) -> bool:
        """Say whether this settles the matter, whichever way (RFC 5321 section 4.2.1)."""
        return self.is_positive or self.is_temporary or self.is_permanent

    @property
    def queue_id(self) -> str:
        """Return the name under which the server took the message; empty: it told none."""
        return _queue_id(self.text) if self.is_positive else ""


# Many servers say the same to every message.
@lru_cache(maxsize=16)
def _queue_id(text: str) -> str:
    for pattern in _QUEUE_IDS:
        if found := pattern.search(text):
            return found.group(1)
    return ""


class Outcome(NamedTuple):
    """What became of a message, or of a session: the stage and what was heard there."""

    stage: Stage
    reply: Reply | None = None
    #: In plain words; empty where the reply says it.
    cause: str = ""
    trouble: Trouble = Trouble.NONE

    @property
    def after_dot(self) -> bool:
        """Say whether the server may have taken the message without our knowing.

        True only if the final dot may have been received and no definite answer came.
        """
        return self.stage is Stage.DOT and not (self.reply and self.reply.is_definite)

    @property
    def is_accepted(self) -> bool:
        """Say whether the server took the message: any 2xx after the dot."""
        reply = self.reply
        return reply is not None and 200 <= reply.code <= 299 and self.stage is Stage.DOT

    def __str__(self) -> str:
        """Return the outcome on one line, not too long to be read; the ledger has all of it."""
        said = str(self.reply) if self.reply else self.cause
        return shorten(f"{self.stage}: {said}")
