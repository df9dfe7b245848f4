"""Any text in the seven bits of the wire: quoted-printable, base64, header words, addresses.

Pure functions, written once for the template (slowly) and for each reader (quickly).
The email package is not used: its folding differs between Python 3.11, 3.12 and 3.13
(python/cpython#144156, #85725), and it takes milliseconds where we have microseconds.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache

from newsletter.errors import MessageError

#: RFC 2045 section 6.7: a line has at most 76 characters, the soft break's "=" included.
_QP_ROOM = 75
#: RFC 2047 section 2: an encoded word has at most 75 characters, its line at most 76.
_WORD_ROOM = 75
HEADER_ROOM = 76
#: RFC 5322 section 2.1.1: a line MUST NOT be longer than 998; we keep a margin for names.
LONGEST_VALUE = 900

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: Bidi embeddings, overrides and isolates, lone surrogates, Unicode tags, the byte order mark:
#: nothing a name needs, and each can reorder or hide the text that stands after it.
_DANGEROUS = re.compile(
    "[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_OVERRIDES = re.compile("[\u202a-\u202e\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]")

#: Everything but printable ASCII without "=", and the second of two spaces: a relay may
#: fold runs of spaces, and DKIM's relaxed body would then need work for each reader.
_QP_UNSAFE = re.compile(rb"[^ -<>-~]|(?<= ) ")
_QP_TABLE = [b"=%02X" % byte for byte in range(256)]


def clean(value: str) -> str:
    """Return a value without control characters, line breaks or bidi controls."""
    if value.isascii() and value.isprintable():
        return value.strip()
    return _DANGEROUS.sub("", _CONTROLS.sub(" ", value)).strip()


def clean_header(text: str) -> str:
    """Return our own text fit for a header: as `clean`, but the theme's isolates are kept."""
    return _OVERRIDES.sub("", _CONTROLS.sub(" ", text)).strip()


# --- bodies -----------------------------------------------------------------------


def quoted_printable(line: bytes) -> bytes:
    """Return one line of text as quoted-printable, softly broken, without a break at its end.

    No line begins with a dot (so SMTP needs no stuffing, RFC 5321 section 4.5.2) or with
    "From " (which mbox files change), and no two blanks stand together.
    """
    if b"  " not in line and line.isascii() and line.decode("ascii").isprintable():
        encoded = line.replace(b"=", b"=3D")
    else:
        encoded = _QP_UNSAFE.sub(lambda found: _QP_TABLE[found[0][0]], line)
    if len(encoded) <= _QP_ROOM and not encoded.startswith((b".", b"From ")):
        return encoded
    return b"=\r\n".join(_broken(encoded))


def _broken(encoded: bytes) -> list[bytes]:
    lines: list[bytes] = []
    start, end = 0, len(encoded)
    while True:
        head = b""
        first = encoded[start : start + 1]
        if first == b"." or (first == b"F" and encoded.startswith(b"From ", start)):
            head = _QP_TABLE[first[0]]
            start += 1
        cut = start + _QP_ROOM - len(head)
        if cut >= end:
            lines.append(head + encoded[start:])
            return lines
        # Never between "=" and its two digits.
        if encoded[cut - 1] == 0x3D:
            cut -= 1
        elif encoded[cut - 2] == 0x3D:
            cut -= 2
        lines.append(head + encoded[start:cut])
        start = cut


def quoted_printable_text(text: str) -> bytes:
    """Return whole text as quoted-printable with CRLF, from the start of a line.

    Where the text does not end with a line break, a soft break is put there, so that
    whatever follows stands at the start of a line again.
    """
    lines = text.encode("utf-8", "replace").split(b"\n")
    out = []
    for line in lines[:-1]:
        encoded = quoted_printable(line)
        # A blank at the end of a line gets lost on the way (RFC 2045 section 6.7, rule 3).
        if encoded.endswith(b" "):
            fits = len(encoded) - encoded.rfind(b"\n") <= _QP_ROOM
            encoded = encoded[:-1] + (b"=20" if fits else b"=\r\n=20")
        out.append(encoded + b"\r\n")
    if lines[-1]:
        out.append(quoted_printable(lines[-1]) + b"=\r\n")
    return b"".join(out)


def base64_lines(raw: bytes) -> bytes:
    """Return bytes as lines of base64, at most 76 characters each (RFC 2045 section 6.8)."""
    return b"".join(
        b2a_base64(raw[start : start + 57], newline=False) + b"\r\n"
        for start in range(0, len(raw), 57)
    )


# --- headers ----------------------------------------------------------------------

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
)
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
#: RFC 2047 section 5 (3): all that may stand unencoded in a word inside a phrase.
_Q_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_Q_TABLE = [
    chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}" for byte in range(256)
]
_Q_COST = [len(code) for code in _Q_TABLE]
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_URL_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_URL_SAFE = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_ID_UNSAFE = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]")


