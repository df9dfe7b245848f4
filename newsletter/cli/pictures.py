"""The command that fetches and lists the pictures of an issue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from newsletter import workspace

if TYPE_CHECKING:
    from newsletter.workflow.pictures import Pictures


@click.command()
@click.argument("issue")
@click.option("--again", is_flag=True, help="Fetch all of them anew, also those that are there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def pictures(named: str | None, issue: str, again: bool, as_json: bool) -> None:
    """Fetch the pictures of ISSUE that are missing, and list them with their weights.

    They are kept in issues/ISSUE/pictures/, scaled to the size they are shown at.

    Example: newsletter pictures 2016-05

    Example: newsletter pictures 2016-05 --again
    """
    from newsletter.workflow.pictures import get_pictures

    done = get_pictures(workspace.find(named), issue, again=again)
    if as_json:
        click.echo(json.dumps(done.as_json(), ensure_ascii=False, indent=2))
        return
    for note in done.notes:
        click.echo(f"Note: {note}", err=True)
    _show(done)


def _show(done: Pictures) -> None:
    for title, one in done.pictures:
        if one.failure:
            click.echo(f"missing              {title}")
        else:
            size = f"{one.width} x {one.height}"
            click.echo(f"{one.size_bytes / 1000:7.1f} KB  {size:>11}  {one.shown:<8}  {title}")
    if not done.pictures:
        click.echo(f"Issue {done.issue!r} names no picture.", err=True)
        return
    click.echo(f"{done.size_bytes / 1000:7.1f} KB  in the edition in the newsletter's own language")
