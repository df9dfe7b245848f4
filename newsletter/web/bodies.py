"""What a POST says: a small form, as browsers and mail providers send it."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from starlette.requests import Request

#: One-Click has 26 bytes; with the frame of multipart/form-data a few hundred.
MOST_BYTES = 8_000
#: A body this short arrives at once, or somebody holds the connection open on purpose.
SECONDS = 15.0
_MOST_FIELDS = 20


class TooLargeError(Exception):
    """The body is larger than any form of ours."""


async def read(request: Request) -> bytes:
    """Return the body; TooLargeError past the limit, TimeoutError when it dawdles."""
    body = b""
    async with asyncio.timeout(SECONDS):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise TooLargeError
    return body


def fields(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a form by their names in lower case; nothing of it is refused.

    RFC 8058 section 3.1 allows multipart/form-data and application/x-www-form-urlencoded;
    a body of another name is read as the latter, because some senders name none.
    """
    if content_type.lower().startswith("multipart/form-data"):
        pairs = _parts(content_type, body)
    else:
        text = body.decode("utf-8", "replace").strip()
        try:
            pairs = parse_qsl(text, max_num_fields=_MOST_FIELDS)
        except ValueError:
            pairs = []
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _parts(content_type: str, body: bytes) -> list[tuple[str, str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parts = message_from_bytes(head + body).get_payload()
    found = []
    for part in parts[:_MOST_FIELDS] if isinstance(parts, list) else ():
        assert isinstance(part, Message)  # noqa: S101 - what a list of payloads holds
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            found.append((name, value.decode("utf-8", "replace")))
    return found
