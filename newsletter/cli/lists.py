"""The lists: who is on them, and the edition of those who chose none."""

from __future__ import annotations

import click

from newsletter import workspace
from newsletter.cli import people_texts as texts


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_context
def lists(ctx: click.Context, as_json: bool) -> None:
    """Show the lists, how many people are on each, and what they get who chose nothing.

    Example: newsletter lists

    Example: newsletter lists set members --language fr --form light
    """
    if ctx.invoked_subcommand is None:
        from newsletter.workflow.subscribers import lists as all_lists

        found = all_lists(workspace.find(ctx.obj))
        click.echo(texts.lists_json(found) if as_json else texts.lists(found))


@lists.command("set")
@click.argument("list_key", metavar="NAME")
@click.option("--title", metavar="TEXT", help="What readers see it called.")
@click.option("--language", metavar="CODE", help="Of those who chose none: fr, ar, pt-BR.")
@click.option(
    "--form",
    type=click.Choice(["full", "light", "text", ""]),
    help="Of those who chose none: light has no pictures, text is plain text only.",
)
@click.pass_obj
def set_command(
    named: str | None, list_key: str, title: str | None, language: str | None, form: str | None
) -> None:
    """Set the title of the list NAME, and the edition of its people who chose none.

    An empty value takes a setting back.

    Example: newsletter lists set pacific --language fr --form light --title "Pacific islands"
    """
    from newsletter.workflow.lists import set_list

    if title is None and language is None and form is None:
        raise click.UsageError("say what to set: --title, --language or --form")
    done = set_list(workspace.find(named), list_key, title=title, language=language, form=form)
    click.echo(texts.list_settings(done))
