"""The host that takes the mail of a domain, as the DNS told it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MailHost:
    """Who takes the mail of a domain."""

    #: In lower case, without a dot at its end; empty: nobody, or it is not known.
    name: str
    #: When the DNS was asked.
    asked: datetime
    #: False: there was no answer, and the name is what was known before.
    is_answer: bool = True
