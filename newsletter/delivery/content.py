"""What may leave: complete lines, no bare CR or LF, dots at line starts doubled."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import NamedTuple

from newsletter.model.message import Filled

#: A message whole, in pieces, or filled in: what all readers share is looked through once,
#: not for each reader.
Content = bytes | tuple[bytes, ...] | Filled

#: RFC 5322 section 2.1.1: 998 characters and CRLF.
LINE_MAXIMUM_BYTES = 1000
#: The constant pieces of a template; all that is personal is shorter.
_LARGE_BYTES = 2048
_MOST_PIECES = 1000
_STARTING_DOT = re.compile(rb"\n\.")
_PROPER = (None, "\r\n")

_BARE = "it has a CR or an LF that stand alone"
_NUL = "it has a NUL byte"
_LONG = "it has a line longer than 998 bytes"


class Inspected(NamedTuple):
    """What has to be known of a message before it leaves."""

    #: Why it must not leave, in plain words; empty: it may.
    fault: str
    size_bytes: int
    is_ascii: bool
    #: A line begins with a dot, which has to be doubled.
    has_dots: bool
    ends_a_line: bool


class _Piece(NamedTuple):
    """What one piece adds, whatever stands before and after it."""

    fault: str
    size_bytes: int
    is_ascii: bool
    #: After a line end within the piece.
    has_dots: bool
    begins_with_lf: bool
    begins_with_dot: bool
    ends_with_cr: bool
    ends_with_lf: bool
    #: Up to and with the first LF; all of it where there is none.
    head_bytes: int
    #: After the last LF; -1: there is none.
    tail_bytes: int


def inspect(content: Content) -> Inspected:
    """Return what has to be known of a message before it leaves.

    A bare CR or LF lets a line of the text pass for the end of the message and the
    rest for commands (CVE-2023-51764); no server can be trusted to refuse it.
    """
    if isinstance(content, Filled) and (inspected := _filled(content)):
        return inspected
    pieces = pieces_of(content)
    return _by_lines(pieces) or _piece_by_piece(pieces)


def pieces_of(content: Content) -> tuple[bytes, ...]:
    """Return the pieces of a message, in order."""
    if isinstance(content, bytes):
        return (content,)
    return content.pieces if isinstance(content, Filled) else content


def _filled(content: Filled) -> Inspected | None:
    """Inspect only what is personal; None: that is not enough to be sure."""
    is_sound, is_ascii, longest = _frame(content.constants)
    pieces, own = content.pieces, content.personal
    breaks = own.count(b"\n")
    if (
        not is_sound
        or own.count(b"\r") != breaks
        or own.count(b"\r\n") != breaks
        or b"\n." in own
        or own[:1] == b"."
        or b"\0" in own
        or longest + len(own) > LINE_MAXIMUM_BYTES - 2
        or pieces[-1][-2:] != b"\r\n"
    ):
        return None
    return Inspected("", sum(map(len, pieces)), is_ascii and own.isascii(), False, ends_a_line=True)


@lru_cache(maxsize=32)
def _frame(constants: tuple[bytes, ...]) -> tuple[bool, bool, int]:
    """Return of what all readers share whether it can do no harm, is ASCII, its longest line.

    No harm whatever stands between: no constant has a dot, CR or LF at an edge that could
    become one at the start of a line, or stand alone.
    """
    known = [_looked_through(one) for one in constants]
    is_sound = not any(
        one.fault or one.has_dots or one.begins_with_lf or one.begins_with_dot or one.ends_with_cr
        for one in known
    )
    lines = b"".join(constants).split(b"\n")
    return is_sound, all(one.is_ascii for one in known), max(map(len, lines))


def _by_lines(pieces: tuple[bytes, ...]) -> Inspected | None:
    """Inspect pieces of whole lines, the small ones in one go; None: they are not whole."""
    small: list[bytes] = []
    known: list[_Piece] = []
    for piece in pieces:
        if not piece.endswith(b"\r\n"):
            return None
        if len(piece) < _LARGE_BYTES:
            small.append(piece)
        else:
            known.append(_remembered(piece))
    if small:
        known.append(_looked_through(b"".join(small)))
    fault, size, is_ascii, has_dots = "", 0, True, False
    for own, length, ascii_only, dots, lf, dot, *_ in known:
        fault = fault or (_BARE if lf else own)
        size += length
        is_ascii, has_dots = is_ascii and ascii_only, has_dots or dots or dot
    return Inspected(fault, size, is_ascii, has_dots, ends_a_line=True)


def _piece_by_piece(pieces: tuple[bytes, ...]) -> Inspected:
    fault, size, line_bytes = "", 0, 0
    is_ascii, has_dots, after_lf, after_cr = True, False, True, False
    for piece in pieces:
        if not piece:
            continue
        own, length, ascii_only, dots, lf, dot, cr, after, head, tail = _known(piece)
        line_bytes += head
        if own or lf is not after_cr or line_bytes > LINE_MAXIMUM_BYTES:
            fault = fault or own or (_BARE if lf is not after_cr else _LONG)
        if tail >= 0:
            line_bytes = tail
        has_dots = has_dots or dots or (dot and after_lf)
        is_ascii, after_lf, after_cr = is_ascii and ascii_only, after, cr
        size += length
    if after_cr or line_bytes > LINE_MAXIMUM_BYTES - 2:
        # The last line gets its CRLF from us.
        fault = fault or (_BARE if after_cr else _LONG)
    return Inspected(fault, size, is_ascii, has_dots, after_lf)


def on_the_wire(content: Content) -> bytes:
    """Return the content as it leaves: its last line ended, dots at line starts doubled."""
    whole = b"".join(pieces_of(content))
    whole = whole.replace(b"\r\n.", b"\r\n..")
    if whole.startswith(b"."):
        whole = b"." + whole
    return whole if not whole or whole.endswith(b"\r\n") else whole + b"\r\n"


def pieces_on_the_wire(content: Content, inspected: Inspected) -> tuple[bytes, ...]:
    """Return what leaves, in pieces; those of a message that is ready are not even copied."""
    if inspected.has_dots or not inspected.ends_a_line:
        return (on_the_wire(content),)
    pieces = pieces_of(content)
    # POSIX guarantees 16 for one writev, Linux, BSD and macOS take 1024.
    return pieces if len(pieces) < _MOST_PIECES else (b"".join(pieces),)


def _known(piece: bytes) -> _Piece:
    """Look through a piece; through a large one once for all messages that have it in them."""
    return _looked_through(piece) if len(piece) < _LARGE_BYTES else _remembered(piece)


def _looked_through(piece: bytes) -> _Piece:
    size = len(piece)
    begins_with_lf, ends_with_cr = piece.startswith(b"\n"), piece.endswith(b"\r")
    inner = piece[1:] if begins_with_lf else piece
    first, last = piece.find(b"\n"), piece.rfind(b"\n")
    return _Piece(
        _fault_within(inner[:-1] if ends_with_cr else inner),
        size,
        piece.isascii(),
        _STARTING_DOT.search(piece) is not None,
        begins_with_lf,
        piece.startswith(b"."),
        ends_with_cr,
        last == size - 1,
        first + 1 if first >= 0 else size,
        size - last - 1 if last >= 0 else -1,
    )


_remembered = lru_cache(maxsize=64)(_looked_through)


def _fault_within(inner: bytes) -> str:
    """Return what is wrong whatever stands around it; `inner` lacks an LF or CR at the edges."""
    # Python's own reader of universal newlines: one pass, in C, and it tells which it saw.
    newlines = io.IncrementalNewlineDecoder(None, translate=False)
    newlines.decode(inner.decode("latin-1"), final=True)
    if newlines.newlines not in _PROPER:
        return _BARE
    if b"\0" in inner:
        return _NUL
    return _LONG if len(inner) > LINE_MAXIMUM_BYTES and _has_long_line(inner) else ""


def _has_long_line(piece: bytes) -> bool:
    """Look back from each farthest place where a line may end: 50 looks for 45 KB."""
    start, end = 0, len(piece)
    while end - start > LINE_MAXIMUM_BYTES:
        found = piece.rfind(b"\n", start, start + LINE_MAXIMUM_BYTES)
        if found < 0:
            return True
        start = found + 1
    return False
