"""The command that shows the whole job: the very commands staff type, one after the other."""

from __future__ import annotations

import mailbox
import shlex
from pathlib import Path

import click

from newsletter import cli, settings


@click.command()
@click.argument("folder", default="demo", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    """Run the main job on an example, in FOLDER (default: demo), and say where to look.

    An example page becomes an issue, is rendered, checked, and sent over real SMTP to a
    mail server that the demo runs on this machine. Nothing leaves the machine. Run twice,
    it sends to nobody twice.

    Example: newsletter demo
    """
    from newsletter.workflow import demo as example
    from newsletter.workflow.init import init_workspace
    from newsletter.workflow.receiver import receiver

    settings.ignore_environment()
    example.lay_out(folder)
    init_workspace(folder)
    inboxes = folder / "received"
    with receiver(inboxes) as server:
        example.point_at(folder, server.host, server.port)
        _type(folder, "collect", example.ISSUE)
        example.translate(folder)
        for line in _STEPS:
            _type(folder, *line)
    _say_where(folder, inboxes, example.ISSUE)


_STEPS = (
    ("translations", "2016-05"),
    ("preview", "2016-05"),
    ("check", "2016-05"),
    ("subscribers", "import", "readers.csv", "--list", "readers", "--really"),
    ("send", "2016-05", "--list", "readers"),
    ("send", "2016-05", "--list", "readers", "--really", "--yes"),
    ("report", "1"),
)


def _type(folder: Path, *words: str) -> None:
    """Show a command as it is typed, then run it in the demo's workspace."""
    click.secho(f"\n$ newsletter {shlex.join(words)}", bold=True)
    arguments = [str(folder / word) if word.endswith(".csv") else word for word in words]
    code = cli.main.main(["--workspace", str(folder), *arguments], standalone_mode=False)
    if isinstance(code, int) and code:
        raise click.exceptions.Exit(code)


def _say_where(folder: Path, inboxes: Path, issue: str) -> None:
    filed = len(mailbox.Maildir(inboxes, create=False))
    out = folder / "issues" / issue / "out"
    click.secho("\nWhere to look", bold=True)
    for what, where in (
        ("the issue, to edit", folder / "issues" / issue / "issue.toml"),
        ("all previews", out / "index.html"),
        ("as HTML", out / "en.html"),
        ("in Arabic", out / "ar.html"),
        ("as text", out / "en.txt"),
        ("as it is sent", out / "en.eml"),
        (f"inboxes, {filed} messages", inboxes / "new"),
    ):
        click.echo(f"  {what:<22} {where}")
