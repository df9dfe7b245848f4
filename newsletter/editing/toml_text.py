"""Texts as a person likes to read them in TOML: short ones quoted, long ones in lines."""

from __future__ import annotations

import re
import textwrap
from datetime import date, datetime
from typing import Any

from newsletter.model.content import ItemDate

#: Lines of a summary, so that a change of one word is a change of one line in git.
_WIDTH = 92
_NOT_PRINTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
#: Between two of these a line break means nothing, not a blank.
_NO_BLANK = re.compile(
    "(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])\n(?=[\u2e80-\u9fff\uff00-\uffef])"
)


def printable(text: str) -> str:
    """Return the text without control characters, which TOML cannot hold."""
    return _NOT_PRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return the text as one line with single blanks."""
    return " ".join(printable(text).split())


def unwrapped(text: str) -> str:
    """Return paragraphs as one line each; a line break inside one is only where it was cut."""
    paragraphs = _BLANK_LINES.split(printable(text).strip())
    return "\n\n".join(
        joined for one in paragraphs if (joined := " ".join(_NO_BLANK.sub("", one).split()))
    )


def wrapped(text: str) -> str:
    """Return paragraphs in lines; as they are where that would not read back the same."""
    lines = "\n\n".join(
        textwrap.fill(one, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for one in text.split("\n\n")
    )
    return lines if unwrapped(lines) == text else text


def quoted(text: str) -> str:
    """Return a TOML value for one line: "…", or '…' where that spares backslashes."""
    if "\n" in text:
        return in_lines(text)
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


def in_lines(text: str) -> str:
    """Return a TOML value over several lines, its closing quotes on a line of their own."""
    if not text:
        return '""'
    if "\\" in text or '"""' in text:
        if "'''" not in text:
            return f"'''\n{text}\n'''"
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{text}\n"""'


def summary_value(text: str) -> str:
    """Return a summary as a TOML value: quoted if it fits on a line, else in lines."""
    return quoted(text) if len(text) <= _WIDTH and "\n" not in text else in_lines(wrapped(text))


def date_value(written: ItemDate | None) -> str:
    """Return a date as a TOML value: 2016-05-20, "2016-05", "--05-20" or ""."""
    if written is None:
        return '""'
    return written.isoformat() if written.is_full else f'"{written.isoformat()}"'


def read_date(value: Any) -> ItemDate | None:
    """Return what `date_value` or a person wrote; ValueError for anything else."""
    if isinstance(value, datetime):
        return ItemDate.from_date(value.date())
    if isinstance(value, date):
        return ItemDate.from_date(value)
    if not isinstance(value, str):
        raise ValueError(f"not a date: {value!r}")
    return ItemDate.from_iso(value.strip()) if value.strip() else None
