"""Tokens: short, unforgeable names for "this person may leave this list", and their like.

A token carries numbers, never an address, and a seal (HMAC-SHA-256 cut to 130 bits) over its
purpose, those numbers and, where the numbers alone could come to mean somebody else, what they
stand for. It is made of a-z, 0-9 and hyphens, whatever the case: it stands in links, in the
subject of a mailto and in the local part of a return path. It does not expire: a reader may
leave by a message that is years old.
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
#: What a store can number; anything larger is no number of ours.
_LARGEST_NUMBER = 2**63 - 1
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


def make_token(keys: Keys, purpose: Purpose, *numbers: int, bound_to: str = "") -> str:
    """Return the token that allows `purpose` for these numbers: subscriber and list, say.

    `bound_to` is sealed in and not shown. A store that is made anew counts from 1 again:
    bound to the person and the list, an old token never comes to mean somebody else.
    """
    return _sealed(keys.secrets[0], purpose, numbers, bound_to)


def read_token(
    keys: Keys, purpose: Purpose, token: str, *, bound_to: str = ""
) -> tuple[int, ...] | None:
    """Return the numbers of a token, or None where it is not one of ours for this purpose."""
    text, numbers = token.strip().lower(), claimed_numbers(token)
    if numbers is None:
        return None
    valid = False
    for secret in keys.secrets:
        # All keys are tried, each in constant time.
        valid |= hmac.compare_digest(_sealed(secret, purpose, numbers, bound_to), text)
    return numbers if valid else None


def claimed_numbers(token: str) -> tuple[int, ...] | None:
    """Return the numbers that a token names, whether its seal is true or not; None: no token.

    To look up what it should be bound to.
    """
    text = token.strip().lower()
    pieces = text.split("-")
    if len(text) > 120 or len(pieces) < 2 or not text.isascii():
        return None
    try:
        numbers = tuple(int(piece, 36) for piece in pieces[1:-1])
    except ValueError:
        return None
    return numbers if all(0 <= one <= _LARGEST_NUMBER for one in numbers) else None


def person_on_list(address_key: str, list_key: str) -> str:
    """Return what the token of a person and a list is bound to."""
    return f"{address_key}\0{list_key}"


def unsubscribe_mailto(address: str, token: str) -> str:
    """Return the mailto that leaves a list by sending a message: its subject is the token."""
    return f"mailto:{quote(address, safe='@+')}?subject=unsubscribe%20{token}"


def token_in_subject(subject: str) -> str:
    """Return what may be a token in the subject of a message that asks to leave; "" if none."""
    words = [word for word in subject.lower().split() if word.startswith(Purpose.UNSUBSCRIBE)]
    return next((word for word in words if word.count("-") >= 2), "")


def _sealed(secret: bytes, purpose: Purpose, numbers: Sequence[int], bound_to: str) -> str:
    key = _base32(sha256(b"key id\0" + secret).digest())[:_KEY_CHARACTERS]
    body = "-".join([f"{purpose}{key}", *map(_base36, numbers)])
    sealed = f"token\0{body}\0{bound_to}" if bound_to else f"token\0{body}"
    seal = hmac.new(secret, sealed.encode("utf-8", "replace"), sha256).digest()
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
