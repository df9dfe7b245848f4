"""What travels between the newsletter and a volunteer: an issue's texts in one language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from newsletter.editing.translations import Unit
from newsletter.errors import TranslationFileError
from newsletter.model.languages import is_same

_STATE = re.compile(r"of=(\w*) was=(\w*)")


@dataclass(frozen=True, slots=True)
class Handoff:
    """One language's texts on their way to or from a volunteer."""

    issue: str
    source_language: str
    language: str
    units: tuple[Unit, ...]
    #: What looks odd about a file that came back: fewer texts than were handed out.
    doubt: str = field(default="", compare=False)


def state(unit: Unit) -> str:
    """Return what a volunteer's tool has to keep beside a text."""
    return f"of={unit.of} was={unit.was}"


def notes(handoff: Handoff, unit: Unit) -> list[str]:
    """Return the notes beside a text: its state, and its language where it has one of its own."""
    foreign = unit.language and not is_same(unit.language, handoff.source_language)
    return [state(unit), *([f"written in {unit.language}"] if foreign else [])]


def returned(
    name: str, original: str, translation: str, notes: str, *, is_unfinished: bool = False
) -> Unit:
    """Return a text as it came back, its state found among the notes beside it."""
    found = _STATE.search(notes)
    of, was = found.groups() if found else ("", "")
    return Unit(name, original, translation, of, was, is_unfinished)


def cut_off(have: int, handed_out: int) -> str:
    """Return what to say of a file without its end."""
    return f"the file has {have} of the {handed_out} texts that were handed out, and not its end"


def refuse_doubles(ids: Iterable[str], file: str) -> None:
    """Refuse a file in which a text stands twice: nobody knows which one is meant."""
    double = [name for name, count in Counter(ids).items() if count > 1]
    if double:
        raise TranslationFileError(
            f"{file!r} has the text {double[0]!r} twice",
            hint="Delete one of the two in the file, then import it again.",
        )
