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
    name = f"{sender.dkim_selector}._domainkey.{sender.signing_domain}"
    wanted = f"{name} TXT {sender.dkim_record}" if sender.dkim_record else ""
    found = names.lookup(name, "TXT")
    if not found:
        says = f"there is no key at {name}{_misplaced(names, name, sender.signing_domain)}"
        yield Proof("DKIM", Verdict.ERROR, says, wanted)
        return
    if len(found) > 1:
        says = f"there are {len(found)} TXT records at {name}; receivers may read the wrong one"
        yield Proof("DKIM", Verdict.ERROR, f"{says}: keep one", wanted)
        return
    yield _published(name, _tags(found[0]), _key(_tags(sender.dkim_record)), wanted)


def _misplaced(names: Names, name: str, domain: str) -> str:
    """Return a hint where a record stands under the domain's name twice, as many panels do."""
    if not names.lookup(f"{name}.{domain}", "TXT"):
        return ""
    short = name.removesuffix(f".{domain}")
    return (
        f"; it stands at {name}.{domain}: your DNS panel adds the domain by itself, enter the name "
        f"as {short}"
    )


def _published(name: str, tags: dict[str, str], ours: bytes, wanted: str) -> Proof:
    """Prove that a published key is one that receivers use, and ours."""
    published = _key(tags)
    if not published:
        return Proof("DKIM", Verdict.ERROR, f"the key at {name} is revoked or broken", wanted)
    if ours and published != ours:
        says = f"the key at {name} is not the one in your key file: no signature will verify"
        return Proof("DKIM", Verdict.ERROR, says, wanted)
    if reason := _unusable(tags):
        return Proof("DKIM", Verdict.ERROR, f"receivers ignore the key at {name}: {reason}", wanted)
    return _strength(name, tags, published)


def _unusable(tags: dict[str, str]) -> str:
    """Return why a key does not count for our signatures (RFC 6376 section 3.6.1)."""
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"it says v={tags['v']}, not v=DKIM1"
    if "sha256" not in re.split(r"\s*:\s*", tags.get("h", "sha256").lower()):
        return f"it allows only h={tags['h']}"
    if not {"*", "email"} & set(re.split(r"\s*:\s*", tags.get("s", "*").lower())):
        return f"it is not for mail (s={tags['s']})"
    return ""


def _strength(name: str, tags: dict[str, str], key: bytes) -> Proof:
    kind = tags.get("k", "rsa").lower()
    bits = key_bits(kind, key)
    if "y" in tags.get("t", "").split(":"):
        says = f"the key at {name} says it is only a test (t=y); take that out"
        return Proof("DKIM", Verdict.WARNING, says)
    if kind == "ed25519":
        says = f"the key at {name} is published, but Gmail and Microsoft do not read Ed25519 keys"
        return Proof("DKIM", Verdict.WARNING, f"{says}: sign with RSA")
    if bits < SHORTEST_BITS:
        return Proof("DKIM", Verdict.ERROR, f"the key at {name} has {bits} bits; 2048 are needed")
    if bits < GOOD_BITS:
        return Proof("DKIM", Verdict.WARNING, f"the key at {name} has {bits} bits; use 2048")
    return Proof("DKIM", Verdict.GOOD, f"the key at {name} is published ({kind}, {bits} bits)")


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


