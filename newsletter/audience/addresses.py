"""Addresses as people write them: parsed once, strictly, offline."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import NamedTuple

from newsletter.audience.typing_mistakes import hint_for_domain
from newsletter.errors import AddressError
from newsletter.model.people import EmailAddress

#: RFC 5321 4.5.3.1: 64 octets for the local part; 256 for a path with its brackets.
MOST_LOCAL, MOST_ADDRESS = 64, 254
#: A hostile file may have a new domain on every line; memory must not grow with it.
MOST_DOMAINS_REMEMBERED = 50_000
#: Reserved or private names: good inside a house or a test, never outside.
PRIVATE = frozenset({"test", "local", "localhost", "internal", "lan", "example"})
# Those of them that email-validator refuses, and those that no mail can ever reach
# (RFC 6761, RFC 7686, RFC 9476).
_PRIVATE_ENDING = re.compile(r"\.(?:test|local|localhost)$", re.IGNORECASE)
_SEVERAL = re.compile(r"[^\s@,;/]+@[^\s@,;/]+")
_UNREACHABLE_ENDING = re.compile(r"\.(?:invalid|onion|arpa|alt)$", re.IGNORECASE)

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#: RFC 5322 3.4.1 dot-atom; what lies behind the @ is judged once per domain.
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_COMMENTED = re.compile(r"(?P<address>[^\s()]+@[^\s()]+)\s*\((?P<name>[^()]*)\)")
# Controls, and the characters that turn the direction of the text around them: both
# make a header or a page say something else than it seems to.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION_TRICKS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What sticks to an address that was copied from a web page or a word processor.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f"
_AROUND = " \t\r\n\u00a0\u202f\u3000" + _INVISIBLE


class _Domain(NamedTuple):
    """A domain that was judged: what is written behind the local part."""

    suffix: str
    most_local: int
    warning: str


class AddressReader:
    """Reads addresses, judging every domain only once."""

    def __init__(self) -> None:
        self._domains: dict[str, _Domain] = {}

    def read(self, text: str) -> EmailAddress:
        """Return the checked address, or raise AddressError with the reason."""
        # The short way, for an import's many: a plain local part at a domain seen before.
        local, _, written = text.rpartition("@")
        known = self._domains.get(written)
        if known is None or len(local) > known[1] or not _LOCAL.fullmatch(local):
            return self._read_with_care(text)
        return EmailAddress(local + known[0], "", False, known[2])

    def _read_with_care(self, text: str) -> EmailAddress:
        name, bare = _take_apart(text)
        checked = _validated(bare, name)
        if checked.needs_smtputf8:
            return checked
        if len(self._domains) >= MOST_DOMAINS_REMEMBERED:
            self._domains.clear()
        domain = checked.address.partition("@")[2]
        most_local = min(MOST_LOCAL, MOST_ADDRESS - 1 - len(domain))
        written = bare.rpartition("@")[2]
        self._domains[written] = _Domain(f"@{domain}", most_local, checked.warning)
        return checked


def parse_address(text: str) -> EmailAddress:
    """Return the checked address that one cell or argument holds.

    Understands `ana@example.org`, `Ana Ruiz <ana@example.org>` and
    `ana@example.org (Ana Ruiz)`. Raises AddressError, which says what is wrong.
    """
    return AddressReader().read(text)


def masked_address(address: str) -> str:
    """Return an address as its owner knows it again and nobody learns it: a•••@example.org.

    A newsletter is passed on, and with it the link to a page that names the reader.
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def clean_name(text: str) -> str:
    """Return a name on one line, without controls and direction tricks."""
    if "=?" in text:
        text = _decoded(text)
    elif text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _DIRECTION_TRICKS.sub("", _CONTROLS.sub(" ", text))
    return " ".join(text.split()).strip(_AROUND)


def _take_apart(text: str) -> tuple[str, str]:
    """Return the name and the bare address of what a person wrote."""
    text = text.strip(_AROUND).replace("\uff20", "@")
    if _CONTROLS.search(text):
        raise AddressError(f"{_shown(text)} is not an address: it has a line break or control")
    text = text.strip(_AROUND + ",;")
    named = _NAMED.fullmatch(text) or _COMMENTED.fullmatch(text)
    name, bare = (named["name"], named["address"]) if named else ("", text)
    bare = bare.strip(_AROUND).removeprefix("mailto:").removeprefix("MAILTO:")
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = bare[1:-1]
    name = clean_name(name)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = re.sub(r"\\(.)", r"\1", name[1:-1]).strip()
    # Outlook writes the address as the name of itself.
    return ("" if name.casefold() == bare.casefold() else name), bare


def _validated(bare: str, name: str) -> EmailAddress:
    """Return the address that email-validator accepts, with the domain as an A-label."""
    _refuse_the_obvious(bare)
    from email_validator import EmailNotValidError, validate_email

    # It refuses names that only a house's own relay knows: an .example stands in.
    private = _PRIVATE_ENDING.search(bare)
    judged = f"{bare[: private.start()]}.example" if private else bare
    try:
        found = validate_email(
            judged,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError as error:
        raise AddressError(f"{_shown(bare)} is not an address: {_reason(error)}") from error
    domain = (found.ascii_domain or found.domain).lower()
    if private:
        domain = domain.removesuffix(".example") + private[0].lower()
    if len(found.local_part.encode()) > MOST_LOCAL:
        raise AddressError(f"{_shown(bare)} is not an address: it is too long")
    return EmailAddress(
        f"{found.local_part}@{domain}",
        name,
        needs_smtputf8=not found.local_part.isascii(),
        warning=_warning(domain),
    )


def _refuse_the_obvious(bare: str) -> None:
    """Give the commonest mistakes a reason in plain words."""
    domain = bare.rpartition("@")[2].replace("\u3002", ".")
    reasons = (
        (not bare, "it is empty"),
        ("@" not in bare, "it has no @"),
        (len(_SEVERAL.findall(bare)) > 1, "it holds more than one address"),
        (len(bare.split()) > 1, "it has a space in it"),
        (bare.count("@") > 1, "it has more than one @"),
        (bare.startswith('"'), "an address in quotation marks cannot be used"),
        ("." not in domain, "the part after @ has no dot"),
        (_UNREACHABLE_ENDING.search(bare), "nothing can ever be behind such a name (RFC 6761)"),
    )
    for applies, reason in reasons:
        if applies:
            raise AddressError(f"{_shown(bare)} is not an address: {reason}")


def _warning(domain: str) -> str:
    last = domain.rpartition(".")[2]
    if last in PRIVATE:
        return f".{last} is not reachable from the internet"
    return hint_for_domain(domain)


def _reason(error: Exception) -> str:
    """Return email-validator's reason as the end of our sentence."""
    text = str(error).strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _decoded(text: str) -> str:
    """Return a name that came as RFC 2047 encoded words in clear."""
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def _shown(text: str) -> str:
    """Return what a person wrote, in quotes, cut short, with controls visible."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
