"""Translation files in plain text, for anybody with an editor or an e-mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.editing.handed_out import Handoff, cut_off, notes, refuse_doubles
from newsletter.editing.translations import Unit, fingerprint
from newsletter.errors import TranslationFileError

_HEAD = re.compile(
    r"^# newsletter translation: issue=(\S+) from=(\S+) to=(\S+)(?: texts=(\d+))?[ \t]*$",
    re.MULTILINE,
)
#: What a line of a translation may not begin with in a text file: it would look like ours.
_LIKE_OURS = re.compile(r"^(?=\\*(?:>|\[\[))", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(?=\\*(?:>|\[\[))", re.MULTILINE)
_UNIT = re.compile(r"^\[\[(.+)\]\]\s+of=(\w*)\s+was=(\w*)(\s+stale)?\b.*$")
_END = "[[end]]"


def is_ours(text: str) -> bool:
    """Say whether a text is one that `write` made."""
    return _HEAD.search(text) is not None


def unquoted(text: str) -> str:
    """Return a text as it was before a mail program quoted all of it, each line behind a >."""
    lines = text.split("\n")
    if not all(line.startswith(">") for line in lines if line.strip()):
        return text
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def write(handoff: Handoff) -> bytes:
    """Return the hand-off as plain text."""
    lines = [
        f"# newsletter translation: issue={handoff.issue} from={handoff.source_language} "
        f"to={handoff.language} texts={len(handoff.units)}",
        "# Write each translation under its original, on the lines that do not begin with >.",
        "# Leave the lines in [[ ]] as they are, but delete the word stale where a translation",
        "# is right again: its original has changed.",
    ]
    for unit in handoff.units:
        first, *more = notes(handoff, unit)
        stale = ["stale"] if unit.is_unfinished else []
        lines += ["", " ".join([f"[[{unit.id}]]", first, *stale, *more])]
        lines += [f"> {line}".rstrip() for line in unit.original.split("\n")]
        lines += _LIKE_OURS.sub(r"\\", unit.translation).split("\n")
    return "\n".join([*lines, "", _END, ""]).encode()


def read(text: str, name: str) -> Handoff:
    """Return what a text file brings; TranslationFileError for a broken one."""
    head = _HEAD.search(text)
    if head is None:
        raise TranslationFileError(f"{name!r} is not a file that this newsletter handed out")
    units: list[Unit] = []
    _, *blocks = re.split(r"\n(?=\[\[)", text)
    has_end = bool(blocks) and blocks[-1].strip().startswith(_END)
    for number, block in enumerate(blocks[:-1] if has_end else blocks, start=1):
        first, *rest = block.split("\n")
        found = _UNIT.match(first.strip())
        if found is None:
            raise TranslationFileError(f"{name!r}: the head of text {number} is broken: {first!r}")
        units.append(_unit(found, rest))
    refuse_doubles((unit.id for unit in units), name)
    # Files handed out before there was an end say nothing about it.
    if head[4] and not has_end:
        raise TranslationFileError(
            f"{name!r} was cut off: {cut_off(len(units), int(head[4]))}, the line {_END}"
        )
    return Handoff(head[1], head[2], head[3], tuple(units))


def _unit(head: re.Match[str], lines: Sequence[str]) -> Unit:
    original = [line[2:] for line in lines if line.startswith(">")]
    translation = [line for line in lines if not line.startswith(">")]
    text = _ESCAPED.sub("", "\n".join(translation).strip())
    # Who has changed a translation has looked at it, even where the word was left.
    is_stale = bool(head[4]) and fingerprint(text) == head[3]
    return Unit(head[1], "\n".join(original), text, of=head[2], was=head[3], is_unfinished=is_stale)
