"""Themes: which there are, and a copy to make one's own."""

from __future__ import annotations

import json

import click

from newsletter import workspace


@click.group()
def theme() -> None:
    """Show the themes, or copy one to change it.

    Example: newsletter theme copy default
    """


@theme.command("list", short_help="List the themes there are.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def list_command(named: str | None, as_json: bool) -> None:
    """List the themes there are: your own first, then those that come with the program.

    Example: newsletter theme list
    """
    from newsletter.workflow.theme import own_themes, shipped_themes

    own, shipped = own_themes(workspace.find(named)), shipped_themes()
    if as_json:
        themes = [{"name": name, "shipped": False} for name in own]
        themes += [{"name": name, "shipped": True} for name in shipped if name not in own]
        click.echo(json.dumps({"version": 1, "themes": themes}, ensure_ascii=False, indent=2))
        return
    for name in own:
        click.echo(f"{name}\tyour own, in templates/{name}")
    for name in shipped:
        if name not in own:
            click.echo(f"{name}\tcomes with the program")


@theme.command("copy", short_help="Copy a theme into templates/.")
@click.argument("name", metavar="NAME")
@click.option("--as", "new_name", default="", metavar="NAME", help="Call the copy so.")
@click.pass_obj
def copy_command(named: str | None, name: str, new_name: str) -> None:
    """Copy the theme NAME into templates/, to change whatever you like.

    To change only one file, write just that file: the rest comes from the original.

    Example: newsletter theme copy default --as ours
    """
    from newsletter.workflow.theme import copy_theme

    copied = copy_theme(workspace.find(named), name, new_name=new_name)
    click.echo(f"{copied} is yours now")
    if new_name:
        click.echo(f'Write theme = "{new_name}" in newsletter.toml to use it.')