def unstructured(text: str, column: int) -> str:
    """Return header text folded and, where it is not plain ASCII, as RFC 2047 words."""
    if text.isascii() and "=?" not in text:
        folded = _folded(text, column)
        if folded:
            return folded
    return _words(text, column)


def _folded(text: str, column: int) -> str:
    """Return ASCII text with line breaks before blanks; "" where a word is too long."""
    lines, line = [], ""
    for word in re.findall(r" *[^ ]+", text):
        if len(word) >= HEADER_ROOM - column:
            return ""
        if line and column + len(line) + len(word) > HEADER_ROOM:
            lines.append(line)
            line, column = word, 0
        else:
            line += word
    return "\r\n".join([*lines, line])


def _words(text: str, column: int) -> str:
    """Return text as encoded words, one a line, never cut inside a character."""
    raw = text.encode("utf-8", "replace")
    use_q = sum(_Q_COST[byte] for byte in raw) <= (len(raw) + 2) // 3 * 4
    room = HEADER_ROOM - column - len("=?utf-8?q??=")
    words, word, used = [], b"", 0
    for character in text:
        more = character.encode("utf-8", "replace")
        used += sum(_Q_COST[byte] for byte in more) if use_q else len(more)
        if word and (used if use_q else (used + 2) // 3 * 4) > room:
            words.append(_word(word, use_q))
            # The next line begins with one blank.
            room = _WORD_ROOM - len("=?utf-8?q??=")
            used = sum(_Q_COST[byte] for byte in more) if use_q else len(more)
            word = b""
        word += more
    if word:
        words.append(_word(word, use_q))
    return "\r\n ".join(words)


def _word(raw: bytes, use_q: bool) -> str:
    if use_q:
        return f"=?utf-8?q?{''.join(_Q_TABLE[byte] for byte in raw)}?="
    return f"=?utf-8?b?{b2a_base64(raw, newline=False).decode('ascii')}?="


def phrase(text: str, column: int) -> str:
    """Return a display name as atoms, quoted string or encoded words (RFC 5322 3.2.5)."""
    if text.isascii() and "=?" not in text and len(text) + column < HEADER_ROOM - 2:
        if _ATOMS.fullmatch(text):
            return text
        escaped = _escaped(text)
        if len(escaped) + column < HEADER_ROOM - 2:
            return f'"{escaped}"'
    return _words(text, column)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def mailbox(name: str, address: str, column: int) -> str:
    """Return `Name <address>` for a header that begins at `column`; the name may be empty."""
    fits = column + len(name) + len(address) + len(" <>") <= HEADER_ROOM
    if fits and "=?" not in name and _ATOMS.fullmatch(name) and _PLAIN_ADDRESS.fullmatch(address):
        return f"{name} <{address}>"
    spec = addr_spec(address)
    return named(name, f"<{spec}>", column) if clean(name) else spec


def named(name: str, bracketed: str, column: int) -> str:
    """Return a display name and what stands in angle brackets after it, folded."""
    # Parsers see one blank where a phrase has several; so that all agree, we write one.
    shown = " ".join(part for part in clean(name).split(" ") if part)
    if not shown:
        return bracketed
    words = phrase(shown, column)
    last = len(words.rpartition("\n")[2]) + (0 if "\n" in words else column)
    fold = "\r\n" if last + 1 + len(bracketed) > HEADER_ROOM else ""
    return f"{words}{fold} {bracketed}"


def addr_spec(address: str) -> str:
    """Return an address as it may stand in a header; the domain as A-labels.

    A local part outside ASCII stays as it is: such a reader can only be written to over
    SMTPUTF8 (RFC 6531), where headers are UTF-8. Raises MessageError for no address.
    """
    if len(address) <= 320 and _PLAIN_ADDRESS.fullmatch(address):
        return address
    local, at, domain = clean(address).rpartition("@")
    if not (local and at and domain) or len(address) > 320:
        raise MessageError(f"{address!r} is not an address")
    if not domain.isascii():
        domain = _a_label(domain, address)
    if not _DOMAIN.fullmatch(domain):
        raise MessageError(f"{address!r} has a domain that cannot be written to")
    if not (_DOT_ATOM.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        local = f'"{_escaped(local)}"'
    return f"{local}@{domain}"


def _a_label(domain: str, address: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise MessageError(f"{address!r} has a domain that cannot be written to") from error


# The same link stands in the text, in the HTML and in a header.
@lru_cache(maxsize=32)
def url(text: str) -> str:
    """Return an address of the web or mailto: in safe ASCII; other schemes give nothing."""
    if _URL_SAFE.fullmatch(text):
        return text
    cleaned = clean(text)
    if not cleaned.lower().startswith(("https://", "http://", "mailto:")):
        return ""
    return _URL_UNSAFE.sub(_percent, cleaned)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def identifier(text: str) -> str:
    """Return what may stand between the angle brackets of a Message-ID or List-Id."""
    return _ID_UNSAFE.sub("", text)
