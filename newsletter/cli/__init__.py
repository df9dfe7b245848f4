"""Face 1: arguments in, text out. The group, and errors turned into exit codes."""

from __future__ import annotations

import errno
import importlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from newsletter import __version__
from newsletter.errors import FileWriteError, NewsletterError

#: Signal -> exit code, as shells have it: 128 and the number.
INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}
#: What a disk or a folder says that a person can mend.
_DISK = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EISDIR,
    }
)

#: Command -> (module of newsletter.cli, attribute, one line of help). A module is
#: imported only when its command runs, so that `--help` stays quick.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo", "demo", "Run the main job on an example, mail server included."),
    "init": ("init", "init", "Make a workspace: settings, secrets, folders."),
    "sources": ("sources", "sources", "Try, add, check and list the sources of news."),
    "collect": ("issues", "collect", "Collect the news of a period into its issue."),
    "issues": ("issues", "issues", "List the issues with their state."),
    "pictures": ("pictures", "pictures", "Fetch an issue's pictures and list their weights."),
    "preview": ("preview", "preview", "Show an issue as its readers will get it."),
    "check": ("check", "check", "Find what is wrong before readers do."),
    "translations": ("translations", "translations", "Show, hand out and take back translations."),
    "subscribers": ("people", "subscribers", "Import, export, add, remove, show subscribers."),
    "lists": ("lists", "lists", "Show the lists, who is on them, and set their edition."),
    "send": ("mailings", "send", "Send an issue: to named addresses, or to a list."),
    "status": ("deliveries", "status", "Show each mailing and how its books stand."),
    "pause": ("orders", "pause", "Let a mailing rest."),
    "resume": ("mailings", "resume", "Go on with a mailing; nobody gets it twice."),
    "cancel": ("orders", "cancel", "Call a mailing off for good."),
    "run": ("mailings", "run", "Send what is due, whenever it is due."),
    "deliveries": ("deliveries", "deliveries", "List every recipient with state and reason."),
    "report": ("deliveries", "report", "Explain a mailing: by state, reason, edition, domain."),
    "unknown": ("deliveries", "unknown", "List whose answer was lost, and decide."),
    "reconcile": ("deliveries", "reconcile", "Settle lost answers by the server's log."),
    "retry": ("mailings", "retry", "Send again to those to whom it came to nothing."),
    "theme": ("theme", "theme", "Show the themes, or copy one to change it."),
    "archive": ("archive", "archive", "Write the web pages of an issue, to be copied to a site."),
    "serve": ("serve", "serve", "Answer readers who leave by the link in their mail."),
    "dkim": ("dkim", "dkim", "Make a key to sign messages with, and its DNS record."),
    "completion": ("completion", "completion", "Let the shell finish commands and options."),
}


class _TerminatedError(KeyboardInterrupt):
    """The process is asked to end (SIGTERM), which it does as after Ctrl-C."""


class Faces(click.Group):
    """Show our own errors as one line and a hint; let real bugs show a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command, importing its module only now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"newsletter.cli.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - our own table
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; a misspelt one is told the nearest."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the commands with their one line, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an expected error becomes one line, a hint and its exit code."""
        try:
            with _ended_by_signals():
                return super().invoke(ctx)
        except NewsletterError as error:
            _complain(ctx, error)
        except OSError as error:
            if error.errno not in _DISK:
                raise
            place = error.filename or "a file"
            _complain(ctx, FileWriteError(f"cannot read or write {str(place)!r}: {error.strerror}"))
        except (KeyboardInterrupt, click.Abort) as end:
            click.echo("Interrupted.", err=True)
            is_asked = isinstance(end, _TerminatedError)
            ctx.exit(INTERRUPTED[signal.SIGTERM if is_asked else signal.SIGINT])


def _complain(ctx: click.Context, error: NewsletterError) -> NoReturn:
    click.echo(f"Error: {error}", err=True)
    if error.hint:
        click.echo(f"Hint: {error.hint}", err=True)
    ctx.exit(error.exit_code)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: what is being written is finished or undone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError


@click.group(cls=Faces, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", metavar="DIR", help="The workspace; default: found from here upwards.")
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def main(ctx: click.Context, workspace: str | None) -> None:
    """Make and send a newsletter: collect, edit, preview, check, send, report.

    Example: newsletter init my-newsletter
    """
    # Only now, because --help needs no settings: they cost a third of its time.
    from newsletter.settings import no_color_wanted

    ctx.obj = workspace
    ctx.color = False if no_color_wanted() else None
