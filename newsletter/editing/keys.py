"""Short names inside an issue: "panama-letter-of-intent"."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container

_LONGEST = 48
_GAPS = re.compile(r"[^a-z0-9]+")


def key_from(text: str, taken: Container[str] = ()) -> str:
    """Return a key made of a title's Latin letters and digits, not among those taken.

    A title in another script gets a short fingerprint: keys stay easy to type in
    every editor, and the same title always gives the same key.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = _GAPS.sub("-", plain).strip("-")
    if len(words) > _LONGEST:
        words = words[: _LONGEST + 1].rpartition("-")[0] or words[:_LONGEST]
    if len(words.replace("-", "")) < 3:
        words = f"item-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"
    key, number = words, 2
    while key in taken:
        key, number = f"{words}-{number}", number + 1
    return key
