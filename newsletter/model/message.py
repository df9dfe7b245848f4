"""The message a reader gets: markers for personal values, and the template they fill."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape as escape_html
from urllib.parse import quote

from newsletter.errors import MessageError
from newsletter.model import encoding

#: Name of a personal value -> the marker that stands for it in rendered HTML and text
#: until a reader's message is filled. Letters only, so that premailer, URL quoting and
#: HTML escaping leave them alone.
MARKERS: dict[str, str] = {
    "address": "XPERSONALXADDRESSX",
    "name": "XPERSONALXNAMEX",
    "list": "XPERSONALXLISTX",
    "unsubscribe_url": "XPERSONALXUNSUBSCRIBEX",
    "preferences_url": "XPERSONALXPREFERENCESX",
    "view_url": "XPERSONALXVIEWX",
}

#: How every marker begins.
MARKER_PREFIX = "XPERSONALX"


def without_markers(text: str) -> str:
    """Return a text that names no personal place.

    News comes from others: a title or link that held a marker would carry each reader's
    address to whoever wrote it.
    """
    return text.replace(MARKER_PREFIX, "XPERSONAL X")


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Constant bytes and places that travel in one encoding.

    Header and quoted-printable bytes are encoded already and stand at the start of a line
    after each place of a body. Base64 bytes are raw: where they fall on its groups of three
    depends on the values before them.
    """

    transfer: Transfer
    pieces: tuple[bytes | Place, ...]


@dataclass(frozen=True)
class MessageTemplate:
    """One edition as bytes, with places for what differs between readers.

    What `fill` returns is ready for the wire: CRLF only, no line over 998 bytes or with a
    dot at its start, seven bits (but for an address that needs SMTPUTF8 anyway), and a body
    that DKIM's relaxed canonicalisation leaves as it is.
    """

    stretches: tuple[Stretch, ...]

    def fill(self, values: Values) -> bytes:
        """Return a reader's complete message; MessageError where a value is missing."""
        return b"".join(self.pieces(values))

    def pieces(self, values: Values) -> tuple[bytes, ...]:
        """Return a reader's complete message in pieces; the constant ones are always the same.

        Whoever looks through messages before they leave needs to do so once for those.
        """
        program, computed = self._program
        try:
            filled = [compute(values) for compute in computed]
        except KeyError as error:
            raise MessageError(f"a reader's message needs a value for {error.args[0]!r}") from error
        return tuple(
            [
                run
                if isinstance(run, bytes)
                else b"".join([filled[one] if isinstance(one, int) else one for one in run])
                for run in program
            ]
        )

    @cached_property
    def places(self) -> frozenset[str]:
        """Return the names of the values that `fill` needs."""
        pieces = [piece for stretch in self.stretches for piece in stretch.pieces]
        found = {piece for piece in pieces if isinstance(piece, Place)}
        return frozenset(
            name for place in found for name in _COMPOSED.get(place.escape, (place.name,))
        )

    @cached_property
    def size_bytes(self) -> int:
        """Return the size of the message without its personal values."""
        return sum(
            len(piece) * 78 // 57 if stretch.transfer is Transfer.BASE64 else len(piece)
            for stretch in self.stretches
            for piece in stretch.pieces
            if isinstance(piece, bytes)
        )

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of all that is constant: two equal ones send equal bytes."""
        return sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the template as JSON, to be frozen in the ledger."""
        stretches = [
            {
                "transfer": stretch.transfer,
                "pieces": [
                    [piece.name, piece.escape] if isinstance(piece, Place) else piece.decode()
                    for piece in stretch.pieces
                ],
            }
            for stretch in self.stretches
        ]
        return json.dumps({"version": 1, "stretches": stretches}, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, frozen: bytes) -> MessageTemplate:
        """Read back what `to_bytes` wrote; ValueError for anything else."""
        read = json.loads(frozen)
        if read["version"] != 1:
            raise ValueError(f"message template of version {read['version']!r}")
        return cls(
            tuple(
                Stretch(
                    Transfer(stretch["transfer"]),
                    tuple(
                        piece.encode()
                        if isinstance(piece, str)
                        else Place(piece[0], Escape(piece[1]))
                        for piece in stretch["pieces"]
                    ),
                )
                for stretch in read["stretches"]
            )
        )

    @cached_property
    def _program(self) -> tuple[list[bytes | _Run], list[Callable[[Values], bytes]]]:
        """Return what to join: constants, and indexes into what is computed for each reader.

        Large constants stand alone, so that whoever sends them can know them again; what
        stands between them makes one piece. A value that stands in several places of the
        same kind is encoded once.
        """
        flat: _Run = []
        computed: list[Callable[[Values], bytes]] = []
        known: dict[tuple[Transfer, Place], int] = {}
        for stretch in self.stretches:
            if stretch.transfer is Transfer.BASE64:
                flat.append(len(computed))
                computed.append(_Base64(stretch.pieces).fill)
                continue
            for piece in stretch.pieces:
                if isinstance(piece, bytes):
                    flat.append(piece)
                    continue
                key = (stretch.transfer, piece)
                if key not in known:
                    known[key] = len(computed)
                    computed.append(_encoder(stretch.transfer, piece))
                flat.append(known[key])
        return _in_runs(flat), computed


