"""Who has it, who has not and why: status, deliveries, unknown, reconcile, report."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from newsletter import workspace as workspaces
from newsletter.cli.progress import LINE_SECONDS, Pace, balance_line, counts
from newsletter.model.mailing import DeliveryState
from newsletter.model.zones import in_zone

if TYPE_CHECKING:
    from newsletter.model.mailing import Delivery, Mailing
    from newsletter.workspace import Workspace

#: A second terminal sees what the first one does, a moment later.
WATCH_SECONDS = 1.0
_STATES = [state.value for state in DeliveryState]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--watch", is_flag=True, help="Go on showing it until the mailing rests.")
@click.pass_obj
def status(named: str | None, *, as_json: bool, watch: bool) -> None:
    """Show each mailing and how its books stand.

    planned = accepted + refused + skipped + unknown + deferred + waiting, always.

    Example: newsletter status --watch
    """
    from newsletter.workflow.mailing import mailings

    workspace, pace = workspaces.find(named), Pace()
    is_terminal = sys.stdout.isatty() and not as_json
    shown = float("-inf")
    while True:
        found = mailings(workspace)
        is_last = not watch or not any(one.senders for one in found)
        pace.look(found, monotonic())
        if is_terminal or is_last or monotonic() - shown >= LINE_SECONDS:
            shown = monotonic()
            if as_json:
                click.echo(json.dumps({"version": 1, "mailings": [_mailing(one) for one in found]}))
            else:
                _show(found, pace, workspace.settings.time_zone, anew=is_terminal and watch)
        if is_last:
            return
        sleep(WATCH_SECONDS)


def _show(found: tuple[Mailing, ...], pace: Pace, time_zone: str, *, anew: bool = False) -> None:
    """Show every mailing; `anew`: in the place of what was shown before."""
    if anew:
        click.clear()
    if not found:
        click.echo("No mailing yet.")
    for one in found:
        kind = "test of " if one.is_test else ""
        where = f" to {', '.join(one.lists)}" if one.lists else ""
        click.echo(f"Mailing {one.id}: {kind}{one.issue}{where}, {_standing(one, time_zone)}")
        click.echo(f"  {balance_line(one)}")
        if told := pace.told(one):
            click.echo(f"  {told}")


def _standing(one: Mailing, time_zone: str) -> str:
    """Return where a mailing stands, and what that means for whoever reads it."""
    from newsletter.model.mailing import MailingState

    if one.state is MailingState.PREPARING and not one.senders:
        return "preparing was cut off, nothing was sent: newsletter send does it again"
    if one.ordered:
        return f"{one.state}, to be {one.ordered} as soon as the database can be written to"
    if one.senders:
        return f"{one.state} (process {', '.join(map(str, one.senders))})"
    if one.state is MailingState.SENDING and one.balance.deferred and not one.balance.waiting:
        return "some are put off for now: newsletter run goes on when they are due, resume at once"
    if one.state is MailingState.SENDING:
        return "sending, but no process is at work: newsletter resume"
    if one.state is MailingState.PREPARED and one.starts and one.starts > one.created:
        return f"prepared for {in_zone(one.starts, time_zone)}"
    return f"{one.state}: {one.reason}" if one.reason and one.is_open else str(one.state)


def _mailing(one: Mailing) -> dict[str, object]:
    by_state = {state.value: getattr(one.balance, state.value) for state in DeliveryState}
    return {
        "id": one.id,
        "issue": one.issue,
        "state": one.state.value,
        "reason": one.reason,
        "ordered": one.ordered.value if one.ordered else None,
        "lists": list(one.lists),
        "is_test": one.is_test,
        "policy": one.policy.value,
        "created": one.created.isoformat(),
        "starts": one.starts.isoformat() if one.starts else None,
        "senders": list(one.senders),
        "planned": one.balance.planned,
        "waiting": one.balance.waiting,
        **by_state,
        "counts": by_state,
    }


@click.command()
@click.argument("mailing", type=int)
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--address", metavar="ADDRESS", help="All that happened to one person's delivery.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="A table for a spreadsheet.")
@click.pass_obj
def deliveries(named: str | None, /, mailing: int, **asked: Any) -> None:
    """List every recipient of MAILING with state, attempts and the server's words.

    Example: newsletter deliveries 3 --state refused --csv
    """
    from newsletter.workflow.mailing import deliveries as open_deliveries

    if asked["as_json"] and asked["as_csv"]:
        raise click.UsageError("say --json or --csv, not both")
    workspace = workspaces.find(named)
    if asked["address"]:
        _history(workspace, mailing, asked["address"], as_json=asked["as_json"])
        return
    state = DeliveryState(asked["state"]) if asked["state"] else None
    write: Callable[[Iterator[Delivery]], None] = _lines
    if asked["as_json"]:
        write = _json
    elif asked["as_csv"]:
        write = _csv
    with open_deliveries(workspace, mailing, state) as rows:
        write(rows)


def _history(workspace: Workspace, mailing: int, address: str, *, as_json: bool) -> None:
    from newsletter.workflow.mailing import history

    told = history(workspace, mailing, address)
    if as_json:
        events = [{**asdict(one), "at": one.at.isoformat()} for one in told]
        click.echo(json.dumps({"version": 1, "events": events}, ensure_ascii=False))
        return
    for one in told:
        said = " ".join(filter(None, (str(one.code or ""), one.enhanced, one.words)))
        click.echo(f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.state:9}  {one.stage:8}  {said}")


_COLUMNS = (
    "address",
    "state",
    "attempts",
    "message_id",
    "reply",
    "reason",
    "edition",
    "stage",
    "queue_id",
    "updated",
    "due",
)


def _row(one: Delivery) -> dict[str, object]:
    return {
        "address": one.address,
        "state": one.state.value,
        "attempts": one.attempts,
        "message_id": one.message_id,
        "reply": one.reply,
        "reason": one.reason,
        "edition": one.edition,
        "stage": one.stage,
        "queue_id": one.queue_id,
        "updated": one.updated.isoformat() if one.updated else None,
        "due": one.due.isoformat() if one.due else None,
    }


def _json(rows: Iterator[Delivery]) -> None:
    """Write one object, a delivery at a time: there may be a million."""
    click.echo('{"version": 1, "deliveries": [', nl=False)
    for number, one in enumerate(rows):
        comma = "," if number else ""
        click.echo(f"{comma}\n{json.dumps(_row(one), ensure_ascii=False)}", nl=False)
    click.echo("\n]}")


def _csv(rows: Iterator[Delivery]) -> None:
    writer = csv.DictWriter(sys.stdout, _COLUMNS)
    # Also where nobody is listed: a program looks for its columns.
    writer.writeheader()
    for one in rows:
        writer.writerow({name: _harmless(value) for name, value in _row(one).items()})


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking a server's words for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _lines(rows: Iterator[Delivery]) -> None:
    for one in rows:
        why = " ".join(filter(None, (one.reason, f"[{one.reply}]" if one.reply else "")))
        tried = f"{one.attempts} attempt{'' if one.attempts == 1 else 's'}"
        click.echo(f"{one.address}  {one.state}  {one.edition}  {tried}  {why}".rstrip())


@click.command()
@click.argument("mailing", type=int)
@click.option("--accepted", multiple=True, metavar="ADDRESS", help="They have it.")
@click.option("--again", multiple=True, metavar="ADDRESS", help="Send to them again.")
@click.option("--skip", multiple=True, metavar="ADDRESS", help="Leave them out.")
@click.option(
    "--all",
    "all_",
    type=click.Choice(["accepted", "again", "skip"]),
    help="Decide the same for all of them.",
)
@click.pass_obj
def unknown(named: str | None, /, mailing: int, **decisions: Any) -> None:
    """List whose answer was lost on the wire, and decide on each.

    They may have the message or not; only the mail server's log, or they, can tell.

    Example: newsletter unknown 3 --accepted ana@example.org --again ben@example.org
    """
    from newsletter.workflow.mailing import decide, settle_killed
    from newsletter.workflow.mailing import deliveries as open_deliveries

    asked = [one.casefold() for word in _DECISIONS for one in decisions[word]]
    if len(set(asked)) < len(asked) or (asked and decisions["all_"]):
        raise click.UsageError("decide once on each address, or the same on --all")
    workspace, now = workspaces.find(named), datetime.now(UTC)
    settle_killed(workspace, mailing, now=now)
    for word, to in _DECISIONS.items():
        addresses = decisions[word]
        if addresses or decisions["all_"] == word:
            decided = decide(workspace, mailing, addresses, to, now=now)
            click.echo(f"{len(decided)} now {to}", err=True)
            known = {one.casefold() for one in decided}
            for address in addresses:
                if address.casefold() not in known:
                    click.echo(f"{address} is not unknown, and stays as it is", err=True)
    with open_deliveries(workspace, mailing, DeliveryState.UNKNOWN) as rows:
        for one in rows:
            click.echo(f"{one.address}  {one.message_id}  {one.reply}".rstrip())


_DECISIONS = {
    "accepted": DeliveryState.ACCEPTED,
    "again": DeliveryState.QUEUED,
    "skip": DeliveryState.SKIPPED,
}


@click.command()
@click.argument("mailing", type=int)
@click.option(
    "--maillog",
    required=True,
    type=click.Path(path_type=Path),
    help="The log of the Postfix that took our messages.",
)
@click.pass_obj
def reconcile(named: str | None, mailing: int, *, maillog: Path) -> None:
    """Settle lost answers by the mail server's log, by Message-ID.

    What the log knows was taken; what a log of that time does not know never arrived
    and is queued again.

    Example: newsletter reconcile 3 --maillog /var/log/mail.log
    """
    from newsletter.workflow.mailing import reconcile as settle

    settled = settle(workspaces.find(named), mailing, maillog, now=datetime.now(UTC))
    for word, addresses in (
        ("accepted", settled.accepted),
        ("refused", settled.refused),
        ("queued again", settled.again),
        ("still unknown: the log does not reach that far", settled.still_unknown),
        ("still unknown: the log is of another server", settled.elsewhere),
        ("skipped: it never arrived, and the mailing is cancelled", settled.skipped),
    ):
        for address in addresses:
            click.echo(f"{address}  {word}")
    if settled.again:
        click.echo(f"To send to these: newsletter resume {mailing}", err=True)


@click.command()
@click.argument("mailing", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def report(named: str | None, mailing: int, *, as_json: bool) -> None:
    """Explain MAILING: by state, by reason, by edition, by domain.

    Example: newsletter report 3
    """
    from newsletter.workflow.report import report as make

    workspace = workspaces.find(named)
    made = make(workspace, mailing)
    if as_json:
        click.echo(json.dumps(made.as_json(), ensure_ascii=False))
        return
    one = made.mailing
    click.echo(f"Mailing {one.id}: {one.issue}, {_standing(one, workspace.settings.time_zone)}")
    click.echo(balance_line(one))
    for sentence in made.sentences:
        click.echo(sentence)
    for title, table in made.tables:
        click.echo(f"\n{title}")
        for name, balance in table:
            click.echo(f"  {name or '-'}: {counts(balance)}")
