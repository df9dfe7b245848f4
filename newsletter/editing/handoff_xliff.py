"""Translation files in XLIFF 1.2, for translation agencies and their tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.editing.handed_out import Handoff, notes, refuse_doubles, returned
from newsletter.editing.translations import Unit
from newsletter.errors import TranslationFileError

if TYPE_CHECKING:
    from lxml import etree

#: OASIS XLIFF 1.2, which every translation tool of the field opens.
_XLIFF = "urn:oasis:names:tc:xliff:document:1.2"
#: Tools save 1.2 as 1.1 (translate-toolkit); the elements we read are the same in both.
_ALIKE = re.compile(r"urn:oasis:names:tc:xliff:document:1\.[0-2]")
#: XLIFF 1.2, 2.4 "state": what begins so is not done yet.
_UNFINISHED = ("new", "needs-")
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def write(handoff: Handoff) -> bytes:
    """Return the hand-off as an XLIFF 1.2 file."""
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
        # A state on an empty target would be left behind by tools that only fill in words.
        if unit.translation:
            stale = unit.is_unfinished
            target.set("state", "needs-review-translation" if stale else "translated")
        for note in notes(handoff, unit):
            etree.SubElement(one, f"{{{_XLIFF}}}note").text = note
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _xml_text(text: str) -> str:
    """Return the text without the control characters that XML 1.0 forbids."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def read(content: bytes, name: str) -> Handoff:
    """Return what an XLIFF file brings; TranslationFileError for a broken one."""
    file = _file_element(_root(content, name), name)
    units = tuple(_unit(one) for one in file.iter("{*}trans-unit"))
    refuse_doubles((unit.id for unit in units), name)
    language = file.get("target-language", "")
    if not language:
        raise TranslationFileError(f"{name!r} does not say its target-language")
    return Handoff(file.get("original", ""), file.get("source-language", ""), language, units)


def _root(content: bytes, name: str) -> etree._Element:
    """Return the document; one with entities of its own is refused, whatever they would bring."""
    from lxml import etree

    if b"<!ENTITY" in content.replace(b"\0", b""):  # in UTF-16 every other byte is 0
        raise TranslationFileError(f"{name!r} declares entities: no translation needs them")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        reason = re.sub(r"\s*\([^()]*, line \d+\)$", "", str(error))
        raise TranslationFileError(f"{name!r} is not an XLIFF file: {reason}") from error


def _file_element(root: etree._Element, name: str) -> etree._Element:
    file = root.find("{*}file")
    if file is None or not _ALIKE.fullmatch(str(file.tag).partition("}")[0].removeprefix("{")):
        raise TranslationFileError(f"{name!r} is not an XLIFF 1.2 file")
    return file


def _unit(one: etree._Element) -> Unit:
    target = one.find("{*}target")
    state = "" if target is None else str(target.get("state", ""))
    return returned(
        one.get("id", ""),
        _text(one, "source"),
        _text(one, "target"),
        _text(one, "note"),
        is_unfinished=state.startswith(_UNFINISHED),
    )


def _text(unit: etree._Element, name: str) -> str:
    """Return the words of an element, of several of that name with a blank between."""
    found = unit.findall(f"{{*}}{name}")
    return " ".join("".join(map(str, element.itertext())) for element in found)
