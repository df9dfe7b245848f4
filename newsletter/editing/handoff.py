"""Translation files for volunteers: PO, XLIFF 1.2 and plain text, out and back."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.editing.translations import Unit
from newsletter.errors import TranslationFileError

if TYPE_CHECKING:
    from lxml import etree

#: OASIS XLIFF 1.2, which every translation tool of the field opens.
_XLIFF = "urn:oasis:names:tc:xliff:document:1.2"
_STATE = re.compile(r"of=(\w*) was=(\w*)")
_HEAD = re.compile(
    r"^# newsletter translation: issue=(\S+) from=(\S+) to=(\S+)[ \t]*$", re.MULTILINE
)
_CHARSET = re.compile(rb"Content-Type: text/plain; charset=([\w-]+)", re.IGNORECASE)
_PO_STRING = re.compile(r'\s*(?:msg\w+(?:\[\d\])?\s+)?"')
_PO_WHOLE = re.compile(r'[^"]*"(?:[^"\\]|\\.)*"\s*')
#: What a line of a translation may not begin with in a text file: it would look like ours.
_LIKE_OURS = re.compile(r"^(?=\\*(?:>|\[\[))", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(?=\\*(?:>|\[\[))", re.MULTILINE)
#: XLIFF 1.2, 2.4 "state": what begins so is not done yet.
_UNFINISHED = ("new", "needs-")
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TXT_UNIT = re.compile(r"^\[\[([^\]]+)\]\] of=(\w*) was=(\w*)$")


class HandoffFormat(StrEnum):
    """What a volunteer's tool can open."""

    PO = "po"
    XLIFF = "xliff"
    TXT = "txt"


@dataclass(frozen=True, slots=True)
class Handoff:
    """One language's texts on their way to or from a volunteer."""

    issue: str
    source_language: str
    language: str
    units: tuple[Unit, ...]


