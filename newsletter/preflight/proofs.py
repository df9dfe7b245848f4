"""What is proven about a sender's domain, and who the sender is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a proof came to."""

    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing about the sender's domain: proven, doubtful or wrong, and what to publish."""

    check: str
    verdict: Verdict
    says: str
    #: The exact DNS record that mends it: "name TXT content".
    record: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as the settings say."""

    #: Address in From.
    mail_from: str
    #: Address of the envelope; empty: the one in From.
    return_path: str = ""
    smtp_host: str = ""
    #: The address the world sees our server send from; empty: those of `smtp_host`.
    outgoing_address: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    #: The record of the key that we sign with; empty: the mail server signs.
    dkim_record: str = ""

    @property
    def domain(self) -> str:
        """Return the domain that readers see."""
        return self.mail_from.rpartition("@")[2].lower()

    @property
    def envelope_domain(self) -> str:
        """Return the domain that SPF is asked about."""
        return (self.return_path or self.mail_from).rpartition("@")[2].lower()

    @property
    def signing_domain(self) -> str:
        """Return the domain whose key signs; the one in From where nothing else is said."""
        return self.dkim_domain or self.domain
