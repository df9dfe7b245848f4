"""Try, add, check and list the sources of news."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsletter import workspace as workspaces
from newsletter.errors import ConfirmationNeededError, NewsletterError
from newsletter.model.sources import Source, SourceKind

if TYPE_CHECKING:
    from newsletter.model.content import Item
    from newsletter.workflow.sources import Tried
    from newsletter.workspace import Workspace

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _moment(value: str) -> datetime:
    """Return the aware moment that is written; a day alone is its noon, UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date; write 2016-05-25") from error
    if len(value) <= len("2016-05-25"):
        moment = datetime.combine(moment.date(), time(12))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _about_the_source(command: _Command) -> _Command:
    """Add the options that say how a source is read."""
    options = [
        click.option("--base-url", metavar="URL", help="Where a saved page was saved from."),
        click.option("--language", metavar="TAG", default="", help="Its language: en, fr, ar ..."),
        click.option(
            "--kind",
            type=click.Choice([str(kind) for kind in SourceKind]),
            default=str(SourceKind.AUTO),
            show_default=True,
            help="How it is read; auto finds out.",
        ),
        click.option(
            "--day-first/--month-first",
            "day_first",
            default=None,
            help="What 05/06/2016 means; without this such dates are left out.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sources() -> None:
    """Try, add, check and list the sources of news.

    Example: newsletter sources try https://www.example.org/news
    """


@sources.command("try")
@click.argument("target", metavar="URL|FILE|FOLDER")
@_about_the_source
@click.option("--fetched-at", type=_moment, metavar="DATE", help="When a saved page was saved.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def try_(ctx: click.Context, /, target: str, as_json: bool, **options: Any) -> None:
    """Show what a page, feed, file or folder gives; write nothing.

    Works without a workspace. TARGET may also be the name of a source in newsletter.toml.

    Example: newsletter sources try news.html --base-url https://www.example.org/news
    """
    tried = _try(ctx, target, options)
    if as_json:
        click.echo(json.dumps(tried.as_json(), ensure_ascii=False, indent=2))
        ctx.exit(1 if tried.failure else 0)
    if tried.failure:
        raise tried.failure
    _show(tried)


@sources.command("add")
@click.argument("target", metavar="URL|FILE|FOLDER")
@click.option("--name", default="", help="Its name; default: the feed's title or the host.")
@click.option("--section", default="", help="The section of the newsletter its items go to.")
@_about_the_source
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def add(
    ctx: click.Context, /, target: str, name: str, section: str, yes: bool, **options: Any
) -> None:
    """Try a source, then write it into newsletter.toml.

    Example: newsletter sources add https://www.example.org/feed --section News
    """
    from dataclasses import replace

    from newsletter.workflow import sources as workflow

    workspace = workspaces.find(ctx.obj)
    tried = _try(ctx, target, options)
    if tried.failure:
        raise tried.failure
    _show(tried)
    source = replace(tried.source, name=name or workflow.suggested_name(tried), section=section)
    workflow.refuse_duplicate(source, workspace.settings.sources)
    if not yes:
        _ask(f"Add this as {source.name!r} to newsletter.toml?")
    written = workflow.add_source(workspace, source)
    click.echo(f"Added source {written.name!r} to newsletter.toml.")


@sources.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Try every source of the workspace; exit 1 if one fails.

    Example: newsletter sources check
    """
    from newsletter.workflow import sources as workflow

    tried = workflow.try_all(workspaces.find(ctx.obj))
    failed = [one for one in tried if one.failure]
    if as_json:
        report = {
            "version": 1,
            "sources": [one.summary_as_json() for one in tried],
            "failures": [failure for one in tried for failure in one.as_json()["failures"]],
        }
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show_check(tried)
    ctx.exit(1 if failed else 0)


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the sources of the workspace.

    Example: newsletter sources list
    """
    known = workspaces.find(ctx.obj).settings.sources
    if as_json:
        rows = [
            {
                "name": one.name,
                "url": one.url,
                "path": one.path,
                "kind": str(one.kind),
                "language": one.language,
                "section": one.section,
            }
            for one in known
        ]
        click.echo(json.dumps({"version": 1, "sources": rows}, ensure_ascii=False, indent=2))
        return
    for one in known:
        click.echo(f"{one.name}  ({one.kind})  {one.path or one.url}")
    if not known:
        click.echo("No sources yet. Add one: newsletter sources add URL", err=True)


def _try(ctx: click.Context, target: str, options: dict[str, Any]) -> Tried:
    from newsletter.workflow import sources as workflow

    workspace = _workspace_if_any(ctx)
    contact = workspace.settings.website or workspace.settings.public_url if workspace else ""
    how: dict[str, Any] = {"fetched_at": options.get("fetched_at"), "contact": contact}
    if workspace and (known := workflow.named(workspace, target)):
        return workflow.try_source(known, root=workspace.root, **how)
    wanted = Source(
        name="",
        url=options["base_url"] or "",
        kind=SourceKind(options["kind"]),
        language=options["language"],
        day_first=options["day_first"],
    )
    return workflow.try_target(target, like=wanted, folder=Path.cwd(), **how)


def _workspace_if_any(ctx: click.Context) -> Workspace | None:
    """Return the workspace if there is a sound one: trying needs none."""
    try:
        found = workspaces.find(ctx.obj)
        _ = found.settings
    except NewsletterError:
        return None
    return found


def _show(tried: Tried) -> None:
    """Print the rule, the first three items and the last, and what is missing."""
    reading = tried.reading
    assert reading is not None  # noqa: S101 - a failure was raised before
    click.echo(f"Rule:    {_RULES.get(reading.rule, reading.rule)}")
    if reading.title:
        click.echo(f"Title:   {reading.title}")
    click.echo(f"Items:   {len(reading.items)}")
    for number, item in enumerate(reading.items[:3], 1):
        _show_item(number, item)
    if len(reading.items) > 4:
        click.echo("         ...")
    if len(reading.items) > 3:
        _show_item(len(reading.items), reading.items[-1])
    if missing := _missing(tried):
        click.echo(f"Missing: {missing}")
    for note in reading.notes:
        click.echo(f"Note:    {note}")


_RULES = {
    "rss": "rss (a feed)",
    "atom": "atom (a feed)",
    "jsonfeed": "jsonfeed (a feed)",
    "json-ld": "json-ld (structured data in the page)",
    "microdata": "microdata (structured data in the page)",
    "h-entry": "h-entry (structured data in the page)",
    "blocks": "blocks (repeated parts of the page)",
    "selectors": "selectors (those in newsletter.toml)",
    "text": "text (a page saved as plain text)",
    "markdown": "markdown (files with front matter)",
}


def _show_item(number: int, item: Item) -> None:
    day = item.date.isoformat() if item.date else "no date"
    click.echo(f"  {number:>4}.  {day:<10}  {item.title}")
    if item.link:
        click.echo(f"                     {item.link}")


def _missing(tried: Tried) -> str:
    counts = tried.missing
    words = (
        (counts.dates, "date"),
        (counts.links, "link"),
        (counts.summaries, "summary"),
        (counts.pictures, "picture"),
    )
    return ", ".join(f"{count} without {word}" for count, word in words if count)


def _show_check(tried: list[Tried]) -> None:
    for one in tried:
        if one.failure:
            click.echo(f"FAILED  {one.source.name}: {one.failure.reason}")
            continue
        reading = one.reading
        assert reading is not None  # noqa: S101 - it is one or the other
        newest = f", newest {one.newest}" if one.newest else ""
        word, count = "ok   " if reading.items else "EMPTY", len(reading.items)
        click.echo(f"{word}   {one.source.name}: {count} items ({reading.rule}){newest}")
        for note in reading.notes:
            click.echo(f"        {note}")
    if not tried:
        click.echo("No sources yet. Add one: newsletter sources add URL", err=True)


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise ConfirmationNeededError("nothing was written: nobody is there to ask")
    if not click.confirm(question, default=True, err=True):
        raise ConfirmationNeededError("nothing was written", hint="Run it again when you are sure.")
