"""Translation files for volunteers: PO, XLIFF 1.2 and plain text, out and back."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from newsletter.editing import handoff_po, handoff_txt, handoff_xliff
from newsletter.editing.handed_out import Handoff as Handoff
from newsletter.errors import TranslationFileError

_CHARSET = re.compile(rb"Content-Type: text/plain; charset=([\w-]+)", re.IGNORECASE)


class HandoffFormat(StrEnum):
    """What a volunteer's tool can open."""

    PO = "po"
    XLIFF = "xliff"
    TXT = "txt"


def write(handoff: Handoff, form: HandoffFormat) -> bytes:
    """Return the file of a hand-off; the same hand-off gives the same bytes."""
    writers = {
        HandoffFormat.PO: handoff_po.write,
        HandoffFormat.XLIFF: handoff_xliff.write,
        HandoffFormat.TXT: handoff_txt.write,
    }
    return writers[form](handoff)


def read(content: bytes, name: str) -> Handoff:
    """Return what came back; the format is seen from the content.

    Raises TranslationFileError for a file of no known format or a broken one, naming
    line and reason where the format gives them.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # Windows' editor calls it "Unicode".
        content = _without_declaration(content.decode("utf-16", errors="replace")).encode()
    start = content.removeprefix(codecs.BOM_UTF8).lstrip()[:200]
    if start.startswith(b"<"):
        return handoff_xliff.read(content, name)
    text = handoff_txt.unquoted(_with_line_feeds(_text(content, name)))
    if handoff_txt.is_ours(text):
        return handoff_txt.read(text, name)
    return handoff_po.read(text, name)


def _text(content: bytes, name: str) -> str:
    """Return a file as text: UTF-8, else the character set that a PO file's header names."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        named = _CHARSET.search(content)
        charset = named[1].decode() if named else ""
        try:
            return content.decode(charset or "utf-8")
        except (LookupError, UnicodeDecodeError):
            said = f", and not {charset!r} either" if charset.lower() not in {"", "utf-8"} else ""
            raise TranslationFileError(
                f"{name!r} is not UTF-8 text: {error.reason} at byte {error.start}{said}",
                hint="Save it as UTF-8 in the translation tool, then import it again.",
            ) from error


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_declaration(text: str) -> str:
    """Return XML without its first line, which names an encoding it is not in any more."""
    return re.sub(r"^<\?xml[^>]*\?>", "", text)
