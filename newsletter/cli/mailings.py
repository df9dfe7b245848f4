"""Send, go on, pause, call off: the commands that move a mailing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from newsletter import workspace as workspaces
from newsletter.cli.amounts import Length, Percent
from newsletter.cli.progress import ProgressLine, duration
from newsletter.cli.sending import go_on
from newsletter.errors import ConfirmationNeededError
from newsletter.model.mailing import DeliveryState, Mailing, MailingState, UnknownPolicy
from newsletter.model.zones import in_zone, moment_there, zone_named

if TYPE_CHECKING:
    from newsletter.workflow.prepare import Order, Plan
    from newsletter.workflow.send import Sent
    from newsletter.workspace import Workspace

#: A time so little past was meant as now.
PAST = timedelta(minutes=1)


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.argument("issue")
@click.option("--to", multiple=True, metavar="ADDRESS", help="Only to these: a test, sent now.")
@click.option("--list", "lists", multiple=True, metavar="NAME", help="To everybody on this list.")
@click.option("--really", is_flag=True, help="Send. Without it: only show what would be sent.")
@click.option("--yes", is_flag=True, help="Do not ask for the number of readers.")
@click.option("--edition", default="", metavar="KEY", help="With --to: fr, ar-light ...")
@click.option("--at", metavar="TIME", help="Send then: 2016-05-20T08:00, in the time zone set.")
@click.option("--hold", type=Length(), help="Wait so long before the first one goes: 10m.")
@click.option("--canary", type=Percent(), help="First only to this part of the readers: 1%.")
@click.option(
    "--unknown",
    type=click.Choice([policy.value for policy in UnknownPolicy]),
    help="What to do about readers whose answer is lost.",
)
@click.option("--wait", is_flag=True, help="Stay until nobody is deferred any more.")
@click.pass_context
def send(ctx: click.Context, /, issue: str, **asked: Any) -> None:
    """Send ISSUE: to named addresses, or to everybody on a list.

    To a list it only shows what would happen, until --really is given.

    Example: newsletter send 2016-05 --to me@example.org

    Example: newsletter send 2016-05 --list members --really
    """
    from newsletter.workflow.prepare import prepare

    if bool(asked["to"]) == bool(asked["lists"]):
        raise click.UsageError("say who gets it: --to ADDRESS or --list NAME")
    workspace = workspaces.find(ctx.obj)
    order = _order(workspace, issue, asked)
    if not order.is_test and not _is_agreed(workspace, order, asked):
        return
    line = ProgressLine()
    mailing = prepare(workspace, order, now=_now(), watch=line.preparing)
    line.end()
    if mailing is None:
        click.echo("Nobody is left to send this issue to; nothing was sent.")
        return
    _start(ctx, workspace, mailing, asked)


def _order(workspace: Workspace, issue: str, asked: dict[str, Any]) -> Order:
    from newsletter.workflow.prepare import Order

    starts = _moment(asked["at"], workspace) if asked["at"] else None
    return Order(
        issue=issue,
        lists=tuple(dict.fromkeys(asked["lists"])),
        to=asked["to"],
        edition=asked["edition"],
        starts=starts,
        hold=asked["hold"] or timedelta(0),
        canary_percent=asked["canary"] or 0.0,
        policy=UnknownPolicy(asked["unknown"]) if asked["unknown"] else None,
    )


def _moment(written: str, workspace: Workspace) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise click.BadParameter(
            f"{written!r} is not a time; write 2016-05-20T08:00", param_hint="--at"
        ) from error
    zone = zone_named(workspace.settings.time_zone)
    there = moment if moment.tzinfo else moment_there(moment, zone)
    if there is None:
        raise click.BadParameter(
            f"{written!r} does not exist in {zone}: the clocks go forward then", param_hint="--at"
        )
    if there < _now() - PAST:
        raise click.BadParameter(
            f"{written!r} is past; leave --at out to send now", param_hint="--at"
        )
    return there.astimezone(UTC)


def _is_agreed(workspace: Workspace, order: Order, asked: dict[str, Any]) -> bool:
    """Show the plan; say whether it is to be carried out."""
    from newsletter.workflow.prepare import plan

    planned = plan(workspace, order, now=_now())
    _show_plan(planned)
    if not planned.readers:
        click.echo(_why_nobody(planned))
        return False
    if not asked["really"]:
        click.echo("Nothing was sent. Add --really to send it.", err=True)
        return False
    if asked["yes"]:
        return True
    if not sys.stdin.isatty():
        raise ConfirmationNeededError(f"{planned.readers} readers would be written to")
    _ask_for(planned.readers, "To send it, type the number of readers")
    return True


def _ask_for(number: int, question: str) -> None:
    """Ask a person for the number of readers, so that nobody agrees by habit."""
    answer = click.prompt(question, err=True)
    if str(answer).strip() != str(number):
        raise ConfirmationNeededError(
            f"{answer!r} is not the number of readers; nothing was sent", hint=""
        )


def _show_plan(planned: Plan) -> None:
    many = "reader" if planned.readers == 1 else "readers"
    lists = ", ".join(planned.lists)
    click.echo(f"{planned.issue} to {lists}: {planned.readers} {many}")
    for edition, count in planned.by_edition.items():
        click.echo(f"  edition {edition}: {count}")
    for reason, count in planned.left_out.items():
        click.echo(f"  left out, {reason}: {count}")
    if planned.served:
        had = [one for one in planned.earlier if one.balance.planned > one.balance.skipped]
        numbers = ", ".join(str(one.id) for one in had)
        click.echo(f"  already in mailing {numbers}: {planned.served}")
    for finding in planned.findings:
        click.echo(f"  warning: {finding.message}", err=True)
    if planned.server:
        about = f"about {duration(planned.seconds)}" if planned.seconds else ""
        limits = f"at most {'; '.join(planned.limits)}" if planned.limits else ""
        takes = ", ".join(filter(None, (about, limits))) or "as fast as it takes"
        click.echo(f"  by {planned.server}, {takes}")


def _why_nobody(planned: Plan) -> str:
    if not planned.served:
        return "Nobody on it can be written to; nothing was sent."
    is_open = [one for one in planned.earlier if one.is_open]
    if is_open:
        return (
            f"Everybody already has a delivery; mailing {is_open[-1].id} is {is_open[-1].state}."
            f" To go on with it: newsletter resume {is_open[-1].id}"
        )
    return "Everybody has had this issue already: nobody is sent it twice."


def _start(
    ctx: click.Context, workspace: Workspace, mailing: Mailing, asked: dict[str, Any]
) -> None:
    """Send it now, or when the hold is over, or leave it to the scheduler."""
    if asked["at"]:
        click.echo(
            f"Mailing {mailing.id} is prepared for {_begins(workspace, mailing)}."
            " It goes while `newsletter run` is running."
        )
        return
    if asked["hold"] and not _is_held_through(workspace, mailing):
        click.echo(f"Mailing {mailing.id} was called off; nothing was sent.")
        return
    go_on(ctx, workspace, mailing.id, waits=asked["wait"])


def _begins(workspace: Workspace, mailing: Mailing) -> str:
    """Return when a mailing is to go, in the time zone of the newsletter."""
    return in_zone(mailing.starts or mailing.created, workspace.settings.time_zone)


def _is_held_through(workspace: Workspace, mailing: Mailing) -> bool:
    """Wait for the hold to end; say whether the mailing is still to go."""
    from time import sleep

    from newsletter.workflow.mailing import named

    assert mailing.starts is not None  # noqa: S101 - every mailing has its time
    try:
        click.echo(
            f"Mailing {mailing.id} goes at {_begins(workspace, mailing)}."
            f" To call it off: newsletter cancel {mailing.id}",
            err=True,
        )
        while (left := (mailing.starts - _now()).total_seconds()) > 0:
            if named(workspace, mailing.id).state is not MailingState.PREPARED:
                return False
            sleep(min(1.0, left))
    except KeyboardInterrupt:
        click.echo(
            f"\nMailing {mailing.id} is still prepared; `newsletter run` would send it."
            f" To call it off: newsletter cancel {mailing.id}",
            err=True,
        )
        raise
    return named(workspace, mailing.id).state is MailingState.PREPARED


@click.command()
@click.argument("mailing", type=int, required=False)
@click.option("--wait", is_flag=True, help="Stay until nobody is deferred any more.")
@click.option("--due-only", is_flag=True, help="Leave deferred readers until they are due.")
@click.option("--yes", is_flag=True, help="Yes to what the last resume asked.")
@click.pass_context
def resume(ctx: click.Context, /, mailing: int | None, **asked: bool) -> None:
    """Go on with a mailing that was interrupted, paused or is not through.

    Nobody gets it twice: what was accepted is never sent again. It asks where it was prepared
    on another machine, should have gone long ago, or the canary came to harm: --yes answers
    the one question that was asked last, and no other.

    Example: newsletter resume
    """
    from newsletter.workflow.mailing import the_open_one

    workspace = workspaces.find(ctx.obj)
    number = mailing if mailing is not None else the_open_one(workspace).id
    go_on(
        ctx,
        workspace,
        number,
        waits=asked["wait"],
        hurries=not asked["due_only"],
        is_confirmed=asked["yes"],
    )


@click.command()
@click.argument("mailing", type=int)
@click.option(
    "--state",
    type=click.Choice(["refused", "deferred", "unknown"]),
    default="refused",
    show_default=True,
    help="To whom: those who stand so.",
)
@click.option("--reason", default="", help="Only those with this reason, as `report` shows it.")
@click.option("--yes", is_flag=True, help="Do not ask for their number on a terminal.")
@click.pass_context
def retry(ctx: click.Context, /, mailing: int, *, state: str, reason: str, yes: bool) -> None:
    """Send again to those to whom it came to nothing.

    Shows who that is; on a terminal it asks for their number first.

    Example: newsletter retry 3 --state refused --reason full
    """
    from newsletter.workflow import mailing as verbs

    workspace = workspaces.find(ctx.obj)
    chosen = verbs.retriable(workspace, mailing, DeliveryState(state), reason)
    if not chosen and reason:
        raise click.BadParameter(
            f"nobody is {state} with a reason like {reason!r};"
            f" `newsletter report {mailing}` shows the reasons there are",
            param_hint="--reason",
        )
    for known, count in chosen.items():
        click.echo(f"  {count} {state}, {known or 'no reason given'}", err=True)
    if waiting := verbs.named(workspace, mailing).balance.waiting if chosen else 0:
        click.echo(f"  {waiting} that are still waiting go too", err=True)
    if chosen and not yes and sys.stdin.isatty():
        _ask_for(sum(chosen.values()), "To send to them again, type how many are tried again")
    queued = verbs.retry(workspace, mailing, DeliveryState(state), reason, now=_now())
    click.echo(f"{len(queued)} to be tried again", err=True)
    if queued:
        go_on(ctx, workspace, mailing)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end: for a timer.")
@click.pass_context
def run(ctx: click.Context, /, *, once: bool) -> None:
    """Send what is due, whenever it is due: for a service or a timer.

    Example: newsletter run
    """
    from newsletter.workflow.run import at_the_same_time, run_due
    from newsletter.workflow.send import Resumption, resume

    def resumed(mailing: int) -> Sent:
        line = ProgressLine(f"mailing {mailing}: ")
        how = Resumption(hurries=False, watch=line, tell=line.say)
        try:
            # Found anew, with the settings as they are by now.
            return resume(workspaces.find(ctx.obj), mailing, how, now=_now())
        finally:
            line.end()

    with at_the_same_time() as hands:
        for told in run_due(workspaces.find(ctx.obj), resumed, hands, once=once):
            click.echo(told.sentence)
    if hands.signal:
        click.echo("Interrupted.", err=True)
        ctx.exit(128 + hands.signal)
