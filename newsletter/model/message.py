"""The message a reader gets: markers for personal values, and the template they fill."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple

from newsletter.errors import MessageError
from newsletter.model.places import Base64Stretch, Encoder, Escape, Place, Transfer, Values, encoder

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
        return b"".join(self.filled(values).pieces)

    def filled(self, values: Values) -> Filled:
        """Return a reader's complete message in pieces, for whoever sends it.

        Raises MessageError where a value is missing or cannot be written.
        """
        program = self._program
        try:
            own = [encode(values[name]) for name, encode in program.singles]
            for names, encode in program.others:
                own.append(encode(*[values[name] for name in names]))
            own += [stretch.fill(values) for stretch in program.stretches]
        except KeyError as error:
            raise MessageError(f"a reader's message needs a value for {error.args[0]!r}") from error
        pieces = [
            run if isinstance(run, bytes) else run.pattern % run.pick(own) for run in program.runs
        ]
        return Filled(tuple(pieces), b"\r\n".join(own), program.constants)

    @cached_property
    def places(self) -> frozenset[str]:
        """Return the names of the values that `fill` needs."""
        pieces = [piece for stretch in self.stretches for piece in stretch.pieces]
        found = {piece for piece in pieces if isinstance(piece, Place)}
        return frozenset(name for place in found for name in place.names)

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
    def _program(self) -> _Program:
        return _compiled(self.stretches)


class Filled(NamedTuple):
    """A reader's complete message, and what to look at to know that it may leave."""

    pieces: tuple[bytes, ...]
    #: All that is not the same for every reader, each value from the start of a line.
    personal: bytes
    #: All that is, in order; the same object for every reader.
    constants: tuple[bytes, ...]


class _Run(NamedTuple):
    """A pattern for `%`, and what picks its values out of what is computed for a reader."""

    pattern: bytes
    pick: Callable[[list[bytes]], tuple[bytes, ...] | bytes]


class _Program(NamedTuple):
    """What to compute for each reader, in this order, and what to join it to."""

    singles: list[tuple[str, Callable[[str], bytes]]]
    others: list[Encoder]
    stretches: list[Base64Stretch]
    runs: list[bytes | _Run]
    constants: tuple[bytes, ...]


#: A constant of this size is worth a piece of its own: whoever sends it knows it again.
_LARGE_BYTES = 2048


def _compiled(stretches: Sequence[Stretch]) -> _Program:
    """Return how to fill a message; what stands in several places is encoded once."""
    flat: list[bytes | _Key] = []
    for stretch in stretches:
        if stretch.transfer is Transfer.BASE64:
            flat.append(stretch)
        else:
            flat += [
                piece if isinstance(piece, bytes) else (stretch.transfer, piece)
                for piece in stretch.pieces
            ]
    encoders = {key: encoder(*key) for key in flat if isinstance(key, tuple)}
    singles = [key for key, one in encoders.items() if len(one.names) == 1]
    others = [key for key, one in encoders.items() if len(one.names) > 1]
    whole = [one for one in flat if isinstance(one, Stretch)]
    order = {key: number for number, key in enumerate([*singles, *others, *whole])}
    return _Program(
        [(encoders[key].names[0], encoders[key].encode) for key in singles],
        [encoders[key] for key in others],
        [Base64Stretch(one.pieces) for one in whole],
        _in_runs([one if isinstance(one, bytes) else order[one] for one in flat]),
        tuple(one for one in flat if isinstance(one, bytes)),
    )


#: What is computed for a reader: a place and how it travels, or a whole base64 stretch.
_Key = tuple[Transfer, Place] | Stretch


def _in_runs(flat: list[bytes | int]) -> list[bytes | _Run]:
    """Return large constants alone, and what stands between them as one run each."""
    runs: list[bytes | _Run] = []
    between: list[bytes | int] = []
    for one in flat:
        if isinstance(one, int) or len(one) < _LARGE_BYTES:
            between.append(one)
            continue
        runs += [_run(between), one]
        between = []
    return [*runs, _run(between)]


def _run(parts: list[bytes | int]) -> bytes | _Run:
    numbers = [one for one in parts if isinstance(one, int)]
    if not numbers:
        return b"".join(one for one in parts if isinstance(one, bytes))
    pattern = b"".join(b"%b" if isinstance(one, int) else one.replace(b"%", b"%%") for one in parts)
    return _Run(pattern, itemgetter(*numbers))
