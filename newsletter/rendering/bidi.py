"""Keep names, numbers and addresses whole inside text of the other direction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

#: First strong isolate and its end (Unicode Annex 9). Gmail drops <bdi> (caniemail, 2026-06).
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
_FOREIGN = {"rtl": frozenset({"L", "EN"}), "ltr": frozenset({"R", "AL"})}
_OWN = {"rtl": frozenset({"R", "AL", "AN"}), "ltr": frozenset({"L"})}
#: Signs that belong to the word they touch: "+41", "#IFLA", "C++", "50%", "example.org/".
_BEFORE, _AFTER = "+-−#@/$€£¥~_", "+#%/°"
#: An address runs left to right as a whole, whatever letters are in it. What ends a sentence
#: is not part of it.
_ADDRESS = re.compile(
    r"(?:https?://|mailto:|www\.)[^\s<>\"«»“”]*[^\s<>\"«»“”.,;:!?'()\[\]{}،؛؟。，]"
)
_CLOSING = {")": "(", "]": "[", "}": "{", "»": "«", "”": "“"}


def runs(text: str, direction: str) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether it runs against `direction`."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    addresses = {found.start(): found.end() for found in _ADDRESS.finditer(text)}
    pieces: list[tuple[str, bool]] = []
    done = at = 0
    while at < len(text):
        if at in addresses and direction == "ltr":
            at = addresses[at]
            continue
        if kinds[at] not in _FOREIGN[direction]:
            at += 1
            continue
        start, end = _grown(text, _start(text, at, done), _end(kinds, at, direction, addresses))
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


def _end(kinds: list[str], at: int, direction: str, addresses: Mapping[int, int]) -> int:
    """Return where the run ends: after its last strong character, digit or address."""
    end = index = addresses.get(at, at + 1)
    while index < len(kinds):
        if kinds[index] in _OWN[direction] or kinds[index] == "B":
            break
        if index in addresses:
            end = index = addresses[index]
            continue
        if kinds[index] in _FOREIGN[direction] or (direction == "ltr" and kinds[index] == "AN"):
            end = index + 1
        index += 1
    return end


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the run with the closing bracket or sign that belongs to it.

    An opening bracket inside whose closing one stands outside would be drawn on the
    wrong side, and an address in angle brackets ends at them for whoever copies it.
    """
    if text[start - 1 : start] == "<" and text[end : end + 1] == ">":
        return start - 1, end + 1
    while end < len(text):
        char = text[end]
        opening = _CLOSING.get(char)
        inside = text[start:end]
        if char in _AFTER or (opening and inside.count(opening) > inside.count(char)):
            end += 1
        else:
            break
    return start, end
