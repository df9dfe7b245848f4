"""Who sends a newsletter, as every edition says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends: what every edition says of the organisation and the newsletter."""

    name: str
    organisation: str = ""
    postal_address: str = ""
    contact: str = ""
    website: str = ""
    #: Where the archive is; empty: there is none.
    public_url: str = ""
    #: The https page by which readers leave with one click; empty: they leave by mail.
    unsubscribe_url: str = ""
    mail_from: str = ""
    reply_to: str = ""
    time_zone: str = "UTC"
