"""Write docs/reference/ from --help of every command and from settings.py itself."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from newsletter.cli import main  # noqa: E402 - the checkout's own, not an installed one

FOLDER = ROOT / "docs" / "reference"
_HEAD = """\
# Commands

Every command and option, as `--help` shows them. Made by `make docs`; do not edit.
"""


def commands() -> Iterator[tuple[str, click.Context]]:
    """Return every command with its full name, the groups before what is in them."""
    looks = {"terminal_width": 90, "color": False, **main.context_settings}
    top = click.Context(main, info_name="newsletter", **looks)
    yield "newsletter", top
    yield from _inside(top)


def page() -> str:
    """Return the reference page."""
    sections = [f"## {name}\n\n```text\n{ctx.get_help()}\n```\n" for name, ctx in commands()]
    return "\n".join([_HEAD, *sections])


def _inside(parent: click.Context) -> Iterator[tuple[str, click.Context]]:
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        ctx = click.Context(command, parent, info_name=name)
        yield ctx.command_path, ctx
        if isinstance(command, click.Group):
            yield from _inside(ctx)


_SETTINGS_HEAD = """\
# Settings

What may stand in `newsletter.toml`, in `.env` and in the environment. The environment wins
over `.env`, and `.env` over `newsletter.toml`; `newsletter check --settings` shows every
value and where it comes from. An unknown key is an error that names the nearest known one.
Made by `make docs`; do not edit.
"""


def settings_page() -> str:
    """Return the page of settings: each key with its comment in settings.py, and its default."""
    from newsletter.settings import ENVIRONMENT

    names = {f"{table}.{key}" if table else key: name for name, (table, key) in ENVIRONMENT.items()}
    package = ROOT / "newsletter"
    files = (
        package / "settings.py",
        package / "model" / "sources.py",
        package / "model" / "sending.py",
        package / "model" / "translating.py",
    )
    sources = [path.read_text(encoding="utf-8") for path in files]
    classes = {name: found for text in sources for name, found in _classes(text).items()}
    sections = [_table("At the top of newsletter.toml", classes["Settings"], "", names)]
    for one in classes["Settings"]:
        kind = re.sub(r"^tuple\[(\w+), ...\]$", r"\1", one.kind)
        if kind in classes:
            title = f"[[{one.key}]]" if kind != one.kind else f"[{one.key}]"
            sections.append(_table(title, classes[kind], f"{one.key}.", names))
            sections += _nested(one.key, classes[kind], classes)
    return "\n".join([_SETTINGS_HEAD, *sections])


def _nested(key: str, fields: list[_Setting], classes: dict[str, list[_Setting]]) -> Iterator[str]:
    """Return the tables inside a table: [sources.selectors], [[sending.routes]]."""
    for one in fields:
        kind = re.sub(r"^tuple\[(\w+), ...\]$", r"\1", one.kind)
        if len(classes.get(kind, ())) > 1:
            title = f"[[{key}.{one.key}]]" if kind != one.kind else f"[{key}.{one.key}]"
            yield _table(title, classes[kind], "", {})


class _Setting(NamedTuple):
    key: str
    kind: str
    default: str
    comment: str


def _classes(source: str) -> dict[str, list[_Setting]]:
    """Return every class's first line, as a nameless setting, and its annotated fields."""
    lines = source.splitlines()
    found: dict[str, list[_Setting]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            about = _Setting("", "", "", (ast.get_docstring(node) or "").partition("\n")[0])
            found[node.name] = [about, *(_setting(one, lines) for one in fields)]
    return found


def _setting(node: ast.AnnAssign, lines: list[str]) -> _Setting:
    comment: list[str] = []
    at = node.lineno - 2
    while lines[at].strip().startswith("#:"):
        comment.insert(0, lines[at].strip().removeprefix("#:").strip())
        at -= 1
    written = ast.unparse(node.value) if node.value else ""
    plain = re.search(r"default=('.*?'|\d+|True|False)", written)
    default = plain[1] if plain else "" if "(" in written and "field" in written else written
    return _Setting(
        ast.unparse(node.target), ast.unparse(node.annotation), default, " ".join(comment)
    )


def _table(title: str, fields: list[_Setting], prefix: str, names: dict[str, str]) -> str:
    about, *fields = fields
    lines = [f"## {title}", "", about.comment, "", "| key | default | in the environment | |"]
    lines.append("| --- | --- | --- | --- |")
    for one in fields:
        if one.key != "origins" and not one.kind.endswith("Settings"):
            name = names.get(f"{prefix}{one.key}", "")
            cells = [_code(one.key), _code(_toml(one.default)), _code(name), one.comment]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _toml(default: str) -> str:
    """Return a default as it would be written in newsletter.toml; empty: there is none."""
    written = {"()": "[]", "None": "", "True": "true", "False": "false", "''": ""}
    written["SourceKind.AUTO"] = '"auto"'
    return written.get(default, default.replace("'", '"'))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def pages() -> dict[Path, str]:
    """Return every page of the reference with what should stand in it."""
    return {FOLDER / "cli.md": page(), FOLDER / "settings.md": settings_page()}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
