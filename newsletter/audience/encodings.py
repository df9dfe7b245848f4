"""Which encoding a file of people is in, from its bytes alone."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from newsletter.errors import ImportFileError

#: Name of the codec error handler that mends single broken characters.
RESCUE = "newsletter-rescue"
CHUNK = 1 << 20
SAMPLE_BYTES = 20_000
#: What Excel and old list managers save in, beyond western Europe.
_SCRIPTS = ("cp1251", "koi8_r", "cp1256", "gb18030", "big5", "cp1253", "cp1255", "cp932", "cp949")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16: its little-endian mark begins with the same two bytes.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: First bytes of files that people take for a list, and what to do instead.
_OTHER_FILES = (
    (b"PK\x03\x04", "a packed file or an Excel or LibreOffice workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a packed file"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_UTF8_WORD = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def detect_encoding(stream: BinaryIO) -> str:
    """Return the name of the codec that reads this file.

    The whole file is looked through once, a piece at a time: the first accent may
    stand on the last line. Raises ImportFileError where it is no text.
    """
    stream.seek(0)
    head = stream.read(CHUNK)
    for start, what in _OTHER_FILES:
        if head.startswith(start):
            raise ImportFileError(f"this is {what}, not a CSV file")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _utf_16(head)
    stream.seek(0)
    return "utf-8" if _is_utf_8(stream) else _older(stream)


def known_encoding(name: str) -> str:
    """Return the name of an encoding that a person gave; raises ImportFileError."""
    try:
        "".encode(name)
    except LookupError as error:
        raise ImportFileError(
            f"encoding {name!r} is not known",
            hint="Write cp1250, cp1251, cp1256, gb18030 or utf-8.",
        ) from error
    return name


def contains(stream: BinaryIO, byte: bytes) -> bool:
    """Say whether the byte stands anywhere in the file."""
    stream.seek(0)
    return any(byte in piece for piece in iter(lambda: stream.read(CHUNK), b""))


def _utf_16(head: bytes) -> str:
    """Return which UTF-16 a file without a mark is in, by where its zero bytes stand."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    # Plain letters have their zero byte in one place; only a damaged or packed file has both.
    if odd > 20 * even:
        return "utf-16-le"
    if even > 20 * odd:
        return "utf-16-be"
    raise ImportFileError("this is not a text file: it has zero bytes in it")


def _is_utf_8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(CHUNK):
            if len(piece) == CHUNK and b"\n" not in piece and b"\r" not in piece:
                raise ImportFileError("this is not a list: a line is longer than 1 MB")
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _older(stream: BinaryIO) -> str:
    """Return the encoding of a file that is not, or not wholly, UTF-8."""
    high, in_long_runs, in_words = 0, 0, 0
    sample = bytearray()
    stream.seek(0)
    while piece := stream.read(CHUNK):
        runs = _HIGH_RUN.findall(piece)
        high += sum(map(len, runs))
        in_long_runs += sum(len(run) for run in runs if len(run) > 2)
        in_words += sum(map(len, _UTF8_WORD.findall(piece)))
        if len(sample) < SAMPLE_BYTES:
            sample += b"\n".join(runs)[:SAMPLE_BYTES] + b"\n"
    # UTF-8 with a few broken characters: the reader mends those one by one.
    if in_words > 0.7 * high:
        return "utf-8"
    # In the languages of western Europe accents stand alone; where most stand in long
    # runs, whole words are in another script.
    return "cp1252" if in_long_runs < 0.5 * high else _other_script(bytes(sample))


def _other_script(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_SCRIPTS)).best()
    return best.encoding if best else "cp1251"


def _rescued(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that the encoding does not have as Windows would; else mark the place."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - we only read by this
    damaged = error.object[error.start : error.end]
    return damaged.decode("cp1252", errors="replace"), error.end


codecs.register_error(RESCUE, _rescued)
