"""The reasons there are, and which enhanced codes stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whose matter an outcome is."""

    #: The server as a whole: back off this route.
    SITE = "site"
    #: Our settings: nothing will work until somebody mends them.
    CONFIGURATION = "configuration"
    #: Our address or standing as a sender.
    SENDER = "sender"
    #: This message, whoever it goes to.
    MESSAGE = "message"
    #: This reader.
    RECIPIENT = "recipient"
    #: This connection.
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a message was not taken, in the words staff read."""

    scope: Scope
    explanation: str
    stop_run: bool = False
    slow_down: bool = False
    #: The address itself is bad, if the server means it for good.
    blames_address: bool = False
    #: A refusal "for good" that passes all the same: a mailbox gets emptied.
    passes: bool = False


#: The words never change: reports count by them, `retry --reason` chooses by them.
REASONS: dict[str, Reason] = {
    # The reader's mailbox.
    "no-such-user": Reason(
        Scope.RECIPIENT, "The server knows no such mailbox.", blames_address=True
    ),
    "no-such-domain": Reason(
        Scope.RECIPIENT, "The domain of the address takes no mail.", blames_address=True
    ),
    "bad-address": Reason(
        Scope.RECIPIENT, "The server cannot read this as an address.", blames_address=True
    ),
    "moved": Reason(Scope.RECIPIENT, "The reader has left this address.", blames_address=True),
    "mailbox-disabled": Reason(
        Scope.RECIPIENT, "The mailbox has been closed or is not used.", blames_address=True
    ),
    "mailbox-full": Reason(Scope.RECIPIENT, "The reader's mailbox is full.", passes=True),
    "mailbox-unavailable": Reason(Scope.RECIPIENT, "The mailbox cannot be written to just now."),
    "mailbox-too-small": Reason(Scope.RECIPIENT, "The mailbox takes no message of this size."),
    "not-allowed-to-write": Reason(
        Scope.RECIPIENT, "This reader takes messages from chosen senders only."
    ),
    "greylisted": Reason(
        Scope.RECIPIENT,
        "The server asks new senders to come back later; that passes by itself.",
    ),
    "recipient-rate": Reason(
        Scope.RECIPIENT, "This mailbox is getting more messages than its server allows at once."
    ),
    "too-many-recipients": Reason(
        Scope.RECIPIENT, "The server takes no more recipients at once.", passes=True
    ),
    "no-route": Reason(Scope.RECIPIENT, "The server found no way to the reader's server."),
    "loop": Reason(Scope.RECIPIENT, "The reader's mail is forwarded in a circle."),
    "needs-smtputf8": Reason(
        Scope.RECIPIENT, "The address has letters the server cannot handle (no SMTPUTF8)."
    ),
    "refused": Reason(Scope.RECIPIENT, "The server refused this reader without saying why."),
    "domain-rests": Reason(
        Scope.RECIPIENT,
        "The reader's domain was putting everybody off, and is left alone for a while.",
    ),
    # What we send.
    "too-big": Reason(Scope.MESSAGE, "The message is larger than the server takes.", stop_run=True),
    "content": Reason(Scope.MESSAGE, "The server refused the content of the message."),
    "content-fault": Reason(
        Scope.MESSAGE, "The message has a fault and was not sent at all.", stop_run=True
    ),
    "needs-8bitmime": Reason(
        Scope.MESSAGE, "The message has 8-bit text, which the server cannot handle.", stop_run=True
    ),
    "message-deferred": Reason(Scope.MESSAGE, "The server did not take the message for now."),
    # How others see us.
    "policy": Reason(Scope.SENDER, "The server refuses our messages as a matter of policy."),
    "authentication": Reason(
        Scope.SENDER,
        "Our SPF, DKIM or DMARC (or the name of our server) did not satisfy the server.",
    ),
    "blocked": Reason(Scope.SENDER, "Our server or domain is on a block list."),
    "sender-refused": Reason(
        Scope.SENDER, "The server does not let us send from this address.", stop_run=True
    ),
    # The server we hand our messages to.
    "rate": Reason(Scope.SITE, "The server asks us to send more slowly.", slow_down=True),
    "daily-limit": Reason(
        Scope.SITE, "The server's limit for today is used up.", stop_run=True, slow_down=True
    ),
    "server-closing": Reason(Scope.SITE, "The server is closing for now.", slow_down=True),
    "server-full": Reason(Scope.SITE, "The server has no room for messages now.", slow_down=True),
    "server-problem": Reason(Scope.SITE, "The server has a problem of its own."),
    "unreachable": Reason(Scope.SITE, "The server cannot be reached.", slow_down=True),
    "server-refuses": Reason(Scope.SITE, "The server takes no connection from us.", slow_down=True),
    "login-deferred": Reason(Scope.SITE, "The server cannot check the login now.", slow_down=True),
    # Our settings.
    "no-such-server": Reason(
        Scope.CONFIGURATION, "There is no server of this name; check SMTP_HOST.", stop_run=True
    ),
    "login": Reason(
        Scope.CONFIGURATION,
        "The server did not accept the login; check SMTP_USERNAME and SMTP_PASSWORD.",
        stop_run=True,
    ),
    "login-needed": Reason(
        Scope.CONFIGURATION,
        "The server wants a login or encryption first; check SMTP_USERNAME and SMTP_SECURITY.",
        stop_run=True,
    ),
    "no-login": Reason(
        Scope.CONFIGURATION,
        "The server offers no way to log in that we know; check SMTP_SECURITY and SMTP_PORT.",
        stop_run=True,
    ),
    "greeting-name": Reason(
        Scope.CONFIGURATION,
        "The server does not like the name we greet it with; set SMTP_LOCAL_NAME to the full"
        " name of this machine.",
        stop_run=True,
    ),
    "account-stopped": Reason(
        Scope.CONFIGURATION,
        "The server has stopped our account from sending; ask whoever runs it.",
        stop_run=True,
    ),
    "token": Reason(
        Scope.CONFIGURATION,
        "There is no token to log in with; check SMTP_TOKEN_COMMAND.",
        stop_run=True,
    ),
    "relay-denied": Reason(
        Scope.CONFIGURATION,
        "The server does not pass messages on for us; check SMTP_HOST and SMTP_USERNAME.",
        stop_run=True,
    ),
    "no-encryption": Reason(
        Scope.CONFIGURATION,
        "The server offers no encryption, so nothing was sent; check SMTP_SECURITY and SMTP_PORT.",
        stop_run=True,
    ),
    "certificate": Reason(
        Scope.CONFIGURATION,
        "The server could not prove its name; check SMTP_HOST and SMTP_CA_FILE.",
        stop_run=True,
    ),
    "encryption": Reason(
        Scope.CONFIGURATION,
        "No encryption could be agreed on; check SMTP_SECURITY and SMTP_PORT.",
        stop_run=True,
    ),
    "in-clear": Reason(
        Scope.CONFIGURATION,
        "Everything would go over the network in clear; set SMTP_SECURITY to starttls or tls.",
        stop_run=True,
    ),
    "not-supported": Reason(
        Scope.CONFIGURATION, "The server does not know a command we need.", stop_run=True
    ),
    # The connection.
    "lost-before-dot": Reason(
        Scope.SESSION, "The connection ended before the message was complete; it was not sent."
    ),
    "lost-after-dot": Reason(
        Scope.SESSION, "The connection ended before the server said whether it took the message."
    ),
    "no-answer": Reason(
        Scope.SESSION,
        "The server gave no answer in time; the message was not sent.",
        slow_down=True,
    ),
    "not-begun": Reason(Scope.SESSION, "The connection ended before this message was begun."),
    "stopped": Reason(Scope.SESSION, "The sender was stopped before the message was complete."),
    "nonsense": Reason(
        Scope.SESSION, "The server's answer could not be understood.", slow_down=True
    ),
    "accepted": Reason(Scope.RECIPIENT, "The server took the message."),
}

#: The last two numbers of an enhanced code (RFC 3463 and its registry) -> reason.
_BY_CODE: dict[str, str] = {
    "1.0": "no-such-user",
    "1.1": "no-such-user",
    "1.2": "no-such-domain",
    "1.3": "bad-address",
    "1.4": "no-such-user",
    "1.6": "moved",
    "1.7": "sender-refused",
    "1.8": "sender-refused",
    "1.10": "no-such-user",
    "2.1": "mailbox-disabled",
    "2.2": "mailbox-full",
    "2.3": "mailbox-too-small",
    "2.4": "mailbox-unavailable",
    "2.121": "recipient-rate",
    "2.122": "recipient-rate",
    "2.252": "sender-refused",
    "3.1": "server-full",
    "3.2": "server-problem",
    "3.3": "not-supported",
    "3.4": "too-big",
    "3.5": "server-problem",
    "4.4": "no-route",
    "4.5": "server-problem",
    "4.310": "no-such-domain",
    "4.6": "loop",
    "4.14": "loop",
    "5.3": "too-many-recipients",
    "6.7": "needs-smtputf8",
    "7.3": "login-needed",
    "7.10": "login-needed",
    "7.11": "login-needed",
    "7.17": "moved",
    "7.18": "no-such-domain",
    "7.28": "rate",
    "7.57": "login-needed",
    "7.60": "sender-refused",
    "7.64": "relay-denied",
    "7.232": "daily-limit",
    "7.233": "daily-limit",
    "7.509": "authentication",
    "7.515": "authentication",
    "7.705": "daily-limit",
}
#: RFC 7372 and Gmail (23 PTR or SPF, 24, 25, 26, 27 SPF, 29 TLS, 30 DKIM, 31 DMARC, 32).
_AUTHENTICATION = frozenset({20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32})
#: Exchange: "only accepts from", "sender not authenticated for group" and the like.
_CHOSEN_SENDERS = range(120, 137)
#: Microsoft: 4.7.500-4.7.699 slow down, 5.7.500-5.7.799 banned.
_MICROSOFT = range(500, 800)


#: What a class of codes (RFC 3463 section 3) leaves where neither detail nor words say more.
#: 5.4.x is about the way to the reader's server and never about his address.
_BY_SUBJECT = {"2": "refused", "3": "refused", "4": "no-route", "6": "content"}


def reason_of_subject(enhanced: str) -> str:
    """Return what the class of an enhanced code stands for; empty: it leaves that open."""
    return _BY_SUBJECT.get(enhanced[2:].partition(".")[0], "")


def reason_of_code(enhanced: str) -> str:
    """Return the reason an enhanced code stands for; empty: it leaves that open."""
    kind, _, rest = enhanced.partition(".")
    if known := _BY_CODE.get(rest):
        return known
    subject, _, detail = rest.partition(".")
    if subject != "7":
        return ""
    number = int(detail)
    if number in _AUTHENTICATION:
        return "authentication"
    if number in _CHOSEN_SENDERS:
        return "not-allowed-to-write"
    if number in _MICROSOFT:
        return "rate" if kind == "4" else "blocked"
    return ""
