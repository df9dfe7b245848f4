"""Places for personal values in a message, and how a value becomes safe bytes there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from html import escape as escape_html
from typing import NamedTuple
from urllib.parse import quote

from newsletter.errors import MessageError
from newsletter.model import encoding

Values = Mapping[str, str]


class Escape(StrEnum):
    """How a value is made safe in its place; nothing in it can add a header, line or tag."""

    #: Plain text, in the text alternative.
    TEXT = "text"
    #: A whole link in the text alternative.
    TEXT_URL = "text-url"
    #: Between tags, or in an attribute that is no address.
    HTML = "html"
    #: A whole link in an attribute; schemes other than https, http and mailto give nothing.
    HTML_URL = "html-url"
    #: A part of a link in an attribute.
    HTML_URL_PART = "html-url-part"
    #: `To:`, made of the values `name` and `address`.
    MAILBOX = "mailbox"
    #: `List-Id:`, made of the values `list` and `list_id`.
    LIST_ID = "list-id"
    #: A link in a header, between angle brackets.
    HEADER_URL = "header-url"
    #: Between the angle brackets of a Message-ID; brackets in the value are dropped.
    HEADER_ID = "header-id"
    #: Words of ASCII in a header: Date, Feedback-ID.
    HEADER_WORDS = "header-words"


class Transfer(StrEnum):
    """How a stretch of the message travels."""

    #: Headers and boundaries: as they are.
    HEADER = "7bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a personal value goes, and how it is made safe there."""

    name: str
    escape: Escape

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values that it is made of."""
        return _COMPOSED.get(self.escape, (self.name,))


class Encoder(NamedTuple):
    """Makes the bytes of a place from the values of these names, one or two."""

    names: tuple[str, ...]
    encode: Callable[..., bytes]


def encoder(transfer: Transfer, place: Place) -> Encoder:
    """Return what makes a place's bytes in a header or a quoted-printable stretch."""
    if transfer is Transfer.QUOTED_PRINTABLE:
        special = _LINES.get(place.escape)
        return Encoder(place.names, special or partial(_line, _escape_of(place)))
    return Encoder(place.names, partial(_in_header, _escape_of(place)))


def _in_header(escape: Callable[..., str], *values: str) -> bytes:
    return escape(*values).encode("utf-8", "replace")


def _line(escape: Callable[..., str], *values: str) -> bytes:
    return _quoted(escape(*values))


# Readers of one list share many values, and each value stands in several places.
@lru_cache(maxsize=32)
def _quoted(text: str) -> bytes:
    """Return a value, never with a line break in it, on lines of its own."""
    return encoding.quoted_printable(text.encode("utf-8", "replace")) + b"=\r\n" if text else b""


#: What every way of escaping leaves as it is, on one line: nearly all addresses.
_PLAIN = re.compile(r"[!#-%(-\-/-;?-~][!#-%(-;?-~ ]{0,74}")


@lru_cache(maxsize=32)
def _plain(value: str) -> bytes:
    """Return a value that needs nothing done to it on a line of its own; else nothing."""
    if not _PLAIN.fullmatch(value) or "  " in value or value[-1] == " " or value[:5] == "From ":
        return b""
    return value.encode("ascii") + b"=\r\n"


def _text_line(value: str) -> bytes:
    return _plain(value) or _quoted(encoding.clean(value))


def _html_line(value: str) -> bytes:
    return _plain(value) or _quoted(escape_html(encoding.clean(value)))


def _url_line(value: str) -> bytes:
    return _quoted(encoding.url(value))


def _html_url_line(value: str) -> bytes:
    return _quoted(escape_html(encoding.url(value)))


_LINES: dict[Escape, Callable[..., bytes]] = {
    Escape.TEXT: _text_line,
    Escape.HTML: _html_line,
    Escape.TEXT_URL: _url_line,
    Escape.HTML_URL: _html_url_line,
}


def _escape_of(place: Place) -> Callable[..., str]:
    """Return what makes the text of a place from its values."""
    if place.escape in _SHORT:
        return partial(_short, _SHORT[place.escape], place.name)
    return _ESCAPES[place.escape]


def _html(value: str) -> str:
    return escape_html(encoding.clean(value))


def _html_url(value: str) -> str:
    return escape_html(encoding.url(value))


def _html_url_part(value: str) -> str:
    return quote(encoding.clean(value), safe="@", errors="replace")


def _mailbox(name: str, address: str) -> str:
    return encoding.mailbox(name, address, len("To: "))


@lru_cache(maxsize=8)
def _list_id(name: str, number: str) -> str:
    return encoding.named(name, f"<{_short(encoding.identifier, 'list_id', number)}>", 9)


def _words(value: str) -> str:
    return encoding.clean(value).encode("ascii", "replace").decode()


def _short(escape: Callable[[str], str], name: str, value: str) -> str:
    """Return a value that stands whole in a header: it has to be there, and to fit its line."""
    text = escape(value)
    if not 0 < len(text) <= encoding.LONGEST_VALUE:
        raise MessageError(f"the value for {name!r} is empty, not allowed or too long for a header")
    return text


#: Composite places -> the values they need.
_COMPOSED = {Escape.MAILBOX: ("name", "address"), Escape.LIST_ID: ("list", "list_id")}
_SHORT: dict[Escape, Callable[[str], str]] = {
    Escape.HEADER_URL: encoding.url,
    Escape.HEADER_ID: encoding.identifier,
    Escape.HEADER_WORDS: _words,
}
_ESCAPES: dict[Escape, Callable[..., str]] = {
    Escape.TEXT: encoding.clean,
    Escape.TEXT_URL: encoding.url,
    Escape.HTML: _html,
    Escape.HTML_URL: _html_url,
    Escape.HTML_URL_PART: _html_url_part,
    Escape.MAILBOX: _mailbox,
    Escape.LIST_ID: _list_id,
}


class Base64Stretch:
    """A base64 stretch with each constant encoded for all three ways it can be cut."""

    def __init__(self, pieces: tuple[bytes | Place, ...]) -> None:
        self._steps = [_base64_step(piece) for piece in pieces]

    def fill(self, values: Values) -> bytes:
        """Return the lines of the stretch with these values in their places."""
        out: list[bytes] = []
        open_bytes = b""
        for step in self._steps:
            if isinstance(step, Encoder):
                open_bytes += step.encode(*(values[name] for name in step.names))
            elif isinstance(step, bytes):
                open_bytes += step
            else:
                head, lines, tail = step[-len(open_bytes) % 3]
                out += (encoding.base64_lines(open_bytes + head), lines)
                open_bytes = tail
        out.append(encoding.base64_lines(open_bytes))
        return b"".join(out)


#: What completes the group of three before, whole lines, and what is left over.
_Cut = tuple[bytes, bytes, bytes]


def _base64_step(piece: bytes | Place) -> Encoder | bytes | tuple[_Cut, ...]:
    if isinstance(piece, Place):
        return Encoder(piece.names, partial(_in_header, _escape_of(piece)))
    if len(piece) < 6:
        return piece
    return tuple(_cut(piece, borrowed) for borrowed in (0, 1, 2))


def _cut(piece: bytes, borrowed: int) -> _Cut:
    end = len(piece) - (len(piece) - borrowed) % 3
    return piece[:borrowed], encoding.base64_lines(piece[borrowed:end]), piece[end:]
