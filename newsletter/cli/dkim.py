"""The commands about signing: a new key, and the record of the one in use."""

from __future__ import annotations

import json

import click

from newsletter import workspace
from newsletter.workflow import dkim as verb


@click.group()
def dkim() -> None:
    """Sign messages yourself, where the mail server does not sign them.

    Example: newsletter dkim new --domain example.org
    """


@dkim.command()
@click.option("--domain", default="", help="The signing domain; default: the one of MAIL_FROM.")
@click.option("--selector", default="newsletter", show_default=True, help="The key's name.")
@click.option("--ed25519", is_flag=True, help="A small, quick key; not every receiver checks it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def new(named: str | None, domain: str, selector: str, ed25519: bool, as_json: bool) -> None:
    """Make a key and print the DNS record to publish.

    Example: newsletter dkim new --domain example.org --selector news2026
    """
    place = workspace.find(named)
    _show(verb.new_key(place, domain=domain, selector=selector, ed25519=ed25519), as_json)
    if not as_json:
        click.echo(
            "\nPublish the record first, then add the lines to newsletter.toml and run "
            "`newsletter check --domain`.",
            err=True,
        )


@dkim.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(named: str | None, as_json: bool) -> None:
    """Print the DNS record of the key in use.

    Example: newsletter dkim show
    """
    _show(verb.configured_key(workspace.find(named)), as_json)


def _show(key: verb.PublishedKey, as_json: bool) -> None:
    if as_json:
        shown = {
            "domain": key.domain,
            "selector": key.selector,
            "key_file": key.key_file,
            "record_name": key.record_name,
            "record": key.record,
        }
        click.echo(json.dumps(shown, indent=2))
        return
    click.echo(f"Key:     {key.key_file}")
    click.echo(f"Name:    {key.record_name}")
    click.echo("Type:    TXT")
    click.echo(f"Content: {key.record}")
    click.echo(f"\nFor a zone file:\n{key.zone_line}")
    click.echo(f"\nFor newsletter.toml:\n{key.settings}")
