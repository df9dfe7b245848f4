"""Completion: let the shell finish commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_WHERE = {
    "bash": 'eval "$(newsletter completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(newsletter completion zsh)"   in ~/.zshrc',
    "fish": "newsletter completion fish > ~/.config/fish/completions/newsletter.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(sorted(_WHERE)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL finish commands and options with the Tab key.

    Example: eval "$(newsletter completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - one of the three that click has
    group = ctx.find_root().command
    click.echo(kind(group, {}, "newsletter", "_NEWSLETTER_COMPLETE").source())
    click.echo(f"To keep it: {_WHERE[shell]}", err=True)
