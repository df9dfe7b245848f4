"""A page saved by a browser: where it was saved from, and the page inside a web archive."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.sources.charsets import decode

if TYPE_CHECKING:
    from newsletter.sources.fetching import Fetched

#: What browsers write at the top: "saved from url=(0027)https://www.example.org/news/".
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S+?)\s*-->", re.I)
_CANONICAL = re.compile(
    r"""<(?:link[^<>]{0,300}\brel=["']?canonical\b[^<>]{0,300}\bhref=|meta[^<>]{0,300}\bproperty="""
    r"""["']?og:url\b[^<>]{0,300}\bcontent=)["']?(https?://[^\s"'<>]{1,1000})""",
    re.I,
)
_HEAD = 100_000
_ARCHIVE = re.compile(rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){1,30}", re.A)


def opened(fetched: Fetched) -> Fetched:
    """Return a saved page with the address it came from, taken out of its archive (MHTML).

    An address that staff gave is never replaced.
    """
    if b"multipart/related" in fetched.body[:4_000] and _ARCHIVE.match(fetched.body[:8_000]):
        fetched = _taken_out(fetched)
    if fetched.url:
        return fetched
    head = decode(fetched.body[:_HEAD], fetched.content_type)
    found = _SAVED_FROM.search(head) or _CANONICAL.search(head)
    return replace(fetched, url=found.group(1)) if found else fetched


def _taken_out(fetched: Fetched) -> Fetched:
    """Return the first page in an MHTML archive (RFC 2557); as it was where there is none."""
    message = email.message_from_bytes(fetched.body, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() != "text/html":
            continue
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            place = str(
                part.get("Content-Location") or message.get("Snapshot-Content-Location") or ""
            )
            url = fetched.url or (place if place.startswith(("http://", "https://")) else "")
            kind = f"text/html; charset={part.get_content_charset() or 'utf-8'}"
            return replace(fetched, url=url, body=body, content_type=kind)
    return fetched
