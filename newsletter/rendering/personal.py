"""What is filled into one reader's message, beside the address and the Message-ID."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from newsletter.model.content import Edition, Identity
from newsletter.model.editions import archive_url
from newsletter.model.public import SAMPLE_TOKEN, leave_address


@dataclass(frozen=True, slots=True)
class ListName:
    """The list a reader gets the issue by."""

    key: str
    title: str


def personal_values(
    name: str,
    mailing_list: ListName,
    edition: Edition,
    identity: Identity,
    *,
    slug: str,
    token: str = "",
) -> dict[str, str]:
    """Return the values of every personal place, frozen with the mailing.

    Leaving goes by the page where there is one, and always by mail to whoever reads the
    answers. The token says who may leave what. Without one (a preview, a test to named
    addresses) the page is that of a sample, and the mail names the list.
    """
    office = _address(identity.contact or identity.reply_to or identity.mail_from)
    leave = _mailto(office, f"unsubscribe {token or mailing_list.key}")
    page = identity.unsubscribe_url
    domain = _address(identity.mail_from).rpartition("@")[2]
    view = archive_url(identity.public_url, slug, edition) if identity.public_url else ""
    return {
        "name": name,
        "list": mailing_list.title or mailing_list.key,
        "list_id": f"{mailing_list.key}.{domain}",
        "unsubscribe_url": leave_address(page, token or SAMPLE_TOKEN) if page else leave,
        "unsubscribe_mailto": leave,
        "preferences_url": _mailto(office, f"preferences {mailing_list.key}"),
        "view_url": view,
    }


def _address(written: str) -> str:
    """Return the bare address of `Name <address>`."""
    return written.rpartition("<")[2].rstrip("> ").strip()


def _mailto(address: str, subject: str) -> str:
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject)}"
