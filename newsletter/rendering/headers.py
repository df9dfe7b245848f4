"""The headers of bulk mail (RFC 5322, 2369, 2919, 8058) and what names a message."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from newsletter.errors import MessageError
from newsletter.model import encoding
from newsletter.model.content import RenderedEdition
from newsletter.model.message import Stretch
from newsletter.model.places import Escape, Place, Transfer

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the headers say besides the edition: who writes, for which list, and when."""

    sender: str
    #: Frozen with the mailing, so that each attempt is the same message.
    date: datetime
    #: The issue's name; part of Feedback-ID.
    issue: str
    sender_name: str = ""
    reply_to: str = ""
    #: "members.lists.example.org"; empty: a place, filled with each reader's own list.
    list_id: str = ""
    list_title: str = ""
    #: Readers also get an https link that leaves with one click (RFC 8058).
    one_click: bool = False
    #: A page about the list; empty: a mailto to `reply_to` or `sender`.
    help_url: str = ""
    archive_url: str = ""


def merged(pieces: tuple[bytes | Place, ...]) -> tuple[bytes | Place, ...]:
    """Return pieces with neighbouring constants joined, the empty ones gone."""
    out: list[bytes | Place] = []
    for piece in pieces:
        last = out[-1] if out else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            out[-1] = last + piece
        elif piece != b"":
            out.append(piece)
    return tuple(out)


def headers(rendered: RenderedEdition, addressing: Addressing) -> tuple[Stretch, ...]:
    """Return the header section up to MIME-Version, each header once (RFC 5322 3.6)."""
    sender, reply_to = addressing.sender, addressing.reply_to
    subject = encoding.unstructured(encoding.clean_header(rendered.subject), len("Subject: "))
    lines: list[bytes | Place] = [
        _line("From", encoding.mailbox(addressing.sender_name, sender, len("From: "))),
        b"To: ",
        Place("address", Escape.MAILBOX),
        b"\r\n",
        _line("Reply-To", encoding.addr_spec(reply_to)) if reply_to else b"",
        _line("Subject", subject),
        _line("Date", rfc5322_date(addressing.date)),
        b"Message-ID: <",
        Place("message_id", Escape.HEADER_ID),
        b">\r\n",
        *_list_headers(addressing),
        _line("Feedback-ID", feedback_id(addressing, rendered.edition.key)),
        b"Precedence: bulk\r\n",
        _line("Content-Language", encoding.identifier(rendered.edition.language)),
        b"MIME-Version: 1.0\r\n",
    ]
    return (Stretch(Transfer.HEADER, merged(tuple(lines))),)


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode() if value else b""


def _list_headers(addressing: Addressing) -> list[bytes | Place]:
    """Return List-Id (RFC 2919), List-* (RFC 2369) and the one-click pair (RFC 8058)."""
    out: list[bytes | Place] = [b"List-Id: ", Place("list_id", Escape.LIST_ID), b"\r\n"]
    if addressing.list_id:
        bracketed = f"<{encoding.identifier(addressing.list_id)}>"
        named = encoding.named(addressing.list_title, bracketed, len("List-Id: "))
        out = [_line("List-Id", named)]
    out.append(b"List-Unsubscribe: <")
    if addressing.one_click:
        out += [Place("unsubscribe_url", Escape.HEADER_URL), b">,\r\n <"]
    out += [Place("unsubscribe_mailto", Escape.HEADER_URL), b">\r\n"]
    if addressing.one_click:
        out.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    writes_to = encoding.addr_spec(addressing.reply_to or addressing.sender)
    help_url = encoding.url(addressing.help_url or f"mailto:{writes_to}?subject=help")
    out.append(f"List-Help: <{help_url}>\r\n".encode())
    archive = encoding.url(addressing.archive_url)
    if 0 < len(archive) <= encoding.LONGEST_VALUE:
        out.append(f"List-Archive: <{archive}>\r\n".encode())
    return out


def feedback_id(addressing: Addressing, edition: str) -> str:
    """Return Gmail's four fields: issue, edition, kind of mail, and who sends (5 to 15)."""
    domain = encoding.addr_spec(addressing.sender).rpartition("@")[2].replace(".", "-")
    sends = domain[:15].strip("-") if len(domain) >= 5 else f"{domain}-news"
    fields = (addressing.issue, edition, "newsletter", sends)
    return ":".join(re.sub(r"[^A-Za-z0-9.-]", "-", field)[:60] or "-" for field in fields)


def rfc5322_date(moment: datetime) -> str:
    """Return an aware moment as a Date header has it, whatever the locale."""
    offset = moment.strftime("%z")[:5]
    if not offset:
        raise ValueError("a message needs an aware date")
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} "
        f"{moment.year:04d} {moment:%H:%M:%S} {offset}"
    )


def message_id(secret: str, mailing_key: str, address: str, domain: str) -> str:
    """Return `<mailing.code@domain>`: the same on every attempt, telling nobody the address."""
    if not secret:
        raise MessageError(
            "NEWSLETTER_SECRET is empty", hint="Run `newsletter init`, or set it in .env."
        )
    seal = hmac.new(
        secret.encode(), f"message-id\0{mailing_key}\0{address}".encode("utf-8", "replace"), sha256
    )
    host = encoding.addr_spec(f"x@{domain}").removeprefix("x@")
    key = re.sub(r"[^a-z0-9-]+", "-", mailing_key.lower()).strip("-")[:60] or "m"
    return f"<{key}.{seal.hexdigest()[:20]}@{host}>"


def return_path(base: str, token: str) -> str:
    """Return the envelope sender that names a delivery by its token: `bounces+token@...`.

    RFC 5321 section 4.5.3.1.1 allows 64 characters before the @.
    """
    local, _, domain = encoding.addr_spec(base).rpartition("@")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", token):
        raise ValueError(f"{token!r} cannot stand in an address")
    if len(local) + 1 + len(token) > 64:
        raise MessageError(
            f"{base!r} is too long to carry a return code",
            hint="Choose a shorter MAIL_RETURN_PATH, such as bounces@example.org.",
        )
    return f"{local}+{token}@{domain}"