def write(handoff: Handoff, form: HandoffFormat) -> bytes:
    """Return the file of a hand-off; the same hand-off gives the same bytes."""
    writers = {
        HandoffFormat.PO: _write_po,
        HandoffFormat.XLIFF: _write_xliff,
        HandoffFormat.TXT: _write_txt,
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
        return _read_xliff(content, name)
    found = _CHARSET.search(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if found and (recoded := _decoded(content, found[1].decode())):
            return _read_po(_with_line_feeds(recoded), name)
        raise TranslationFileError(
            f"{name!r} is not UTF-8 text: {error.reason} at byte {error.start}",
            hint="Save it as UTF-8 in the translation tool, then import it again.",
        ) from error
    text = _with_line_feeds(text)
    if _HEAD.search(text):
        return _read_txt(text, name)
    return _read_po(text, name)


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_declaration(text: str) -> str:
    """Return XML without its first line, which names an encoding it is not in any more."""
    return re.sub(r"^<\?xml[^>]*\?>", "", text)


def _decoded(content: bytes, charset: str) -> str:
    """Return a PO file in the character set that its header names; "" where it is not."""
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return ""


def _state(unit: Unit) -> str:
    return f"of={unit.of} was={unit.was}"


def _write_po(handoff: Handoff) -> bytes:
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    catalog = Catalog(
        locale=handoff.language.replace("-", "_"),
        project="newsletter",
        version=handoff.issue,
        fuzzy=False,
        header_comment=f"# Issue {handoff.issue}: {handoff.source_language} -> {handoff.language}",
    )
    for unit in handoff.units:
        added = catalog.add(
            unit.original, unit.translation, context=unit.id, auto_comments=[_state(unit)]
        )
        # Babel takes "50 % in" for a format of Python, and msgfmt then insists on it.
        added.flags.discard("python-format")
        added.flags.discard("python-brace-format")
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=False, omit_header=True)
    head = (
        f"# Issue {handoff.issue}: {handoff.source_language} -> {handoff.language}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Project-Id-Version: newsletter {handoff.issue}\\n"\n'
        f'"X-Source-Language: {handoff.source_language}\\n"\n'
        f'"Language: {handoff.language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return head.encode() + out.getvalue()


def _read_po(text: str, name: str) -> Handoff:
    from babel.messages.pofile import PoFileError, read_po

    for number, line in enumerate(text.split("\n"), start=1):
        # Babel reads the rest of a file that was cut off as if nothing were amiss.
        if _PO_STRING.match(line) and not _PO_WHOLE.fullmatch(line):
            raise TranslationFileError(
                f"{name!r} line {number} is not a PO file: a text without its closing quote"
            )
    try:
        catalog = read_po(io.StringIO(text), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        at = getattr(error, "lineno", None)
        where = f" line {at + 1}" if at is not None else ""
        raise TranslationFileError(f"{name!r}{where} is not a PO file: {error}") from error
    head = _po_head(text)
    issue = head.get("Project-Id-Version", "").removeprefix("newsletter ").strip()
    if not issue or not head.get("Language"):
        raise TranslationFileError(f"{name!r} is not a file that this newsletter handed out")
    units = tuple(
        _returned(
            str(message.context),
            str(message.id),
            str(message.string or ""),
            " ".join([*message.auto_comments, *message.user_comments]),
            is_unfinished=message.fuzzy,
        )
        for message in catalog
        if message.id and message.context
    )
    language = head["Language"].replace("_", "-")
    return Handoff(issue, head.get("X-Source-Language", ""), language, units)


def _po_head(text: str) -> dict[str, str]:
    """Return the fields of a PO file's header, however a tool has wrapped its lines."""
    found = re.search(r'^msgid ""\s*\nmsgstr ((?:"[^\n]*"\s*\n)+)', text, re.MULTILINE)
    lines = re.findall(r'^(?:msgstr )?"(.*)"\s*$', found[0] if found else "", re.MULTILINE)
    fields = (line.partition(": ") for line in "".join(lines).split("\\n"))
    return {name: value.strip() for name, _, value in fields if name}


def _returned(
    name: str, original: str, translation: str, notes: str, *, is_unfinished: bool = False
) -> Unit:
    found = _STATE.search(notes)
    of, was = found.groups() if found else ("", "")
    return Unit(name, original, translation, of, was, is_unfinished)


def _write_xliff(handoff: Handoff) -> bytes:
    from lxml import etree

    root = etree.fromstring(f'<xliff version="1.2" xmlns="{_XLIFF}"/>')
    file = etree.SubElement(
        root,
        f"{{{_XLIFF}}}file",
        {
            "original": handoff.issue,
            "source-language": handoff.source_language,
            "target-language": handoff.language,
            "datatype": "plaintext",
        },
    )
    body = etree.SubElement(file, f"{{{_XLIFF}}}body")
    for unit in handoff.units:
        one = etree.SubElement(body, f"{{{_XLIFF}}}trans-unit", {"id": unit.id})
        one.set(_XML_SPACE, "preserve")
        etree.SubElement(one, f"{{{_XLIFF}}}source").text = _xml_text(unit.original)
        target = etree.SubElement(one, f"{{{_XLIFF}}}target")
        target.text = _xml_text(unit.translation)
        etree.SubElement(one, f"{{{_XLIFF}}}note").text = _state(unit)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _xml_text(text: str) -> str:
    """Return the text without the control characters that XML 1.0 forbids."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def _read_xliff(content: bytes, name: str) -> Handoff:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise TranslationFileError(f"{name!r} is not an XLIFF file: {error}") from error
    file = root.find(f"{{{_XLIFF}}}file")
    if file is None:
        raise TranslationFileError(f"{name!r} is not an XLIFF 1.2 file")
    units = tuple(
        _returned(
            one.get("id", ""),
            _element_text(one, "source"),
            _element_text(one, "target"),
            _element_text(one, "note"),
            is_unfinished=_target_state(one).startswith(_UNFINISHED),
        )
        for one in file.iter(f"{{{_XLIFF}}}trans-unit")
    )
    language = file.get("target-language", "")
    if not language:
        raise TranslationFileError(f"{name!r} does not say its target-language")
    return Handoff(file.get("original", ""), file.get("source-language", ""), language, units)


def _element_text(unit: etree._Element, name: str) -> str:
    """Return the words of an element, or of all those of that name."""
    found = unit.findall(f"{{{_XLIFF}}}{name}")
    return "".join(str(text) for element in found for text in element.itertext())


def _target_state(unit: etree._Element) -> str:
    target = unit.find(f"{{{_XLIFF}}}target")
    return "" if target is None else str(target.get("state", ""))


def _write_txt(handoff: Handoff) -> bytes:
    lines = [
        f"# newsletter translation: issue={handoff.issue} "
        f"from={handoff.source_language} to={handoff.language}",
        "# Write each translation under its original, on the lines that do not begin with >.",
        "# Leave the lines in [[ ]] as they are.",
    ]
    for unit in handoff.units:
        lines += ["", f"[[{unit.id}]] {_state(unit)}"]
        lines += [f"> {line}".rstrip() for line in unit.original.split("\n")]
        lines += _LIKE_OURS.sub(r"\\", unit.translation).split("\n")
    return ("\n".join(lines) + "\n").encode()


def _read_txt(text: str, name: str) -> Handoff:
    head = _HEAD.search(text)
    if head is None:
        raise TranslationFileError(f"{name!r} is not a file that this newsletter handed out")
    units: list[Unit] = []
    for number, block in enumerate(re.split(r"\n(?=\[\[)", text)[1:], start=1):
        first, *rest = block.split("\n")
        found = _TXT_UNIT.match(first.strip())
        if found is None:
            raise TranslationFileError(f"{name!r}: the head of text {number} is broken: {first!r}")
        units.append(_txt_unit(found, rest))
    return Handoff(head[1], head[2], head[3], tuple(units))


def _txt_unit(head: re.Match[str], lines: Sequence[str]) -> Unit:
    original = [line[2:] for line in lines if line.startswith(">")]
    translation = [line for line in lines if not line.startswith(">")]
    text = _ESCAPED.sub("", "\n".join(translation).strip())
    return Unit(head[1], "\n".join(original), text, of=head[2], was=head[3])
