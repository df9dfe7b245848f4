"""Who writes and when: the one way from settings to the headers, for preview and send alike."""

from __future__ import annotations

from datetime import datetime

from newsletter.model.identity import Identity
from newsletter.model.written_sender import name_and_address
from newsletter.rendering.headers import Addressing


def addressing_of(identity: Identity, issue: str, date: datetime) -> Addressing:
    """Return what the headers of an issue's messages say, the same for preview and send."""
    name, sender = name_and_address(identity.mail_from)
    _, reply_to = name_and_address(identity.reply_to)
    return Addressing(
        sender=sender or identity.mail_from,
        date=date,
        issue=issue,
        sender_name=name or identity.name,
        reply_to=reply_to,
        one_click=bool(identity.unsubscribe_url),
        help_url=identity.website,
        archive_url=identity.public_url,
    )
