"""Write docs/reference/cli.md from --help of every command: python scripts/reference.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from newsletter.cli import main  # noqa: E402 - the checkout's own, not an installed one

PAGE = ROOT / "docs" / "reference" / "cli.md"
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


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
