"""Translation files in PO, as Poedit, Weblate and gettext open them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.editing.handed_out import Handoff, cut_off, notes, refuse_doubles, returned
from newsletter.editing.translations import Unit
from newsletter.errors import TranslationFileError

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_STRING = re.compile(r'\s*(?:msg\w+(?:\[\d\])?\s+)?"')
_WHOLE = re.compile(r'[^"]*"(?:[^"\\]|\\.)*"\s*')
_CONTEXT = re.compile(r'^msgctxt ((?:"[^\n]*"\s*\n)+)', re.MULTILINE)
_HEAD = re.compile(r'^msgid ""[^\S\n]*\nmsgstr ((?:"[^\n]*"\s*\n)+)', re.MULTILINE)
#: The last entry of a file. Without it the file was cut off, or a tool took a part of it.
_END = "newsletter-end-of-file"
_END_WORDS = "(This is the end of the file. Please leave it here.)"


def write(handoff: Handoff) -> bytes:
    """Return the hand-off as a PO file."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    catalog = Catalog(locale=handoff.language.replace("-", "_"), fuzzy=False)
    for unit in handoff.units:
        added = catalog.add(
            unit.original,
            unit.translation,
            context=unit.id,
            auto_comments=notes(handoff, unit),
            flags=["fuzzy"] if unit.is_unfinished else [],
        )
        # Babel takes "50 % in" for a format of Python, and msgfmt then insists on it.
        added.flags.discard("python-format")
        added.flags.discard("python-brace-format")
    catalog.add(_END_WORDS, _END_WORDS, context=_END)
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=False, omit_header=True)
    return _head(handoff).encode() + out.getvalue()


def _head(handoff: Handoff) -> str:
    return (
        f"# Issue {handoff.issue}: {handoff.source_language} -> {handoff.language}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Project-Id-Version: newsletter {handoff.issue}\\n"\n'
        # Tools fill these in; msgfmt misses them where they are not there.
        '"PO-Revision-Date: \\n"\n"Last-Translator: \\n"\n"Language-Team: \\n"\n'
        f'"X-Source-Language: {handoff.source_language}\\n"\n'
        f'"X-Texts: {len(handoff.units)}\\n"\n'
        f'"Language: {handoff.language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )


def read(text: str, name: str) -> Handoff:
    """Return what a PO file brings; TranslationFileError for a broken one."""
    from babel.messages.pofile import PoFileError, read_po

    _refuse_open_strings(text, name)
    try:
        catalog = read_po(io.StringIO(_without_head(text)), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        at = getattr(error, "lineno", None)
        where = f" line {at + 1}" if at is not None else ""
        raise TranslationFileError(f"{name!r}{where} is not a PO file: {error}") from error
    head = _fields(text)
    issue = head.get("Project-Id-Version", "").removeprefix("newsletter ").strip()
    if not issue or not head.get("Language"):
        raise TranslationFileError(f"{name!r} is not a file that this newsletter handed out")
    names = _names(text)
    # Babel keeps one of two with the same name, and says nothing.
    refuse_doubles(names, name)
    units = tuple(_units(catalog, name))
    language, source = head["Language"].replace("_", "-"), head.get("X-Source-Language", "")
    handed_out = head.get("X-Texts", "")
    # Files handed out before there was an end say nothing about it.
    if _END in names or not handed_out.isdecimal():
        return Handoff(issue, source, language, units)
    doubt = cut_off(len(units), int(handed_out))
    return Handoff(issue, source, language, _until_the_cut(units, names, text), doubt)


def _units(catalog: Catalog, name: str) -> Iterator[Unit]:
    for message in catalog:
        if not message.id or not message.context or message.context == _END:
            continue
        if not isinstance(message.id, str):
            raise TranslationFileError(
                f"{name!r} has plural forms at {message.context!r}, where none were handed out"
            )
        comments = " ".join([*message.auto_comments, *message.user_comments])
        words = str(message.string or "")
        yield returned(message.context, message.id, words, comments, is_unfinished=message.fuzzy)


def _refuse_open_strings(text: str, name: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        # Babel reads the rest of a file that was cut off as if nothing were amiss.
        if _STRING.match(line) and not _WHOLE.fullmatch(line):
            raise TranslationFileError(
                f"{name!r} line {number} is not a PO file: a text without its closing quote"
            )


def _until_the_cut(units: tuple[Unit, ...], names: list[str], text: str) -> tuple[Unit, ...]:
    """Return the texts of a file without its end, the one it breaks off in marked.

    A cut between two lines of a text leaves a file that every PO tool takes. Tools that
    took a part of the texts leave files like it; in both, only the last text can be the
    victim, and only where it stands in several lines.
    """
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not names or not lines[-1].lstrip().startswith('"'):
        return units
    return tuple(replace(unit, may_be_cut=unit.id == names[-1]) for unit in units)


def _names(text: str) -> list[str]:
    """Return the name of each text of the file, in order, without those out of use."""
    from babel.messages.pofile import denormalize

    return [str(denormalize(found.strip())) for found in _CONTEXT.findall(f"{text}\n")]


def _without_head(text: str) -> str:
    """Return the text without its header's fields, on as many lines.

    Babel gives up at a date or a rule of plurals that it does not understand, as tools and
    people leave them; nothing of that matters here.
    """
    return _HEAD.sub(
        lambda found: 'msgid ""\nmsgstr ""' + "\n" * (found[0].count("\n") - 1), text, 1
    )


def _fields(text: str) -> dict[str, str]:
    """Return the fields of a PO file's header, however a tool has wrapped its lines."""
    found = _HEAD.search(text)
    lines = re.findall(r'^(?:msgstr )?"(.*)"\s*$', found[0] if found else "", re.MULTILINE)
    fields = (line.partition(": ") for line in "".join(lines).split("\\n"))
    return {name: value.strip() for name, _, value in fields if name}
