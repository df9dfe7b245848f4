"""Lists and subscribers: import, export, add, remove, suppress, show, list."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from newsletter import workspace
from newsletter.cli import people_texts as texts
from newsletter.errors import ConfirmationNeededError, ImportFileError
from newsletter.model.people import SubscriptionStatus, SuppressionReason

_LIST = click.option("--list", "list_key", metavar="NAME", help="Only this list.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def subscribers() -> None:
    """Look after the people who get the newsletter.

    Example: newsletter subscribers import members.csv --list members
    """


@subscribers.command("import", short_help="Import people from a file.")
@click.argument("file", metavar="FILE")
@click.option("--list", "list_key", metavar="NAME", required=True, help="The list they join.")
@click.option("--really", is_flag=True, help="Do it; without this, only show what it would do.")
@click.option("--encoding", default="", metavar="NAME", help="Where the guess is wrong: cp1250.")
@_JSON
@click.pass_obj
def import_command(
    named: str | None, file: str, list_key: str, really: bool, encoding: str, as_json: bool
) -> None:
    """Import people from FILE (CSV, a packed Mailchimp export, a Mailman or Sympa list).

    Columns, separator and encoding are found out; rows that cannot be used are named with
    their line, the others are imported. Who unsubscribed or is suppressed is never brought
    back. FILE may be - for standard input.

    Example: newsletter subscribers import members.csv --list members

    Example: newsletter subscribers import members.csv --list members --really
    """
    from newsletter.workflow.import_subscribers import import_subscribers

    report = import_subscribers(
        workspace.find(named),
        sys.stdin.buffer if file == "-" else Path(file),
        list_key,
        now=datetime.now(UTC),
        really=really,
        encoding=encoding,
    )
    click.echo(texts.import_json(report) if as_json else texts.import_report(report))
    if not report.people:
        raise ImportFileError(f"nobody in {file!r} can be imported")


@subscribers.command("export", short_help="Write everybody as CSV.")
@click.argument("file", metavar="[FILE]", default="-")
@_LIST
@click.option("--excel", is_flag=True, help="Mark the file so that Excel shows every script.")
@click.pass_obj
def export_command(named: str | None, file: str, list_key: str | None, excel: bool) -> None:
    """Write everybody, with status and extra fields, as CSV to FILE or standard output.

    Cells that a spreadsheet would take for a formula get an apostrophe in front; `import`
    takes it off again.

    Example: newsletter subscribers export --list members members.csv
    """
    from newsletter.workflow.export_subscribers import export_subscribers

    found = workspace.find(named)
    if file == "-":
        text = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        try:
            export_subscribers(found, text, list_key=list_key)
        finally:
            text.detach()  # Else standard output is closed with it.
        return
    count = export_subscribers(found, Path(file), list_key=list_key, for_excel=excel)
    click.echo(f"{texts.people(count)} written to {file}", err=True)


@subscribers.command("add", short_help="Add one person to a list.")
@click.argument("address", metavar="ADDRESS")
@click.option("--list", "list_key", metavar="NAME", required=True, help="The list they join.")
@click.option("--name", default="", help="How they are greeted.")
@click.option("--language", default="", metavar="CODE", help="en, fr, es, de, ru, ar, zh …")
@click.option(
    "--form", default="", type=click.Choice(["", "full", "light", "text"]), help="Edition."
)
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="An extra field.")
@click.option("--rejoin", is_flag=True, help="They had left and asked to come back.")
@click.pass_obj
def add_command(  # noqa: PLR0913 - one parameter for each option
    named: str | None,
    address: str,
    list_key: str,
    name: str,
    language: str,
    form: str,
    fields: tuple[str, ...],
    rejoin: bool,
) -> None:
    """Add one person to a list.

    Example: newsletter subscribers add "Ana Ruiz <ana@example.org>" --list members
    """
    from newsletter.workflow.subscribers import About, add_subscriber

    about = About(name, language, form, dict(_pair(one) for one in fields))
    added = add_subscriber(
        workspace.find(named), address, list_key, now=datetime.now(UTC), about=about, rejoin=rejoin
    )
    click.echo(texts.addition(added, list_key))
    if added.warning:
        click.echo(f"Warning: {added.warning}", err=True)


@subscribers.command("remove", short_help="Unsubscribe one person.")
@click.argument("address", metavar="ADDRESS")
@_LIST
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove_command(named: str | None, address: str, list_key: str | None, yes: bool) -> None:
    """Unsubscribe one person from a list, or from all; no import brings them back.

    Example: newsletter subscribers remove ana@example.org --list members --yes
    """
    from newsletter.workflow.subscribers import lists_left, remove_subscriber

    found = workspace.find(named)
    left = lists_left(found, address, list_key)
    if not left:
        click.echo(f"{address} is not on {list_key or 'any list'}; nothing to do")
        return
    _ask(yes, f"{address} will be unsubscribed from: {', '.join(left)}.")
    left = remove_subscriber(found, address, list_key, now=datetime.now(UTC))
    click.echo(f"{address} was unsubscribed from: {', '.join(left)}")


@subscribers.command("suppress", short_help="Never write to an address again.")
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--reason",
    default="manual",
    type=click.Choice(["manual", "asked", "bounced", "complained"]),
    show_default=True,
    help="Why.",
)
@click.option("--note", default="", metavar="TEXT", help="What to remember about it.")
@click.option("--lift", is_flag=True, help="Allow writing to the address again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def suppress_command(
    named: str | None, address: str, reason: str, note: str, lift: bool, yes: bool
) -> None:
    """Never write to an address again, on any list, whether it is known or not.

    Example: newsletter subscribers suppress ana@example.org --reason asked --yes

    Example: newsletter subscribers suppress ana@example.org --lift
    """
    from newsletter.workflow import subscribers as verbs

    found, now = workspace.find(named), datetime.now(UTC)
    if lift:
        lifted = verbs.lift_suppression(found, address, now=now, note=note)
        click.echo(
            f"{address} may be written to again" if lifted else f"{address} was not suppressed"
        )
        return
    _ask(yes, f"{address} will never be written to again, on any list.")
    kept = verbs.suppress_address(found, address, SuppressionReason(reason), now=now, note=note)
    click.echo(f"{kept.address} is suppressed: {kept.reason}, since {kept.since:%Y-%m-%d}")


@subscribers.command("show", short_help="Show all that is kept of one person.")
@click.argument("address", metavar="ADDRESS")
@_JSON
@click.pass_obj
def show_command(named: str | None, address: str, as_json: bool) -> None:
    """Show all that is kept of one person.

    Example: newsletter subscribers show ana@example.org
    """
    from newsletter.workflow.subscribers import show_subscriber

    record = show_subscriber(workspace.find(named), address)
    click.echo(texts.record_json(record) if as_json else texts.record(record))


@subscribers.command("list", short_help="List the subscribers, one a line.")
@_LIST
@click.option(
    "--status",
    type=click.Choice(["confirmed", "unconfirmed", "unsubscribed"]),
    help="Only those who stand so.",
)
@_JSON
@click.pass_obj
def list_command(
    named: str | None, list_key: str | None, status: str | None, as_json: bool
) -> None:
    """List the subscribers, one a line: address, name, language, form (light, text), lists.

    Example: newsletter subscribers list --list members --status confirmed
    """
    from newsletter.workflow import subscribers as verbs

    wanted = SubscriptionStatus(status) if status else None
    records = verbs.list_subscribers(workspace.find(named), list_key, wanted)
    for line in texts.records_json(records) if as_json else map(texts.record_line, records):
        click.echo(line)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--field")
    return name.strip(), value


def _ask(yes: bool, what: str) -> None:
    """Go on only when a person says yes, here or by --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfirmationNeededError(what)
    click.confirm(f"{what} Go on?", abort=True, err=True)
