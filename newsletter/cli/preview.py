"""The command that shows an issue before it is sent."""

from __future__ import annotations

import json

import click

from newsletter import workspace
from newsletter.workflow import preview as verb


@click.command()
@click.argument("issue", help="The issue, for example 2016-05.")
@click.option("--language", "languages", multiple=True, help="Only this language; may be repeated.")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def preview(
    named: str | None, issue: str, languages: tuple[str, ...], open_page: bool, as_json: bool
) -> None:
    """Show an issue as readers will get it: phone, desktop, dark, without pictures, as text.

    Writes issues/ISSUE/out/ with each edition as HTML, text and the very message.

    Example: newsletter preview 2016-05 --open
    """
    done = verb.preview(workspace.find(named), issue, languages=languages)
    for note in done.notes:
        click.echo(f"Note: {note}", err=True)
    if as_json:
        click.echo(json.dumps(_as_json(done), indent=2, ensure_ascii=False))
    else:
        for one in done.editions:
            click.echo(f"{one.key:10} {one.html_bytes / 1000:6.1f} KB  {one.subject}")
        click.echo(f"Preview: {done.page}")
    if open_page:
        click.launch(done.page.as_uri())


def _as_json(done: verb.Previewed) -> dict[str, object]:
    return {
        "version": 1,
        "issue": done.issue,
        "page": str(done.page),
        "editions": [
            {
                "edition": one.key,
                "subject": one.subject,
                "html_bytes": one.html_bytes,
                "text_bytes": one.text_bytes,
                "message_bytes": one.message_bytes,
                "picture_bytes": one.picture_bytes,
                "fetched_bytes": one.fetched_bytes,
            }
            for one in done.editions
        ],
        "notes": list(done.notes),
    }
