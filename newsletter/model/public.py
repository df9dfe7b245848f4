"""The public page that readers leave by: its address, and how a person stands to it."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

from newsletter.errors import SettingsError

#: Stands for a token in previews and tests: the page answers it and changes nothing.
SAMPLE_TOKEN = "sample"  # noqa: S105 - anybody may know it
#: With a token behind it, it has to stand whole in one line of a header.
_LONGEST = 300


class Situation(StrEnum):
    """What the page has to say to who opens it."""

    #: Is on the list: one button to leave.
    LEAVE = "leave"
    LEFT = "left"
    #: Has left and asked for no mail at all, or cannot get any: only staff bring them back.
    AWAY = "away"
    BACK = "back"
    #: The link of a preview or a test.
    SAMPLE = "sample"
    BROKEN = "broken"
    BUSY = "busy"


class Way(StrEnum):
    """By which button a reader left; kept with the event."""

    #: The mail program's own (RFC 8058).
    ONE_CLICK = "left by one-click"
    #: The one on our page.
    PAGE = "left by the page"


def one_click_address(unsubscribe_url: str) -> str:
    """Return the address that messages may carry for RFC 8058; empty: they may carry none.

    Section 3.1 asks for https, and mail programs ignore anything else.
    """
    return unsubscribe_url if unsubscribe_url.lower().startswith("https://") else ""


def leave_address(unsubscribe_url: str, token: str) -> str:
    """Return the page by which the holder of this token leaves."""
    return f"{unsubscribe_url.rstrip('/')}/{token}"


def check_page_address(setting: str, url: str) -> None:
    """Refuse an address that no page can have; SettingsError names the setting."""
    if not url:
        return
    reason = _unusable(url)
    if reason:
        raise SettingsError(
            f"{setting!r} is {url!r}: {reason}",
            hint=f'Write {setting} = "https://news.example.org/unsubscribe/".',
        )


def _unusable(url: str) -> str:
    if not re.fullmatch(r"[!-~]+", url) or re.search(r"[<>\"'\\]", url):
        return "it may hold neither blanks nor brackets nor letters beyond ASCII"
    if len(url) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme.lower() in {"https", "http"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_whole = False
    if not is_whole:
        return "it is not a whole address of the web"
    if parts.query or parts.fragment or "?" in url or "#" in url or "@" in parts.netloc:
        return "the token is put at its end, so it may have no ?, # or @"
    return ""
