"""A theme's files: where they are looked for, and what theme.toml says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from newsletter.errors import TemplateError

#: "shipped:default/issue.html.j2" always means the original, never the team's own.
SHIPPED_PREFIX = "shipped:"
_MOST_ANCESTORS = 5


@dataclass(frozen=True)
class Theme:
    """One theme and the themes it is based on, in the folders they may live in.

    The team's folder comes first, the shipped one last. A file is looked for in the
    theme itself, then in the themes that its theme.toml names with `based_on`.
    """

    name: str
    folders: tuple[Path, ...]
    #: The theme and its ancestors, nearest first.
    chain: tuple[str, ...]
    #: theme.toml, the nearest theme's values over those of its ancestors.
    options: Mapping[str, Any] = field(default_factory=dict)

    def find(self, name: str) -> Path | None:
        """Return the file that a template name stands for; None: there is none.

        "parts/item.html.j2" is a file of this theme, "default/issue.html.j2" one of
        any theme, "shipped:default/issue.html.j2" the original of a shipped theme.
        """
        if name.startswith(SHIPPED_PREFIX):
            return _first_file([self.folders[-1] / _inside(name.removeprefix(SHIPPED_PREFIX))])
        inside = _inside(name)
        own = [folder / theme / inside for theme in self.chain for folder in self.folders]
        return _first_file([*own, *(folder / inside for folder in self.folders)])

    def text(self, name: str) -> str:
        """Return the text of a file, "" where the theme has no such file."""
        path = self.find(name)
        return read(path) if path else ""

    def tables(self, name: str) -> dict[str, Any]:
        """Return a TOML file's values, the nearest over those of its ancestors; {}: no file."""
        merged: dict[str, Any] = {}
        for theme in reversed(self.chain):
            for folder in reversed(self.folders):
                path = folder / theme / _inside(name)
                if path.is_file():
                    merged = _merged(merged, read_toml(path))
        return merged

    def files(self) -> list[Path]:
        """Return every file that can change what the theme renders, in a stable order."""
        return sorted(
            {
                path
                for theme in self.chain
                for folder in self.folders
                for path in (folder / theme).rglob("*")
                if path.is_file()
            }
        )


def open_theme(name: str, folders: Sequence[Path]) -> Theme:
    """Return the theme of that name; TemplateError where there is none."""
    places = tuple(dict.fromkeys(folders))
    chain = [name]
    while True:
        _refuse_unknown(chain[-1], places)
        theme = Theme(name, places, tuple(chain))
        own = Theme(chain[-1], places, (chain[-1],)).tables("theme.toml")
        parent = own.get("based_on") or ""
        if not parent or chain[-1] == parent:
            return Theme(name, places, theme.chain, _checked(theme.tables("theme.toml"), name))
        if not isinstance(parent, str):
            raise TemplateError(f"based_on of theme {chain[-1]!r} must be the name of a theme")
        if parent in chain or len(chain) > _MOST_ANCESTORS:
            raise TemplateError(f"theme {name!r} is based on itself: {' -> '.join(chain)}")
        chain.append(parent)


def _checked(options: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the options if what must be a table is one."""
    for key in ("css", "mark", "lengths"):
        if not isinstance(options.get(key, {}), dict):
            raise TemplateError(f"{key!r} of theme {name!r} must be a table: [{key}]")
    return options


def read(path: Path) -> str:
    """Return a theme file's text; TemplateError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TemplateError(f"cannot read {shown(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{shown(path)!r} is not UTF-8 text: {error.reason}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's values; TemplateError with the line where it is broken."""
    try:
        return tomllib.loads(read(path))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{shown(path)!r} is not valid TOML: {error}") from error


def shown(path: Path | str) -> str:
    """Return a theme file's path from its templates folder on: "templates/default/x.j2"."""
    parts = Path(path).parts
    for at in range(len(parts) - 1, -1, -1):
        if parts[at] == "templates":
            return str(PurePosixPath(*parts[at:]))
    return str(path)


def _refuse_unknown(name: str, folders: tuple[Path, ...]) -> None:
    plain = bool(name) and "/" not in name and "\\" not in name and not name.startswith(".")
    if plain and any(any((folder / name).glob("*")) for folder in folders):
        return
    known = sorted(
        {
            path.parent.name
            for folder in folders
            for pattern in ("*/theme.toml", "*/issue.html.j2")
            for path in folder.glob(pattern)
        }
    )
    raise TemplateError(
        f"there is no theme {name!r}", hint=f"Known themes: {', '.join(known) or 'none'}."
    )


def _inside(name: str) -> str:
    """Return the name if it stays inside a templates folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise TemplateError(f"a template may not name the file {name!r} outside its theme")
    return str(path)


def _first_file(paths: Sequence[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged
