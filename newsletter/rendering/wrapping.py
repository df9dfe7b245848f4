"""Plain text in lines that fit: by display width, with addresses left whole."""

from __future__ import annotations

import re
import unicodedata

#: RFC 3676 asks for lines of at most 78; 72 leaves room for quoting.
COLUMNS = 72
_WIDE = frozenset({"W", "F"})
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})
#: No line may begin with these (closing marks), none end with those (opening marks).
_NOT_FIRST = frozenset("、。，．：；！？）」』】》〉”’…—·!?,.:;)]}%")
_NOT_LAST = frozenset("（「『【《〈“‘([{")
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+|\S+@\S+\.\S+")


def width(text: str) -> int:
    """Return how many columns the text takes: Chinese two each, combining signs none."""
    return sum(_columns(char) for char in text)


def wrap(text: str, columns: int = COLUMNS, *, first: str = "", rest: str = "") -> str:
    """Return the text in lines of at most `columns`, paragraphs kept.

    `first` and `rest` begin the first and the other lines. An address is never split:
    it takes a line of its own, however long.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _lines(paragraph, columns, first if not lines else rest, rest)
    return "\n".join(line.rstrip() for line in lines)


def cut(text: str, columns: int) -> str:
    """Return the text shortened to about `columns` at the end of a word, with an ellipsis."""
    text = " ".join(text.split())
    if width(text) <= columns:
        return text
    taken, kept = 0, ""
    for piece in _pieces(text):
        taken += width(piece)
        if taken > columns - 1:
            break
        kept += piece
    if not kept.strip():  # one word longer than the line: emoji, a compound, an address
        kept = _head(text, columns - 1)
    return kept.rstrip().rstrip("".join(_NOT_LAST) + "،,;:·-–—\u200d") + "…"


def _columns(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _lines(paragraph: str, columns: int, first: str, rest: str) -> list[str]:
    lines, line, room = [], first, columns - width(first)
    empty = True
    for piece in _pieces(" ".join(paragraph.split())):
        taken = width(piece.rstrip())
        if not empty and taken > room:
            lines.append(line)
            line, room, empty = rest, columns - width(rest), True
        for part in _parts(piece, columns - width(rest)):
            if not empty and width(part.rstrip()) > room:
                lines.append(line)
                line, room = rest, columns - width(rest)
            line += part
            room -= width(part)
            empty = False
    return [*lines, line]


def _pieces(text: str) -> list[str]:
    """Return the text in pieces between which a line may end; blanks stay with the one before."""
    pieces: list[str] = []
    for word in re.findall(r"\S+\s*", text):
        pieces += [word] if _ADDRESS.match(word) else _cells(word)
    return pieces


def _cells(word: str) -> list[str]:
    """Return a word in cells: between two wide characters a line may end."""
    cells = [""]
    for char in word:
        last = cells[-1][-1:]
        breaks = last and (_columns(char) == 2 or _columns(last) == 2)
        if breaks and char not in _NOT_FIRST and last not in _NOT_LAST and not char.isspace():
            cells.append(char)
        else:
            cells[-1] += char
    return cells


def _parts(piece: str, columns: int) -> list[str]:
    """Return a piece in parts that fit a line; addresses stay whole."""
    if width(piece.rstrip()) <= columns or _ADDRESS.match(piece):
        return [piece]
    parts = []
    while width(piece) > columns:
        head = _head(piece, columns)
        parts.append(head)
        piece = piece[len(head) :]
    return [*parts, piece] if piece else parts


def _head(text: str, columns: int) -> str:
    """Return the beginning of the text that fits, whole characters with their signs."""
    taken = 0
    for at, char in enumerate(text):
        taken += _columns(char)
        if taken > columns:
            return text[: max(at, 1)]
    return text
