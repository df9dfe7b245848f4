"""The key of a list: short, ASCII and for ever, because `List-Id` is made from it."""

from __future__ import annotations

import re
import unicodedata

from newsletter.errors import ListKeyError

#: RFC 2919 2: dot-atom text; one label, so no dots, and as long as a host name's label.
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def parse_list_key(text: str) -> str:
    """Return the key that a person wrote, in lower case.

    Raises ListKeyError with a suggestion for anything else than letters, digits, hyphens.
    """
    key = text.strip().lower()
    if _KEY.fullmatch(key):
        return key
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    near = re.sub(r"[^a-z0-9]+", "-", plain)[:63].strip("-")
    hint = f"Try {near!r}: letters, digits and hyphens." if near else ""
    raise ListKeyError(f"{text!r} cannot be the name of a list", hint=hint)
