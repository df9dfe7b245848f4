"""The command that answers readers who leave."""

from __future__ import annotations

import click

from newsletter import workspace as workspaces


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen at this address.")
@click.option(
    "--port",
    default=8058,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Listen at this port; 0: any that is free.",
)
@click.pass_obj
def serve(named: str | None, host: str, port: int) -> None:
    """Answer readers who leave the list by the link in their mail.

    It runs until it is told to end, behind your web server, which adds HTTPS. Opening a
    link changes nothing; the button on the page, or that of the mail program, does.
    Needs: pip install 'newsletter-press[web]'

    Example: newsletter serve

    Example: newsletter serve --host 0.0.0.0 --port 8080
    """
    from newsletter.web.serving import serve as run

    place = workspaces.find(named)
    identity = place.settings.identity

    def listening(host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Listening on http://{shown}:{port}/ until Ctrl-C.", err=True)
        if identity.unsubscribe_url:
            click.echo(f"Messages lead to {identity.unsubscribe_url}", err=True)
        else:
            click.echo(
                "No message leads here yet: set unsubscribe_url in newsletter.toml, with https.",
                err=True,
            )

    run(place, host, port, listening=listening)
