"""The grid of an issue's translations, out to volunteers and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter import workspace as workspaces

if TYPE_CHECKING:
    from newsletter.workflow.translations import Grid, Imported

_MARKS = {"original": "=", "done": "+", "stale": "!", "fallback": ">", "missing": "-"}
_TITLE_WIDTH = 44


class _ShowByDefault(click.Group):
    """`translations 2016-05` shows the grid; `translations export ...` is a command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a first word that is no command as the issue to show."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_ShowByDefault)
def translations() -> None:
    """Show what is translated, hand texts out to volunteers, take them back.

    Example: newsletter translations 2016-05

    Example: newsletter translations export 2016-05 --language fr --format po

    Example: newsletter translations import 2016-05 2016-05.fr.po
    """


@translations.command()
@click.argument("issue")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(named: str | None, issue: str, as_json: bool) -> None:
    """Show ISSUE as a grid, items by language.

    Example: newsletter translations show 2016-05
    """
    from newsletter.workflow import translations as verb

    grid = verb.show(workspaces.find(named), issue)
    if as_json:
        click.echo(json.dumps(_as_json(grid), ensure_ascii=False, indent=2))
        return
    heads = "  ".join(f"{one:<5}" for one in grid.languages)
    click.echo(f"{'':<{_TITLE_WIDTH}}  {heads}".rstrip())
    for row in grid.rows:
        cells = [row.cells[one] for one in grid.languages]
        marks = [
            _MARKS[cell.state] + (cell.shown if cell.state == "fallback" else "") for cell in cells
        ]
        title = f"subject: {row.title}" if not row.key else row.title
        line = "  ".join(f"{mark:<5}" for mark in marks)
        click.echo(f"{_cut(title):<{_TITLE_WIDTH}}  {line}".rstrip())
    click.echo("= original   + done   ! stale, the original changed   >xx shown in xx   - missing")


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE_WIDTH else f"{title[: _TITLE_WIDTH - 1]}…"


def _as_json(grid: Grid) -> dict[str, object]:
    return {
        "version": 1,
        "issue": grid.issue,
        "languages": list(grid.languages),
        "items": [
            {
                "key": row.key,
                "title": row.title,
                "states": {
                    language: {"state": cell.state, "shown": cell.shown}
                    for language, cell in row.cells.items()
                },
            }
            for row in grid.rows
        ],
    }


@translations.command()
@click.argument("issue")
@click.option("--language", required=True, metavar="CODE", help="Into which language.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["po", "xliff", "txt"]),
    default="po",
    show_default=True,
    help="What the volunteer can open.",
)
@click.option("--output", metavar="FILE", help="Default: ISSUE.CODE.FORMAT here; - for stdout.")
@click.pass_obj
def export(named: str | None, issue: str, language: str, form: str, output: str | None) -> None:
    """Write a file of ISSUE's texts for a volunteer to translate.

    Example: newsletter translations export 2016-05 --language fr --format txt
    """
    from newsletter.workflow import translations as verb

    content = verb.export(workspaces.find(named), issue, language, form)
    if output == "-":
        click.echo(content, nl=False)
        return
    suffix = "xlf" if form == "xliff" else form
    target = Path(output or f"{issue}.{language}.{suffix}")
    verb.write_file(target, content)
    click.echo(
        f"Wrote {target}. Take it back with: newsletter translations import {issue} {target}"
    )


@translations.command(name="import")
@click.argument("issue")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also where somebody changed the text meanwhile.")
@click.pass_obj
def take_back(named: str | None, issue: str, file: Path, replace: bool) -> None:
    """Take FILE back into ISSUE: checked, and never at the cost of what was there.

    Example: newsletter translations import 2016-05 2016-05.fr.po
    """
    from newsletter.workflow import translations as verb

    done = verb.take_back(workspaces.find(named), issue, file, replace_conflicts=replace)
    _tell(done)


def _tell(done: Imported) -> None:
    merged = done.merged
    click.echo(
        f"Issue {done.issue} in {done.language}: {len(merged.taken)} texts taken, "
        f"{len(merged.unchanged)} unchanged."
    )
    for one in merged.refused:
        click.echo(f"  not taken  {one.id}: {one.reason}", err=True)
    for name in merged.conflicts:
        click.echo(
            f"  kept       {name}: somebody changed it since; --replace takes the file's", err=True
        )
    for one in merged.doubts:
        click.echo(f"  look at    {one.id}: {one.reason}", err=True)
