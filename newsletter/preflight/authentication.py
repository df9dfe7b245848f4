"""DKIM and DMARC in the DNS: the key is published, the policy is there, From agrees."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from newsletter.preflight.names import Names
from newsletter.preflight.proofs import Proof, Sender, Verdict

#: RFC 8301; Gmail and Microsoft advise 2048.
SHORTEST_BITS, GOOD_BITS = 1024, 2048


def signing(sender: Sender, names: Names) -> Iterator[Proof]:
    """Prove that the key we sign with is published."""
    if not sender.dkim_selector:
        says = "your mail server has to sign; which key it uses cannot be seen from here"
        says += " (name it with --selector, or run `newsletter dkim new` to sign yourself)"
        yield Proof("DKIM", Verdict.WARNING, says)
        return
    domain = sender.dkim_domain or sender.domain
    name = f"{sender.dkim_selector}._domainkey.{domain}"
    wanted = f"{name} TXT {sender.dkim_record}" if sender.dkim_record else ""
    found = names.lookup(name, "TXT")
    if not found:
        yield Proof("DKIM", Verdict.ERROR, f"there is no key at {name}", wanted)
        return
    tags = _tags(found[0])
    published, ours = _key(tags), _key(_tags(sender.dkim_record))
    if not published:
        yield Proof("DKIM", Verdict.ERROR, f"the key at {name} is revoked or broken", wanted)
    elif ours and published != ours:
        says = f"the key at {name} is not the one in your key file: no signature will verify"
        yield Proof("DKIM", Verdict.ERROR, says, wanted)
    else:
        yield _strength(name, tags, published)


def _strength(name: str, tags: dict[str, str], key: bytes) -> Proof:
    bits = key_bits(tags.get("k", "rsa"), key)
    if "y" in tags.get("t", "").split(":"):
        says = f"the key at {name} says it is only a test (t=y); take that out"
        return Proof("DKIM", Verdict.WARNING, says)
    if bits < SHORTEST_BITS and tags.get("k", "rsa") == "rsa":
        return Proof("DKIM", Verdict.ERROR, f"the key at {name} has {bits} bits; 2048 are needed")
    if bits < GOOD_BITS and tags.get("k", "rsa") == "rsa":
        return Proof("DKIM", Verdict.WARNING, f"the key at {name} has {bits} bits; use 2048")
    return Proof("DKIM", Verdict.GOOD, f"the key at {name} is published ({tags.get('k', 'rsa')})")


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def _key(tags: dict[str, str]) -> bytes:
    try:
        return b64decode(re.sub(r"\s", "", tags.get("p", "")), validate=True)
    except (Base64Error, ValueError):
        return b""


def key_bits(kind: str, key: bytes) -> int:
    """Return the length of a published key: the modulus of an RSA key in DER, else its bytes."""
    if kind != "rsa":
        return len(key) * 8
    longest = 0
    # The modulus is the one long INTEGER (tag 2) of a SubjectPublicKeyInfo.
    for at in range(len(key) - 4):
        if key[at] == 2 and key[at + 1] in (0x81, 0x82):
            octets = key[at + 1] & 0x7F
            length = int.from_bytes(key[at + 2 : at + 2 + octets])
            start = at + 2 + octets
            if length > longest and start + length <= len(key):
                longest = length - (key[start] == 0)
    return longest * 8


def policy(sender: Sender, names: Names) -> Iterator[Proof]:
    """Prove that a DMARC policy is published, and that SPF or DKIM agrees with From."""
    place, record = dmarc_record(names, sender.domain)
    top = place or sender.domain
    wanted = f"_dmarc.{top} TXT v=DMARC1; p=none; rua=mailto:dmarc@{top}"
    if record is None:
        says = f"there are several DMARC records at _dmarc.{top}; receivers ignore them all"
        yield Proof("DMARC", Verdict.ERROR, says, wanted)
        return
    if not record:
        says = f"{sender.domain} has no DMARC record; Gmail, Yahoo and Microsoft ask for one"
        yield Proof("DMARC", Verdict.ERROR, says, wanted)
        return
    tags = _tags(record)
    if tags.get("p", "").lower() not in {"none", "quarantine", "reject"}:
        yield Proof("DMARC", Verdict.ERROR, f"the DMARC record has no policy p= ({record})", wanted)
    elif "rua" not in tags:
        says = f"DMARC of {top} asks for no reports (rua=): you will not see who forges you"
        yield Proof(
            "DMARC", Verdict.WARNING, says, f"_dmarc.{top} TXT {record}; rua=mailto:dmarc@{top}"
        )
    else:
        yield Proof("DMARC", Verdict.GOOD, f"DMARC of {top}: {record}")
    yield _alignment(sender, top, tags)


def dmarc_record(names: Names, domain: str) -> tuple[str, str | None]:
    """Return where the DMARC record of a domain stands and what it says, walking upwards.

    The record is "" where there is none and None where there are several at one place.
    """
    labels = domain.split(".")
    for start in range(max(0, len(labels) - 1)):
        place = ".".join(labels[start:])
        found = [
            text
            for text in names.lookup(f"_dmarc.{place}", "TXT")
            if re.match(r"(?i)v\s*=\s*DMARC1\s*(;|$)", text.strip())
        ]
        if found:
            return place, found[0].strip() if len(found) == 1 else None
    return "", ""


def _alignment(sender: Sender, top: str, tags: dict[str, str]) -> Proof:
    """Prove that From agrees with the envelope or the signature (RFC 7489 section 3.1)."""
    by_spf = _aligned(sender.domain, sender.envelope_domain, top, strict=tags.get("aspf") == "s")
    signs = sender.dkim_domain or ""
    by_dkim = bool(signs) and _aligned(sender.domain, signs, top, strict=tags.get("adkim") == "s")
    if by_spf and by_dkim:
        says = f"From ({sender.domain}) agrees with the envelope and the signature"
        return Proof("alignment", Verdict.GOOD, says)
    if by_dkim or by_spf:
        which, other = ("signature", "envelope") if by_dkim else ("envelope", "signature")
        says = f"From ({sender.domain}) agrees with the {which}"
        if other == "envelope" or signs:
            return Proof("alignment", Verdict.WARNING, f"{says}, not with the {other}")
        return Proof("alignment", Verdict.GOOD, says)
    says = (
        f"From ({sender.domain}) agrees neither with the envelope ({sender.envelope_domain}) nor "
        f"with a signature of ours ({signs or 'none'}): DMARC fails unless your server signs for it"
    )
    return Proof("alignment", Verdict.ERROR, says)


def _aligned(shown: str, other: str, top: str, *, strict: bool) -> bool:
    if shown == other:
        return True
    return not strict and all(f".{one}".endswith(f".{top}") for one in (shown, other))