#: What is joined for each reader: constant bytes, and indexes of computed ones.
_Run = list[bytes | int]
#: A constant of this size is worth a piece of its own.
_LARGE_BYTES = 2048


def _in_runs(flat: _Run) -> list[bytes | _Run]:
    """Return large constants alone, and what stands between them as one run each."""
    runs: list[bytes | _Run] = []
    for one in flat:
        if isinstance(one, bytes) and len(one) >= _LARGE_BYTES:
            runs.append(one)
            continue
        last = runs[-1] if runs else b""
        if isinstance(last, bytes):
            runs.append([one])
        else:
            last.append(one)
    return runs


class _Base64:
    """A base64 stretch with each constant encoded for all three ways it can be cut."""

    def __init__(self, pieces: tuple[bytes | Place, ...]) -> None:
        self._steps: list[bytes | tuple[tuple[bytes, bytes, bytes], ...] | Place] = [
            piece
            if isinstance(piece, Place) or len(piece) < 6
            else tuple(map(_cut(piece), (0, 1, 2)))
            for piece in pieces
        ]

    def fill(self, values: Values) -> bytes:
        out: list[bytes] = []
        open_bytes = b""
        for step in self._steps:
            if isinstance(step, Place):
                open_bytes += _escaped(step, values).encode("utf-8", "replace")
            elif isinstance(step, bytes):
                open_bytes += step
            else:
                head, lines, tail = step[-len(open_bytes) % 3]
                out += (encoding.base64_lines(open_bytes + head), lines)
                open_bytes = tail
        out.append(encoding.base64_lines(open_bytes))
        return b"".join(out)


def _cut(piece: bytes) -> Callable[[int], tuple[bytes, bytes, bytes]]:
    """Return how to split a piece: what completes the group before, its lines, what is left."""

    def cut(borrowed: int) -> tuple[bytes, bytes, bytes]:
        end = len(piece) - (len(piece) - borrowed) % 3
        return piece[:borrowed], encoding.base64_lines(piece[borrowed:end]), piece[end:]

    return cut


def _encoder(transfer: Transfer, place: Place) -> Callable[[Values], bytes]:
    escape, name = _ESCAPES[place.escape], place.name
    if transfer is Transfer.QUOTED_PRINTABLE:
        return lambda values: _quoted(escape(values, name))
    return lambda values: escape(values, name).encode("utf-8", "replace")


# HTML and text ask for the same few values, and so do the readers of one list.
@lru_cache(maxsize=32)
def _quoted(text: str) -> bytes:
    """Return a value, never with a line break in it, on lines of its own."""
    return encoding.quoted_printable(text.encode("utf-8", "replace")) + b"=\r\n" if text else b""


def _escaped(place: Place, values: Values) -> str:
    """Return the value of a place, safe where it stands."""
    return _ESCAPES[place.escape](values, place.name)


@lru_cache(maxsize=8)
def _list_id(name: str, number: str) -> str:
    return encoding.named(name, f"<{_short(encoding.identifier(number), 'list_id')}>", 9)


def _html_url_part(values: Values, name: str) -> str:
    return quote(encoding.clean(values[name]), safe="@", errors="replace")


def _header_url(values: Values, name: str) -> str:
    return _short(encoding.url(values[name]), name)


def _header_id(values: Values, name: str) -> str:
    return _short(encoding.identifier(values[name]), name)


def _header_words(values: Values, name: str) -> str:
    return _short(encoding.clean(values[name]).encode("ascii", "replace").decode(), name)


def _short(text: str, name: str) -> str:
    """Return a value that stands whole in a header: it has to be there, and to fit its line."""
    if not 0 < len(text) <= encoding.LONGEST_VALUE:
        raise MessageError(f"the value for {name!r} is empty, not allowed or too long for a header")
    return text


#: Composite places -> the values they need.
_COMPOSED = {Escape.MAILBOX: ("name", "address"), Escape.LIST_ID: ("list", "list_id")}
_ESCAPES: dict[Escape, Callable[[Values, str], str]] = {
    Escape.TEXT: lambda values, name: encoding.clean(values[name]),
    Escape.TEXT_URL: lambda values, name: encoding.url(values[name]),
    Escape.HTML: lambda values, name: escape_html(encoding.clean(values[name])),
    Escape.HTML_URL: lambda values, name: escape_html(encoding.url(values[name])),
    Escape.HTML_URL_PART: _html_url_part,
    Escape.MAILBOX: lambda values, _: encoding.mailbox(
        values["name"], values["address"], len("To: ")
    ),
    Escape.LIST_ID: lambda values, _: _list_id(values["list"], values["list_id"]),
    Escape.HEADER_URL: _header_url,
    Escape.HEADER_ID: _header_id,
    Escape.HEADER_WORDS: _header_words,
}
