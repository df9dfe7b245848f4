"""What is filled into one reader's message, beside the address and the Message-ID."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from newsletter.errors import MessageError
from newsletter.model import encoding
from newsletter.model.content import Edition
from newsletter.model.editions import archive_url
from newsletter.model.identity import Identity
from newsletter.model.public import SAMPLE_TOKEN, leave_address
from newsletter.model.written_sender import name_and_address


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
    office = _office(identity)
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


def _office(identity: Identity) -> str:
    """Return who reads the letters of those who leave; a contact may be a page instead."""
    written = (identity.contact, identity.reply_to, identity.mail_from)
    return next(filter(None, map(_address, written)), "")


def _address(written: str) -> str:
    """Return the bare address of `Name <address>`, its domain in ASCII; "" where there is none.

    Few programs follow a mailto: to a domain in other letters, and List-Id is ASCII.
    """
    if "://" in written:
        return ""
    try:
        return encoding.addr_spec(name_and_address(written)[1])
    except MessageError:
        return ""


def _mailto(address: str, subject: str) -> str:
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject)}"
