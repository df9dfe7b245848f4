"""What may leave: complete lines, no bare CR or LF, dots at line starts doubled."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

#: A message whole, or in the pieces it is made of: those that all readers share are
#: looked through once, not for each reader.
Content = bytes | tuple[bytes, ...]

#: RFC 5322 section 2.1.1: 998 characters and CRLF.
LINE_MAXIMUM_BYTES = 1000
#: Most personal values are shorter, and have nothing special in them.
_SMALL_BYTES = 256
_MOST_PIECES = 1000
_SPECIAL = re.compile(rb"[\r\n\0]")

_BARE = "it has a CR or an LF that stand alone"
_NUL = "it has a NUL byte"
_LONG = "it has a line longer than 998 bytes"


@dataclass(frozen=True, slots=True)
class Inspected:
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
    #: Up to and with the first LF; -1: no LF in it.
    head_bytes: int
    #: After the last LF.
    tail_bytes: int


def inspect(content: Content) -> Inspected:
    """Return what has to be known of a message before it leaves.

    A bare CR or LF lets a line of the text pass for the end of the message and the
    rest for commands (CVE-2023-51764); no server can be trusted to refuse it.
    """
    given = (content,) if isinstance(content, bytes) else content
    pieces = [_known(piece) for piece in given if piece]
    return Inspected(
        next((piece.fault for piece in pieces if piece.fault), "") or _fault_between(pieces),
        sum(piece.size_bytes for piece in pieces),
        all(piece.is_ascii for piece in pieces),
        _has_dots(pieces),
        not pieces or pieces[-1].ends_with_lf,
    )


def on_the_wire(content: Content) -> bytes:
    """Return the content as it leaves: its last line ended, dots at line starts doubled."""
    whole = content if isinstance(content, bytes) else b"".join(content)
    whole = whole.replace(b"\r\n.", b"\r\n..")
    if whole.startswith(b"."):
        whole = b"." + whole
    return whole if not whole or whole.endswith(b"\r\n") else whole + b"\r\n"


def pieces_on_the_wire(content: Content, inspected: Inspected) -> tuple[bytes, ...]:
    """Return what leaves, in pieces; those of a message that is ready are not even copied."""
    if inspected.has_dots or not inspected.ends_a_line:
        return (on_the_wire(content),)
    if isinstance(content, bytes):
        return (content,)
    # POSIX guarantees 16 for one writev, Linux, BSD and macOS take 1024.
    return content if len(content) < _MOST_PIECES else (b"".join(content),)


@lru_cache(maxsize=256)
def _known(piece: bytes) -> _Piece:
    """Look through a piece, once for all messages that have it in them."""
    size = len(piece)
    if size < _SMALL_BYTES and not _SPECIAL.search(piece):
        dot = piece.startswith(b".")
        return _Piece("", size, piece.isascii(), False, False, dot, False, False, -1, size)
    begins_with_lf, ends_with_cr = piece.startswith(b"\n"), piece.endswith(b"\r")
    first, last = piece.find(b"\n"), piece.rfind(b"\n")
    return _Piece(
        _fault_within(piece[begins_with_lf : len(piece) - ends_with_cr], piece),
        len(piece),
        piece.isascii(),
        b"\n." in piece,
        begins_with_lf,
        piece.startswith(b"."),
        ends_with_cr,
        piece.endswith(b"\n"),
        first + 1 if first >= 0 else -1,
        len(piece) - last - 1,
    )


def _fault_within(inner: bytes, piece: bytes) -> str:
    """Return what is wrong whatever stands around it; `inner` lacks an LF or CR at the edges."""
    # Python's own reader of universal newlines: one pass, in C, and it tells which it saw.
    newlines = io.IncrementalNewlineDecoder(None, translate=False)
    newlines.decode(inner.decode("latin-1"), final=True)
    if newlines.newlines not in {None, "\r\n"}:
        return _BARE
    if b"\0" in piece:
        return _NUL
    return _LONG if _has_long_line(piece) else ""


def _has_long_line(piece: bytes) -> bool:
    """Look back from each farthest place where a line may end: 50 looks for 45 KB."""
    start, end = 0, len(piece)
    while end - start > LINE_MAXIMUM_BYTES:
        found = piece.rfind(b"\n", start, start + LINE_MAXIMUM_BYTES)
        if found < 0:
            return True
        start = found + 1
    return False


def _fault_between(pieces: Iterable[_Piece]) -> str:
    """Return what is wrong where pieces meet, and at the end."""
    line_bytes, after_cr = 0, False
    for piece in pieces:
        if piece.begins_with_lf is not after_cr:
            return _BARE
        head = piece.head_bytes if piece.head_bytes >= 0 else piece.size_bytes
        if line_bytes + head > LINE_MAXIMUM_BYTES:
            return _LONG
        line_bytes = piece.tail_bytes if piece.head_bytes >= 0 else line_bytes + head
        after_cr = piece.ends_with_cr
    if after_cr:
        return _BARE
    # The last line gets its CRLF from us.
    return _LONG if line_bytes > LINE_MAXIMUM_BYTES - 2 else ""


def _has_dots(pieces: Iterable[_Piece]) -> bool:
    at_line_start = True
    for piece in pieces:
        if piece.has_dots or (at_line_start and piece.begins_with_dot):
            return True
        at_line_start = piece.ends_with_lf
    return False
