"""The web pages of an issue."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter import workspace as workspaces


@click.command()
@click.argument("issue")
@click.option(
    "--to",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write here instead of archive/ in the workspace.",
)
@click.pass_obj
def archive(named: str | None, issue: str, target: Path | None) -> None:
    """Write the web pages of ISSUE: every edition, nothing personal, no script.

    Copy the folder to where public_url leads: "view online", the links to other languages
    and the pictures of the mail are looked for there.

    Example: newsletter archive 2016-05

    Example: newsletter archive 2016-05 --to /var/www/news
    """
    from newsletter.workflow.archive import archive as write

    done = write(workspaces.find(named), issue, target)
    for key, address in done.pages.items():
        click.echo(f"{key:<10} {address or done.folder / issue / key / 'index.html'}")
    click.echo(f"{len(done.pages)} pages and {done.pictures} pictures are in {done.folder}")
    if done.public_url:
        click.echo(f"Copy what is in it to {done.public_url}", err=True)
    else:
        click.echo("Without public_url in newsletter.toml no mail links to them.", err=True)
