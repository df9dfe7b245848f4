"""Collect an issue, and list the issues there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from newsletter import workspace as workspaces
from newsletter.model.content import ItemStatus

if TYPE_CHECKING:
    from newsletter.model.content import Item
    from newsletter.workflow.collect import Collected, Options, Progress


@click.command()
@click.argument("period")
@click.option("--source", "only", multiple=True, metavar="NAME", help="Only this source; repeat.")
@click.option("--from-snapshot", is_flag=True, help="Rebuild offline from what was kept.")
@click.option("--dry-run", is_flag=True, help="Show what would be collected; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def collect(
    ctx: click.Context,
    period: str,
    only: tuple[str, ...],
    from_snapshot: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Collect the news of PERIOD into its issue.

    PERIOD is a month (2016-05), a week (2016-W20), two days of which the last is not
    included (2016-05-01..2016-05-20), last-month, last-week, last-30-days or
    since-last-issue. Collecting again keeps everything that you changed in issue.toml.

    Example: newsletter collect 2016-05
    """
    from newsletter.workflow.collect import Options

    options = Options(only, from_snapshot, dry_run)
    collected = _run(ctx, period, options)
    if as_json:
        click.echo(json.dumps(collected.as_json(), ensure_ascii=False, indent=2))
    else:
        _show_failures(collected)
        _show(collected)
    collected.require_items()


def _run(ctx: click.Context, period: str, options: Options) -> Collected:
    from newsletter.workflow.collect import collect as workflow

    return workflow(
        workspaces.find(ctx.obj),
        period,
        now=datetime.now(UTC),
        progress=_progress(),
        options=options,
    )


def _progress() -> Callable[[Progress], None]:
    """Return what shows each step: one line that changes on a terminal, nothing elsewhere."""
    stream = sys.stderr
    if not stream.isatty():
        return lambda _step: None

    def show(step: Progress) -> None:
        name = step.name if len(step.name) <= 50 else step.name[:49] + "…"
        click.echo(f"\r\033[K{step.step} {step.done}/{step.total}  {name}", nl=False, err=True)
        if step.done == step.total:
            click.echo("\r\033[K", nl=False, err=True)

    return show


def _show_failures(collected: Collected) -> None:
    for failure in collected.failures:
        click.echo(f"FAILED  {failure.source}: {failure.reason}", err=True)
        if failure.hint:
            click.echo(f"        {failure.hint}", err=True)
    for note in collected.notes:
        click.echo(f"Note: {note}", err=True)


def _show(collected: Collected) -> None:
    if not collected.selected.items:
        return
    for item in collected.items:
        click.echo(_line(item))
    click.echo(f"Issue {collected.slug}: {_counts(collected)}.")
    if collected.is_written:
        click.echo(f"Edit:  {collected.folder / 'issue.toml'}")
        click.echo(f"See:   newsletter preview {collected.slug}")
    else:
        click.echo("Dry run: nothing was written.")


def _line(item: Item) -> str:
    day = item.date.isoformat() if item.date else "no date"
    mark = {ItemStatus.NEW: "+", ItemStatus.UNDATED: "?", ItemStatus.CHANGED: "~"}
    return f"{mark.get(item.status, ' ')} {day:<10}  {item.title}"


def _counts(collected: Collected) -> str:
    new = collected.count(ItemStatus.NEW)
    counts = [
        (collected.count(ItemStatus.CHANGED), "changed at their source"),
        (collected.count(ItemStatus.KNOWN), "already there"),
        (collected.count(ItemStatus.UNDATED), "undated, offered with included = false"),
        (collected.removed, "that you took out"),
        (collected.selected.outside, "outside the period"),
        (collected.selected.already_ran, "in an earlier issue"),
        (collected.selected.offered_before, "undated, offered in an earlier issue"),
        (collected.selected.merged, "double"),
    ]
    told = [f"{count} {what}" for count, what in counts if count]
    return ", ".join([f"{new} new", *told])


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def issues(ctx: click.Context, as_json: bool) -> None:
    """List the issues with their state.

    Example: newsletter issues
    """
    from newsletter.workflow.issues import list_issues

    listed = list_issues(workspaces.find(ctx.obj))
    if as_json:
        rows = [one.as_json() for one in listed]
        click.echo(json.dumps({"version": 1, "issues": rows}, ensure_ascii=False, indent=2))
        return
    for one in listed:
        days = f"{one.first_day} to {one.last_day}" if one.first_day else ""
        click.echo(
            f"{one.slug:<12}  {one.state:<8}  {one.items:>3} items  {days:<24}  "
            f"{one.reason or one.subject}".rstrip()
        )
        if one.source_changed:
            click.echo(f"{'':<12}  {one.source_changed} changed at their source after your edit")
    if not listed:
        click.echo("No issues yet. Make one: newsletter collect last-month", err=True)