#: What a DMARC policy asks of receivers.
_ASKS = {
    "none": "nothing is done about forged mail, only reports are sent",
    "quarantine": "mail that fails goes to the spam folder",
    "reject": "mail that fails is refused",
}
_DMARC = re.compile(r"v\s*=\s*DMARC1\s*(;|$)", re.IGNORECASE)


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
        says += _misplaced(names, f"_dmarc.{top}", top)
        yield Proof("DMARC", Verdict.ERROR, says, wanted)
        return
    tags = _tags(record)
    asked = tags.get("p", "").lower()
    if place != sender.domain:
        asked = tags.get("sp", asked).lower()
    if asked not in _ASKS:
        says = f"the DMARC record of {top} has no policy p= that receivers know ({record})"
        yield Proof("DMARC", Verdict.ERROR, says, wanted)
    elif "rua" not in tags:
        says = f"DMARC of {top} asks for no reports (rua=): you will not see who forges you"
        better = f"{record.rstrip('; ')}; rua=mailto:dmarc@{top}"
        yield Proof("DMARC", Verdict.WARNING, says, f"_dmarc.{top} TXT {better}")
    else:
        says = f"DMARC of {top}: {_ASKS[asked]} ({record})"
        yield Proof("DMARC", Verdict.GOOD, says)
    yield _alignment(sender, names, tags)


def _records(names: Names, domain: str) -> list[str]:
    texts = (text.strip() for text in names.lookup(f"_dmarc.{domain}", "TXT"))
    return [text for text in texts if _DMARC.match(text)]


def _upwards(domain: str) -> Iterator[str]:
    """Yield the domain and those above it, without the last: nobody is "org"."""
    labels = domain.split(".")
    return (".".join(labels[start:]) for start in range(max(0, len(labels) - 1)))


def dmarc_record(names: Names, domain: str) -> tuple[str, str | None]:
    """Return where the DMARC record of a domain stands and what it says, walking upwards.

    The record is "" where there is none and None where there are several at one place. What
    a registry publishes for all names below it (psd=y, RFC 9091) is no record of ours.
    """
    for place in _upwards(domain):
        found = _records(names, place)
        if found and _tags(found[0]).get("psd") != "y":
            return place, found[0] if len(found) == 1 else None
    return "", ""


def organisation(names: Names, domain: str) -> str:
    """Return the domain of the organisation: the highest that publishes a DMARC record."""
    places = list(_upwards(domain))
    highest = domain
    for at, place in enumerate(places):
        found = _records(names, place)
        psd = _tags(found[0]).get("psd", "") if found else ""
        if psd == "y":
            return places[max(0, at - 1)]
        if found:
            highest = place
        if psd == "n":
            break
    return highest


def _alignment(sender: Sender, names: Names, tags: dict[str, str]) -> Proof:
    """Prove that From agrees with the envelope or the signature (RFC 7489 section 3.1)."""

    def agrees(other: str, mode: str) -> bool:
        return _aligned(names, sender.domain, other, strict=tags.get(mode, "r").lower() == "s")

    signs = sender.signing_domain if sender.dkim_selector else ""
    by_spf = agrees(sender.envelope_domain, "aspf")
    by_dkim = bool(signs) and agrees(signs, "adkim")
    if by_spf and by_dkim:
        says = f"From ({sender.domain}) agrees with the envelope and the signature"
        return Proof("alignment", Verdict.GOOD, says)
    if by_dkim or by_spf:
        which, other = ("signature", "envelope") if by_dkim else ("envelope", "signature")
        says = f"From ({sender.domain}) agrees with the {which}"
        if other == "envelope" or signs:
            against = sender.envelope_domain if other == "envelope" else signs
            return Proof("alignment", Verdict.WARNING, f"{says}, not with the {other} ({against})")
        return Proof("alignment", Verdict.GOOD, says)
    says = (
        f"From ({sender.domain}) agrees neither with the envelope ({sender.envelope_domain}) nor "
        f"with a signature of ours ({signs or 'none'}): DMARC fails unless your server signs for it"
    )
    return Proof("alignment", Verdict.ERROR, says)


def _aligned(names: Names, shown: str, other: str, *, strict: bool) -> bool:
    """Say whether two domains are one organisation's.

    Receivers know organisations by a list of public suffixes or by walking up the DNS. We
    have no such list; but a domain that sends mail is no public suffix, so what stands below
    it is its own.
    """
    if shown == other:
        return True
    if strict:
        return False
    if f".{shown}".endswith(f".{other}") or f".{other}".endswith(f".{shown}"):
        return True
    return organisation(names, shown) == organisation(names, other)
