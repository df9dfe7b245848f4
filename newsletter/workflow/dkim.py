"""Make a DKIM key for the newsletter, and say what to publish in the DNS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import FileWriteError, SigningError
from newsletter.model import encoding
from newsletter.model.written_sender import name_and_address

if TYPE_CHECKING:
    from newsletter.delivery.signing import Signer
    from newsletter.workspace import Workspace

KEYS_FOLDER = "dkim"
#: A TXT record is made of strings of at most 255 bytes (RFC 1035 section 3.3.14).
_STRING_BYTES = 255


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key's file and the record that makes it known."""

    domain: str
    selector: str
    #: As newsletter.toml names it.
    key_file: str
    record_name: str
    record: str

    @property
    def zone_line(self) -> str:
        """Return the record as a line of a zone file, cut into strings a server takes."""
        parts = [
            f'"{self.record[start : start + _STRING_BYTES]}"'
            for start in range(0, len(self.record), _STRING_BYTES)
        ]
        return f"{self.record_name}. IN TXT ( {' '.join(parts)} )"

    @property
    def settings(self) -> str:
        """Return the lines for newsletter.toml that turn signing on."""
        return (
            f'[dkim]\ndomain = "{self.domain}"\nselector = "{self.selector}"\n'
            f'key_file = "{self.key_file}"'
        )


def new_key(
    workspace: Workspace, *, domain: str = "", selector: str = "newsletter", ed25519: bool = False
) -> PublishedKey:
    """Write a new private key, readable by its owner alone, and return its record.

    Without `domain`, the domain of MAIL_FROM. Raises SigningError where there is a key of
    that name already: its record may be published.
    """
    from newsletter.delivery import signing

    _, sender = name_and_address(workspace.settings.mail.sender)
    chosen = (domain or sender.rpartition("@")[2]).strip().lower()
    if not chosen:
        raise SigningError(
            "which domain shall the key be for?",
            hint="Add --domain example.org, or set MAIL_FROM in .env.",
        )
    if not chosen.isascii():
        chosen = encoding.addr_spec(f"news@{chosen}").rpartition("@")[2]
    signing.check_names(chosen, selector)
    algorithm = signing.Algorithm.ED25519 if ed25519 else signing.Algorithm.RSA
    name = f"{KEYS_FOLDER}/{chosen}.{selector.lower()}.pem"
    path = workspace.root / name
    _write_secret(path, signing.new_key(algorithm))
    return _published(signing.load_signer(chosen, selector, path), name)


def configured_key(workspace: Workspace) -> PublishedKey:
    """Return the key that newsletter.toml names; SigningError where it names none."""
    from newsletter.delivery.signing import configured_signer

    chosen = workspace.settings.dkim
    signer = configured_signer(chosen.domain, chosen.selector, chosen.key_file, workspace.root)
    if signer is None:
        raise SigningError("newsletter.toml sets no [dkim] key")
    return _published(signer, workspace.settings.dkim.key_file)


def _published(signer: Signer, key_file: str) -> PublishedKey:
    name = f"{signer.selector}._domainkey.{signer.domain}"
    return PublishedKey(signer.domain, signer.selector, key_file, name, signer.record())


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file that exists with mode 0600 from its first byte, beside an ignore rule."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Private keys stay on this machine.\n*\n", encoding="utf-8")
        with open(path, "xb", opener=_private) as file:
            file.write(content)
    except FileExistsError as error:
        raise SigningError(
            f"there is a key {str(path)!r} already",
            hint="Choose another --selector: the old record may still be needed.",
        ) from error
    except OSError as error:
        path.unlink(missing_ok=True)
        raise FileWriteError(f"cannot write {str(path)!r}: {error.strerror}") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
