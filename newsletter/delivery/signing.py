"""DKIM (RFC 6376, 8463): messages signed as fast as the key allows.

Our templates are made so that relaxed canonicalisation leaves their bodies as they are;
then signing costs the hash and the key, nothing else. Other bodies are canonicalised here.
"""

from __future__ import annotations

import re
import stat
from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import SigningError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: RFC 6376 section 5.4.1, and what RFC 8058 section 4 and bulk receivers want covered.
SIGNED = (
    b"from to reply-to subject date message-id mime-version content-type content-language "
    b"content-transfer-encoding list-id list-unsubscribe list-unsubscribe-post list-help "
    b"list-archive feedback-id precedence"
).split()
#: Named once more than they occur, so that nobody can add a second one (RFC 6376 8.15).
OVERSIGNED = b"from to reply-to subject date content-type list-unsubscribe".split()
#: RFC 8301: shorter keys do not count; Gmail and Yahoo advise 2048.
SHORTEST_RSA_BITS, RSA_BITS = 1024, 2048

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t\r\n]+")
_BODY_BLANKS = re.compile(rb"[ \t]+")


class Algorithm(StrEnum):
    """How a signature is made."""

    RSA = "rsa-sha256"
    #: Small and 10 times faster, but not every receiver checks it yet.
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True)
class Signer:
    """A key and the names under which its public half stands in the DNS."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, message: bytes, *, is_canonical: bool = False) -> bytes:
        """Return the message with a DKIM-Signature before its headers.

        The same message gives the same bytes: no time is written into the signature.
        `is_canonical` says that a MessageTemplate made the body, which then needs no work;
        looking for blanks to fold takes longer than hashing.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = [_relaxed(field) for field in _FIELD_END.split(head)]
        named, lines = _chosen(fields)
        body_hash = b64encode(sha256(body if is_canonical else relaxed_body(body)).digest())
        unsigned = self._tags(b":".join(named), body_hash)
        digest_of = b"".join(lines) + b"dkim-signature:" + _BLANKS.sub(b" ", unsigned)
        seal = b64encode(self._seal(digest_of))
        return b"DKIM-Signature: " + unsigned + _folded(seal) + b"\r\n" + message

    def _tags(self, named: bytes, body_hash: bytes) -> bytes:
        lines = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={self.domain};\r\n s={self.selector};"
        )
        return b"%b\r\n h=%b;\r\n bh=%b;\r\n b=" % (
            lines.encode("ascii"),
            _lines_of(named),
            body_hash,
        )

    @property
    def algorithm(self) -> Algorithm:
        """Return the algorithm of the key."""
        return Algorithm.RSA if hasattr(self.key, "key_size") else Algorithm.ED25519

    def _seal(self, signed: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self.key, Ed25519PrivateKey):
            # RFC 8463 section 3: it is the hash that is signed.
            return self.key.sign(sha256(signed).digest())
        return self.key.sign(signed, PKCS1v15(), SHA256())

    def record(self) -> str:
        """Return what the TXT record of `selector._domainkey.domain` has to say."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self.key.public_key()
        if self.algorithm is Algorithm.RSA:
            raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        kind = "rsa" if self.algorithm is Algorithm.RSA else "ed25519"
        return f"v=DKIM1; k={kind}; p={b64encode(raw).decode('ascii')}"


def _relaxed(field: bytes) -> tuple[bytes, bytes]:
    """Return name and line of a header field, relaxed (RFC 6376 section 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.rstrip(b" \t").lower()
    return name, name + b":" + _BLANKS.sub(b" ", value).strip(b" ") + b"\r\n"


def _chosen(fields: list[tuple[bytes, bytes]]) -> tuple[list[bytes], list[bytes]]:
    """Return the names for `h=` and their lines, each name from the bottom up (5.4.2)."""
    found: dict[bytes, list[bytes]] = {}
    for name, line in reversed(fields):
        found.setdefault(name, []).append(line)
    named: list[bytes] = []
    lines: list[bytes] = []
    for name in SIGNED:
        occurring = found.get(name, ())
        named += [name] * (len(occurring) + (name in OVERSIGNED))
        lines += occurring
    return named, lines


@lru_cache(maxsize=64)
def _lines_of(named: bytes) -> bytes:
    """Return the list of names in lines within 78 characters (RFC 5322 section 2.1.1)."""
    lines, line = [], b""
    for name in named.split(b":"):
        if len(line) + len(name) > 70:
            lines.append(line)
            line = b""
        line += name + b":"
    return b"\r\n ".join([*lines, line])[:-1]


def _folded(seal: bytes) -> bytes:
    return b"\r\n ".join(seal[start : start + 72] for start in range(0, len(seal), 72))


def relaxed_body(body: bytes) -> bytes:
    """Return the body as RFC 6376 section 3.4.4 sees it; ours comes back untouched."""
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        body = _BODY_BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    if body.endswith((b"\r\n\r\n", b" ")) or not body.endswith(b"\r\n") or body == b"\r\n":
        body = body.rstrip(b" \r\n")
        return body + b"\r\n" if body else b""
    return body


def check_names(domain: str, selector: str) -> None:
    """Raise SigningError for a domain or selector that cannot stand in the DNS."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", domain):
        raise SigningError(f"dkim.domain {domain!r} is not a domain")
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", selector):
        raise SigningError(f"dkim.selector {selector!r} is not a name in the DNS")


def configured_signer(domain: str, selector: str, key_file: str, root: Path) -> Signer | None:
    """Return the signer that the settings [dkim] ask for; None where signing is off."""
    if not (domain or selector or key_file):
        return None
    if not (domain and selector and key_file):
        raise SigningError("[dkim] needs all three: domain, selector and key_file")
    return load_signer(domain, selector, root / key_file)


def load_signer(domain: str, selector: str, key_file: Path) -> Signer:
    """Return the signer of a key file.

    Raises SigningError for a file that others may read, that is missing or holds no usable
    key, and for names that cannot stand in the DNS.
    """
    check_names(domain, selector)
    try:
        mode = key_file.stat().st_mode
        pem = key_file.read_bytes()
    except OSError as error:
        raise SigningError(
            f"cannot read the DKIM key {str(key_file)!r}: {error.strerror}"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise SigningError(
            f"the DKIM key {str(key_file)!r} can be read by others (mode {stat.S_IMODE(mode):04o})",
            hint=f"Run `chmod 600 {key_file}`.",
        )
    return Signer(domain.lower(), selector.lower(), _private_key(pem, key_file))


def _private_key(pem: bytes, key_file: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    _require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(
            f"{str(key_file)!r} holds no private key in PEM form without a password"
        ) from error
    if isinstance(key, RSAPrivateKey) and key.key_size < SHORTEST_RSA_BITS:
        raise SigningError(f"the DKIM key {str(key_file)!r} has only {key.key_size} bits")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise SigningError(f"{str(key_file)!r} holds neither an RSA nor an Ed25519 key")
    return key


def new_key(algorithm: Algorithm) -> bytes:
    """Return a new private key in PEM form."""
    _require_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key: RSAPrivateKey | Ed25519PrivateKey = (
        rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        if algorithm is Algorithm.RSA
        else Ed25519PrivateKey.generate()
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _require_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise SigningError(
            "signing needs the package 'cryptography'",
            hint="Run `pip install 'newsletter-press[dkim]'`.",
        ) from error
