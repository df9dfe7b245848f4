"""Check the sender's domain in the DNS, and the settings of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import preflight
from newsletter import settings as settings_module
from newsletter.errors import SettingsError
from newsletter.model import encoding
from newsletter.model.written_sender import name_and_address
from newsletter.preflight import Finding

if TYPE_CHECKING:
    from newsletter.preflight.names import Dns
    from newsletter.preflight.proofs import Proof as Proof  # the faces show it
    from newsletter.workspace import Workspace


def check_domain(
    workspace: Workspace, *, selector: str = "", address: str = "", server: str = ""
) -> tuple[Proof, ...]:
    """Return what the DNS proves about the domain of MAIL_FROM, and what to publish.

    `selector` names the key that the mail server signs with, `address` the one it sends
    from, `server` the DNS server to ask ("127.0.0.1:5353").
    """
    from newsletter.delivery.signing import configured_signer
    from newsletter.preflight.names import NoAnswerError
    from newsletter.preflight.proofs import Sender
    from newsletter.preflight.reputation import examine

    settings = workspace.settings
    mail_from = name_and_address(settings.mail.sender)[1]
    if "@" not in mail_from:
        raise SettingsError("MAIL_FROM is not set", hint="Set MAIL_FROM in .env.")
    if address:
        _numbers(address, "--address")
    dkim = settings.dkim
    signer = configured_signer(dkim.domain, dkim.selector, dkim.key_file, workspace.root)
    return_path = name_and_address(settings.mail.return_path)[1]
    sender = Sender(
        # The DNS, and so the record to publish, has domains in ASCII only.
        mail_from=encoding.addr_spec(mail_from),
        return_path=encoding.addr_spec(return_path) if return_path else "",
        smtp_host=settings.smtp.host,
        outgoing_address=address,
        dkim_domain=signer.domain if signer else "",
        dkim_selector=signer.selector if signer else selector,
        dkim_record=signer.record() if signer else "",
    )
    try:
        names = _names(server)
    except NoAnswerError as error:
        raise SettingsError(str(error), hint="Check the network of this machine.") from error
    return examine(sender, names)


def _names(server: str) -> Dns:
    """Return the DNS of this machine, or the server written as ADDRESS or ADDRESS:PORT."""
    from newsletter.preflight.names import Dns

    if not server:
        return Dns()
    host, _, port = server.rpartition(":")
    if not host or ":" in host or not port.isdigit():
        host, port = server, "53"
    return Dns([_numbers(host, "--dns")], port=int(port))


def _numbers(written: str, option: str) -> str:
    try:
        return str(ip_address(written))
    except ValueError as error:
        raise SettingsError(
            f"{option} {written!r} is not an address in numbers",
            hint=f"Write it as {option} 192.0.2.25.",
        ) from error


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands; secrets are masked."""

    name: str
    value: str
    origin: str


def check_settings(workspace: Workspace) -> tuple[tuple[Setting, ...], tuple[Finding, ...]]:
    """Return every setting with where it comes from, and what is wrong with .env."""
    rows = settings_module.describe(workspace.settings)
    return tuple(Setting(*row) for row in rows), tuple(_env_findings(workspace.root / ".env"))


def _env_findings(path: Path) -> list[Finding]:
    try:
        mode, lines = path.stat().st_mode, path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    if mode & 0o077:
        found.append(
            preflight.warning(
                "env-mode",
                f"others on this machine can read the secrets (mode {mode & 0o777:04o})",
                where=".env",
                mend=f"Run `chmod 600 {path}`.",
            )
        )
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition("=")
        if " #" in value and not value.strip().startswith(("'", '"', "#")):
            found.append(
                preflight.warning(
                    "env-comment",
                    f"the value of {name.strip()!r} ends at ' #'; the rest counts as a comment",
                    where=f".env, line {number}",
                    mend="Put the value in single quotes if the # belongs to it.",
                )
            )
    return found
