"""Keep names, numbers and addresses whole inside text of the other direction."""

from __future__ import annotations

import unicodedata

#: First strong isolate and its end (Unicode Annex 9). Gmail drops <bdi> (caniemail, 2026-06).
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
_FOREIGN = {"rtl": frozenset({"L", "EN"}), "ltr": frozenset({"R", "AL"})}
_OWN = {"rtl": frozenset({"R", "AL", "AN"}), "ltr": frozenset({"L"})}
#: Signs that belong to the word they touch: "+41", "#IFLA", "C++", "50%", "example.org/".
_BEFORE, _AFTER = "+-−#@/$€£¥~_", "+#%/°"
_CLOSING = {")": "(", "]": "[", "}": "{", "»": "«", "”": "“"}


def runs(text: str, direction: str) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether it runs against `direction`."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    pieces: list[tuple[str, bool]] = []
    done = at = 0
    while at < len(text):
        if kinds[at] not in _FOREIGN[direction]:
            at += 1
            continue
        start, end = _grown(text, _start(text, at, done), _end(kinds, at, direction))
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = at = end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def isolated(text: str, direction: str) -> str:
    """Return plain text with each run of the other direction between U+2068 and U+2069."""
    return "".join(
        f"{ISOLATE}{piece}{END_ISOLATE}" if against else piece
        for piece, against in runs(text, direction)
    )


def other(direction: str) -> str:
    """Return the other direction."""
    return "ltr" if direction == "rtl" else "rtl"


def _start(text: str, at: int, done: int) -> int:
    while at > done and text[at - 1] in _BEFORE:
        at -= 1
    return at


def _end(kinds: list[str], at: int, direction: str) -> int:
    """Return where the run ends: after its last strong character or digit."""
    end = at + 1
    for index in range(at + 1, len(kinds)):
        if kinds[index] in _OWN[direction] or kinds[index] == "B":
            break
        if kinds[index] in _FOREIGN[direction] or (direction == "ltr" and kinds[index] == "AN"):
            end = index + 1
    return end


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the run with the closing bracket or sign that belongs to it.

    An opening bracket inside whose closing one stands outside would be drawn on the
    wrong side.
    """
    while end < len(text):
        char = text[end]
        opening = _CLOSING.get(char)
        inside = text[start:end]
        if char in _AFTER or (opening and inside.count(opening) > inside.count(char)):
            end += 1
        else:
            break
    return start, end
