"""Begin: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="[DIR]", default=".")
def init(folder: str) -> None:
    """Make a workspace in DIR (default: here): settings, secrets and folders to start with.

    What is there already is never changed, so it is safe to run twice.

    Example: newsletter init my-newsletter
    """
    from newsletter.workflow.init import init_workspace

    made = init_workspace(Path(folder))
    click.echo(f"Workspace {made.root}")
    for name in made.made:
        click.echo(f"  made  {name}")
    for name in made.kept:
        click.echo(f"  kept  {name}")
    for note in made.notes:
        click.echo(f"Warning: {note}", err=True)
    if made.made:
        click.echo(_NEXT)


_NEXT = """
Next:
  1. Write your organisation's name and address into newsletter.toml.
  2. Write your mail server and sender into .env.
  3. newsletter sources add https://www.example.org/news/
  4. newsletter collect last-month"""
