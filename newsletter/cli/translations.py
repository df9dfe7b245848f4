"""The grid of an issue's translations, out to volunteers and back."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter import workspace as workspaces
from newsletter.model.languages import printable

if TYPE_CHECKING:
    from newsletter.workflow.translations import Cell, Grid, Imported

_MARKS = {
    "original": "=",
    "done": "+",
    "partial": "~",
    "stale": "!",
    "fallback": ">",
    "missing": "-",
}
_LEGEND = """\
= original   + done   ! stale, the original changed   - missing, left out of that edition
~xx done in part, the rest shown in xx   ~ in part, the rest left out   >xx all shown in xx"""
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
    for note in grid.notes:
        click.echo(f"Note: {note}", err=True)
    if as_json:
        click.echo(json.dumps(_as_json(grid), ensure_ascii=False, indent=2))
        return
    for line in _as_lines(grid):
        click.echo(line)


def _as_lines(grid: Grid) -> Iterator[str]:
    rows = [[_mark(row.cells[one]) for one in grid.languages] for row in grid.rows]
    widths = [max(map(len, column)) for column in zip(grid.languages, *rows, strict=True)]
    titles = [
        row.title if row.key else f"subject and other texts: {row.title}" for row in grid.rows
    ]
    for title, marks in zip(["", *titles], [grid.languages, *rows], strict=True):
        cells = "  ".join(f"{mark:<{width}}" for mark, width in zip(marks, widths, strict=True))
        yield f"{_column(title)}  {cells}".rstrip()
    yield _LEGEND


def _mark(cell: Cell) -> str:
    names_other = cell.state in {"fallback", "partial"}
    return _MARKS[cell.state] + (cell.shown if names_other else "")


def _column(title: str) -> str:
    """Return a title cut or filled up to the width of its column, as a terminal shows it."""
    title = printable(title)  # a title must not turn the line around
    widths = [_columns(char) for char in title]
    if sum(widths) > _TITLE_WIDTH:
        kept = next(at for at in range(len(title), -1, -1) if sum(widths[:at]) < _TITLE_WIDTH)
        title, widths = f"{title[:kept].rstrip()}…", [*widths[: len(title[:kept].rstrip())], 1]
    return title + " " * (_TITLE_WIDTH - sum(widths))


def _columns(char: str) -> int:
    """Return how many columns of a terminal a character takes: Chinese two, accents none."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


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


@translations.command()
@click.argument("issue")
@click.option("--language", required=True, metavar="CODE", help="Whose texts are right.")
@click.pass_obj
def approve(named: str | None, issue: str, language: str) -> None:
    """Say that a language's texts of ISSUE are right, though originals have changed.

    They are not stale any more, until an original changes again.

    Example: newsletter translations approve 2016-05 --language fr
    """
    from newsletter.workflow import translations as verb

    name = verb.approve(workspaces.find(named), issue, language)
    click.echo(f"Issue {issue} in {name}: its texts are right by what the originals say now.")


def _tell(done: Imported) -> None:
    merged = done.merged
    confirmed = f"{len(merged.confirmed)} confirmed, " if merged.confirmed else ""
    click.echo(
        f"Issue {done.issue} in {done.language}: {len(merged.taken)} texts taken, "
        f"{confirmed}{len(merged.unchanged)} unchanged."
    )
    if done.doubt:
        click.echo(f"  look at    {done.doubt}: was it cut off?", err=True)
    for one in merged.refused:
        click.echo(f"  not taken  {one.id}: {one.reason}", err=True)
    for name in merged.conflicts:
        click.echo(
            f"  kept       {name}: somebody changed it since; --replace takes the file's", err=True
        )
    for one in merged.doubts:
        click.echo(f"  look at    {one.id}: {one.reason}", err=True)
