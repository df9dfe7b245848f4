"""The gate before sending, on the terminal: findings, the domain's proofs, the settings."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter import workspace as workspaces
from newsletter.errors import PreflightError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from newsletter.workflow.check import Checked, Finding
    from newsletter.workflow.sender_domain import Proof
    from newsletter.workspace import Workspace

_COLOURS = {"error": "red", "warning": "yellow", "good": "green"}


@click.command()
@click.argument("issue", required=False)
@click.option("--links", is_flag=True, help="Also try every link, politely.")
@click.option("--spam", is_flag=True, help="Ask the spam filter here about every edition.")
@click.option("--domain", is_flag=True, help="Prove SPF, DKIM, DMARC, MX and PTR of MAIL_FROM.")
@click.option("--selector", default="", help="With --domain: the key your mail server signs with.")
@click.option("--address", default="", help="With --domain: the address your mail server has.")
@click.option("--dns", default="", metavar="HOST", help="With --domain: ask this DNS server.")
@click.option("--settings", is_flag=True, help="Show every setting and where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_obj
def check(named: str | None, /, issue: str | None, as_json: bool, **options: str | bool) -> None:
    """Find what is wrong before readers do.

    Errors stop `newsletter send` (exit 3); warnings inform. To waive a warning, write its
    name with who and why under [waivers] in issue.toml.

    Example: newsletter check 2016-05 --links

    Example: newsletter check --domain

    Example: newsletter check --settings
    """
    if not (issue or options["domain"] or options["settings"]):
        raise click.UsageError("Name an issue, or add --domain or --settings.")
    if as_json and sum(map(bool, (issue, options["domain"], options["settings"]))) > 1:
        raise click.UsageError("With --json, ask for one thing at a time.")
    place = workspaces.find(named)
    if options["settings"]:
        _settings(place, as_json)
    is_good = True
    if options["domain"]:
        is_good = _domain(
            place, (str(options["selector"]), str(options["address"]), str(options["dns"])), as_json
        )
    if issue:
        wanted = {name: bool(options[name]) for name in ("links", "spam")}
        is_good = _issue(place, issue, wanted, as_json) and is_good
    if not is_good:
        click.get_current_context().exit(PreflightError.exit_code)


def _issue(place: Workspace, issue: str, wanted: dict[str, bool], as_json: bool) -> bool:
    from newsletter.workflow.check import check_issue

    if wanted["links"]:
        click.echo("Trying every link ...", err=True)
    checked = check_issue(place, issue, links=wanted["links"], spam=wanted["spam"])
    if as_json:
        click.echo(json.dumps(checked.as_json(), indent=2, ensure_ascii=False))
    else:
        _show_findings(checked.findings)
        _show_costs(checked)
        click.echo(_summary(checked))
    return checked.may_be_sent


def _show_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        word = "waived" if finding.waived else str(finding.severity)
        click.echo(f"{click.style(word, fg=_COLOURS.get(word))} {finding.check}: {finding.message}")
        for name, text in (
            ("where", finding.where),
            ("mend", "" if finding.waived else finding.mend),
            ("by", finding.waived),
        ):
            if text:
                click.echo(f"  {name + ':':6} {text}")


def _show_costs(checked: Checked) -> None:
    click.echo()
    for one in checked.costs:
        html, text = one.html_bytes / 1000, one.text_bytes / 1000
        pictures = f", pictures {one.picture_bytes / 1000:.1f} KB" if one.picture_bytes else ""
        slow = f", {one.slow_seconds:.0f} s at 64 kbit/s" if one.message_bytes else ""
        click.echo(f"{one.edition}: HTML {html:.1f} KB, text {text:.1f} KB{pictures}{slow}")
    for key, score in checked.scores:
        click.echo(f"{key}: {score.program} gives {score.points:g} points of {score.line:g}")


def _summary(checked: Checked) -> str:
    waived = sum(1 for one in checked.findings if one.waived)
    errors = sum(1 for one in checked.findings if one.severity == "error")
    warnings = len(checked.findings) - errors - waived
    verdict = "may be sent" if checked.may_be_sent else "must not be sent yet"
    return (
        f"Issue {checked.issue!r} {verdict}: {_count(errors, 'error')}, "
        f"{_count(warnings, 'warning')}" + (f", {waived} waived" if waived else "") + "."
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _domain(place: Workspace, options: tuple[str, str, str], as_json: bool) -> bool:
    from newsletter.workflow.sender_domain import check_domain

    selector, address, server = options
    click.echo("Asking the DNS ...", err=True)
    proofs = check_domain(place, selector=selector, address=address, server=server)
    if as_json:
        click.echo(json.dumps({"version": 1, "proofs": [asdict(one) for one in proofs]}, indent=2))
    else:
        _show_proofs(proofs)
    return not any(one.verdict == "error" for one in proofs)


def _show_proofs(proofs: Sequence[Proof]) -> None:
    for one in proofs:
        word = click.style(str(one.verdict), fg=_COLOURS.get(str(one.verdict)))
        click.echo(f"{word} {one.check}: {one.says}")
        if one.record:
            click.echo(f"  publish: {one.record}")


def _settings(place: Workspace, as_json: bool) -> None:
    from newsletter.workflow.sender_domain import check_settings

    rows, findings = check_settings(place)
    if as_json:
        shown = {
            "version": 1,
            "settings": [asdict(one) for one in rows],
            "findings": [asdict(one) for one in findings],
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    width = max(len(one.name) for one in rows)
    for one in rows:
        click.echo(f"{one.name:{width}}  {one.value or '-'}  ({one.origin})")
    _show_findings(findings)
