"""Go on with a mailing, show how far it came, and end with the code that says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.progress import ProgressLine, balance_line
from newsletter.errors import MailingStoppedError, SentInPartError
from newsletter.model.mailing import Mailing, MailingState

if TYPE_CHECKING:
    from newsletter.workflow.send import Sent
    from newsletter.workspace import Workspace

#: Names shown before it becomes a crowd; `newsletter unknown` lists them all.
MOST_NAMES = 20


def go_on(ctx: click.Context, workspace: Workspace, mailing: int, **how: Any) -> None:
    """Send what a mailing owes, show it, and end with the code that says how far it came."""
    from newsletter.workflow.send import Resumption, resume

    line = ProgressLine()
    how_to = Resumption(watch=line, tell=line.say, **how)
    sent = resume(workspace, mailing, how_to, now=datetime.now(UTC))
    line.end()
    _tell(sent)
    if sent.end.signal:
        click.echo(f"Interrupted. To go on: newsletter resume {mailing}", err=True)
        ctx.exit(128 + sent.end.signal)
    _complain(sent)


def _tell(sent: Sent) -> None:
    """Show the books, and everybody by name whose answer was lost."""
    for title, addresses in (
        ("The sender before was killed; the answers to these were lost:", sent.lost),
        ("Sent again, as the policy says:", sent.sent_again),
        ("Unknown: they may have it or not (newsletter unknown):", sent.unknown),
        ("Nobody is there; not written to again (newsletter subscribers show):", sent.bounced),
    ):
        if addresses:
            click.echo(title, err=True)
            for address in addresses[:MOST_NAMES]:
                click.echo(f"  {address}", err=True)
            if len(addresses) > MOST_NAMES:
                click.echo(f"  and {len(addresses) - MOST_NAMES} more", err=True)
    click.echo(f"Mailing {sent.mailing.id} is {sent.mailing.state}.")
    click.echo(balance_line(sent.mailing))
    if sent.mailing.balance.refused:
        click.echo(f"Why some were refused: newsletter report {sent.mailing.id}", err=True)


def _complain(sent: Sent) -> None:
    """End in the error that tells what is to be done, where something is."""
    mailing, end = sent.mailing, sent.end
    if mailing.state in {MailingState.FINISHED, MailingState.CANCELLED}:
        if end.is_trouble:
            # Nobody is left to go on with, but whoever sends the next one wants to know.
            click.echo(f"It was stopped: {end.reason}", err=True)
        return
    if end.is_trouble:
        raise MailingStoppedError(
            mailing.id, end.reason, unwritten=end.unwritten, answers=end.answers
        )
    why = f": {end.reason}" if end.reason else ""
    hint = _what_next(mailing)
    if mailing.state is MailingState.PREPARED:
        hint = (
            f"Leave `newsletter run` running, or call it off with `newsletter cancel {mailing.id}`."
        )
    if mailing.senders:
        hint = f"Process {', '.join(map(str, mailing.senders))} is still at work on it."
    raise SentInPartError(_open_ones(mailing) + why, hint=hint)


def _what_next(mailing: Mailing) -> str:
    """Return what is to be done about those that are open; empty: simply go on."""
    if mailing.balance.waiting:
        return ""
    if mailing.balance.deferred:
        return (
            "They are tried again when they are due, while `newsletter run` is running;"
            f" or at once: newsletter resume {mailing.id}"
        )
    return f"Say what to do with them: newsletter unknown {mailing.id}"


def _open_ones(mailing: Mailing) -> str:
    """Return what is open, in words: "3 readers are still waiting, 1 reader is unknown"."""
    balance = mailing.balance
    return ", ".join(
        f"{count} {'reader is' if count == 1 else 'readers are'} {state}"
        for count, state in (
            (balance.waiting, "still waiting"),
            (balance.deferred, "put off for now"),
            (balance.unknown, "unknown"),
        )
        if count
    )
