"""Let a mailing rest, call it off: orders from another terminal, answered within two seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from newsletter import workspace as workspaces
from newsletter.cli.progress import balance_line

if TYPE_CHECKING:
    from newsletter.workflow.mailing import Ordered


@click.command()
@click.argument("mailing", type=int, required=False)
@click.pass_obj
def pause(named: str | None, /, mailing: int | None) -> None:
    """Let a mailing rest; whoever is sending it stops within two seconds.

    Example: newsletter pause 3
    """
    from newsletter.workflow import mailing as verbs

    workspace = workspaces.find(named)
    number = mailing if mailing is not None else verbs.the_open_one(workspace).id
    _tell_order(
        verbs.pause(workspace, number, now=datetime.now(UTC)), f"newsletter resume {number}"
    )


@click.command()
@click.argument("mailing", type=int)
@click.pass_obj
def cancel(named: str | None, /, mailing: int) -> None:
    """Call a mailing off for good; who has not had it yet does not get it.

    Example: newsletter cancel 3
    """
    from newsletter.workflow import mailing as verbs

    _tell_order(verbs.cancel(workspaces.find(named), mailing, now=datetime.now(UTC)))


def _tell_order(ordered: Ordered, go_on: str = "") -> None:
    """Show what an order has done, or what it waits for."""
    mailing = ordered.mailing
    if ordered.waits_for is None:
        click.echo(
            f"Mailing {mailing.id} is {mailing.state}." + (f" To go on: {go_on}" if go_on else "")
        )
    else:
        click.echo(
            f"Mailing {mailing.id} is to be {mailing.ordered}: no new message is handed out, and"
            " it is written down as soon as that is possible."
        )
        click.echo(f"Waiting: {ordered.waits_for}\nHint: {ordered.waits_for.hint}", err=True)
    click.echo(balance_line(mailing))
