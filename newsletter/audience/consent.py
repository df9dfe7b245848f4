"""Tokens: short, unforgeable names for "this person may leave this list", and their like.

A token carries numbers, never an address, and a seal (HMAC-SHA-256 cut to 130 bits) over its
purpose and those numbers. It is made of a-z, 2-9 and hyphens, whatever the case: it stands
in links, in the subject of a mailto and in the local part of a return path.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote

from newsletter.errors import SettingsError

#: 26 characters of base32 are 130 bits: nobody guesses that.
_SEAL_CHARACTERS = 26
_KEY_CHARACTERS = 3
#: Short keys can be tried out offline against one token.
SHORTEST_SECRET = 16
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a token allows; a token of one purpose is worth nothing for another."""

    UNSUBSCRIBE = "u"
    CONFIRM = "c"
    PREFERENCES = "p"
    #: See an issue as it was sent to this reader.
    VIEW = "v"
    #: Names a delivery in its return path.
    BOUNCE = "b"


@dataclass(frozen=True)
class Keys:
    """The secrets that seal tokens: the first makes them, all are accepted."""

    secrets: tuple[bytes, ...]

    @classmethod
    def of(cls, setting: str) -> Keys:
        """Return the keys in NEWSLETTER_SECRET: one, or the new one and older ones by commas.

        Raises SettingsError where there is none, or one too short to keep anything.
        """
        secrets = tuple(one.strip() for one in setting.split(",") if one.strip())
        if not secrets:
            raise SettingsError(
                "NEWSLETTER_SECRET is empty", hint="Run `newsletter init`, or set it in .env."
            )
        for one in secrets:
            if len(one) < SHORTEST_SECRET:
                raise SettingsError(
                    f"NEWSLETTER_SECRET has {len(one)} characters; {SHORTEST_SECRET} are needed",
                    hint="Put 32 random characters there; keep it for ever, links depend on it.",
                )
        return cls(tuple(one.encode() for one in secrets))


def make_token(keys: Keys, purpose: Purpose, *numbers: int) -> str:
    """Return the token that allows `purpose` for these numbers: subscriber and list, say."""
    return _sealed(keys.secrets[0], purpose, numbers)


def read_token(keys: Keys, purpose: Purpose, token: str) -> tuple[int, ...] | None:
    """Return the numbers of a token, or None where it is not one of ours for this purpose."""
    text = token.strip().lower()
    pieces = text.split("-")
    if len(text) > 120 or len(pieces) < 2 or not text.isascii():
        return None
    try:
        numbers = tuple(int(piece, 36) for piece in pieces[1:-1])
    except ValueError:
        return None
    valid = False
    for secret in keys.secrets:
        # All keys are tried, each in constant time.
        valid |= hmac.compare_digest(_sealed(secret, purpose, numbers), text)
    return numbers if valid else None


def unsubscribe_mailto(address: str, token: str) -> str:
    """Return the mailto that leaves a list by sending a message: its subject is the token."""
    return f"mailto:{quote(address, safe='@+')}?subject=unsubscribe%20{token}"


def token_in_subject(subject: str) -> str:
    """Return what may be a token in the subject of a message that asks to leave; "" if none."""
    words = [word for word in subject.lower().split() if word.startswith(Purpose.UNSUBSCRIBE)]
    return next((word for word in words if word.count("-") >= 2), "")


def _sealed(secret: bytes, purpose: Purpose, numbers: Sequence[int]) -> str:
    key = _base32(sha256(b"key id\0" + secret).digest())[:_KEY_CHARACTERS]
    body = "-".join([f"{purpose}{key}", *map(_base36, numbers)])
    seal = hmac.new(secret, b"token\0" + body.encode(), sha256).digest()
    return f"{body}-{_base32(seal)[:_SEAL_CHARACTERS]}"


def _base32(raw: bytes) -> str:
    return b32encode(raw).decode("ascii").lower().rstrip("=")


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a token carries no negative number")
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
