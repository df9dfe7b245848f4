"""A [[sources]] entry put into the text of newsletter.toml, everything else as it was."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from newsletter.errors import SettingsError
from newsletter.model.sources import SourceKind

if TYPE_CHECKING:
    from newsletter.model.sources import Source

_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*sources[ \t]*\]\]", re.M)
_OTHER_TABLE = re.compile(r"^[ \t]*\[{1,2}[ \t]*(?!\[|sources[ \t]*[.\]])", re.M)
_TRAILING = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*\Z")


def with_source(text: str, source: Source) -> str:
    """Return newsletter.toml with one more source, after the last of those there.

    The comments before the table that follows stay with that table. Raises
    SettingsError where the file's sources are written in a way that cannot be added to.
    """
    entry = "\n".join(
        ["[[sources]]", *(f"{key} = {_toml(v)}" for key, v in _values(source).items())]
    )
    wanted = _read(text).get("sources", [])
    wanted = [*wanted, _values(source)] if isinstance(wanted, list) else []
    for place in (_after_sources(text), len(text)):
        head, tail = text[:place].rstrip("\n"), text[place:].lstrip("\n")
        new = "\n\n".join(part for part in (head, entry, tail) if part.strip()).rstrip("\n") + "\n"
        try:
            # A line in a multi-line text can look like a table: the proof is in the reading.
            if tomllib.loads(new) == {**_read(text), "sources": wanted}:
                return new
        except tomllib.TOMLDecodeError:
            continue
    raise SettingsError(
        "newsletter.toml has its sources on one line",
        hint="Write each of them as a [[sources]] table, then add this one again.",
    )


def _values(source: Source) -> dict[str, str | bool]:
    values: dict[str, str | bool] = {"name": source.name}
    for key in ("url", "path", "language", "section"):
        if value := getattr(source, key):
            values[key] = value
    if source.kind is not SourceKind.AUTO:
        values["kind"] = str(source.kind)
    if source.day_first is not None:
        values["day_first"] = source.day_first
    return values


def _toml(value: str | bool) -> str:
    import tomlkit

    return tomlkit.item(value).as_string()


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"'newsletter.toml' is not valid TOML: {error}") from error


def _after_sources(text: str) -> int:
    """Return the place after the last source, before the comments of the next table."""
    entries = list(_ENTRY.finditer(text))
    if not entries:
        return len(text)
    following = _OTHER_TABLE.search(text, entries[-1].end())
    end = following.start() if following else len(text)
    comments = _TRAILING.search(text, entries[-1].end(), end)
    return comments.start() if comments and following else end
