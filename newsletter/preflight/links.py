"""The links: empty, relative, dead, private, tracking, or not what they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import Page, shortened, text_of

_TRACKING = re.compile(
    r"(?i)^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|yclid|igshid|_hsenc|_hsmi)$"
)
_SHORTENERS = frozenset(
    ("bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "rebrand.ly")
)
_PRIVATE_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test", ".invalid")
_SHOWN_ADDRESS = re.compile(r"^(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$", re.IGNORECASE)
#: What servers answer to machines while people see the page: no proof of a dead link.
_GUARDED = frozenset({401, 403, 405, 406, 418, 429, 451, 503, 999})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a link answered when it was tried."""

    #: HTTP status; 0 where there was no answer.
    status: int
    #: Where redirects led; empty: nowhere else.
    final_url: str = ""
    #: Why there was no answer, in words.
    reason: str = ""


def targets(candidate: Candidate) -> Iterator[Finding]:
    """Find links that lead nowhere or that only work for the person who wrote them."""
    for page in candidate.pages:
        seen: set[tuple[str, str]] = set()
        for link in page.body.iter("a"):
            if link.get("name") and "href" not in link.attrib:
                continue
            target, says = (link.get("href") or "").strip(), text_of(link)
            if (target, says) in seen:
                continue
            seen.add((target, says))
            where = f"{page.where}, link {shortened(says or target)!r}"
            yield from _target(target, where)
            if not says and link not in page.hidden:
                yield error(
                    "link-empty",
                    f"the link to {shortened(target)!r} has no words",
                    where=where,
                    mend="Give the item a title, or its picture an alternative text.",
                )


def _target(target: str, where: str) -> Iterator[Finding]:
    if target.startswith(tuple(MARKERS.values())):
        return
    if not target or target == "#":
        yield error("link-empty", "the link goes nowhere", where=where, mend=_WRITE)
    elif target.startswith("#"):
        yield warning(
            "link-anchor",
            f"{target!r} leads to a place in the mail; many programs do not jump there",
            where=where,
            mend="Leave the link out, or link to a page.",
        )
    elif problem := _problem(target):
        yield error(problem[0], problem[1], where=where, mend=_WRITE)


def _problem(target: str) -> tuple[str, str] | None:
    """Return the check and what is wrong with the form of a target."""
    shown = repr(shortened(target))
    try:
        parts = urlsplit(target)
        host, scheme = parts.hostname or "", parts.scheme.lower()
    except ValueError:
        return "link-broken", f"{shown} is no address"
    if scheme in {"mailto", "tel", "webcal"}:
        return None
    if not scheme:
        return "link-relative", f"{shown} is not a whole address and leads nowhere from a mail"
    if scheme not in {"http", "https"}:
        return "link-scheme", f"{shown} is not a link of the web"
    if is_private(host):
        return "link-private", f"{host!r} works from inside only"
    return None


_WRITE = "Write the item's whole address, https://…, in issue.toml."


def is_private(host: str) -> bool:
    """Say whether a host is this machine or one of a private network."""
    if not host or ("." not in host and ":" not in host):
        return True
    if f".{host}".endswith(_PRIVATE_NAMES):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def honesty(candidate: Candidate) -> Iterator[Finding]:
    """Find links that track, hide behind shorteners or show another address than they have."""
    for page in candidate.pages:
        tracked: set[str] = set()
        for link in page.body.iter("a"):
            target = link.get("href") or ""
            if not target.lower().startswith(("http://", "https://")):
                continue
            try:
                parts = urlsplit(target)
            except ValueError:
                continue
            tracked |= {name for name, _ in parse_qsl(parts.query) if _TRACKING.match(name)}
            yield from _disguise(page, link, parts.hostname or "")
        if tracked:
            yield warning(
                "link-tracking",
                f"links carry {', '.join(sorted(tracked))}, which follow the reader",
                where=page.where,
                mend="Take everything from the '?' on out of those links.",
            )


def _disguise(page: Page, link: HtmlElement, host: str) -> Iterator[Finding]:
    says = text_of(link)
    where = f"{page.where}, link {shortened(says)!r}"
    if host in _SHORTENERS:
        yield warning(
            "link-shortener",
            f"{host!r} hides where the link goes; spam filters dislike it",
            where=where,
            mend="Write the address it leads to.",
        )
    shown = _SHOWN_ADDRESS.match(says)
    if shown and _bare(shown[1]) != _bare(host):
        yield warning(
            "link-disguised",
            f"the link shows {shown[1]!r} and goes to {host!r}, as in phishing",
            where=where,
            mend="Show words, or the address it goes to.",
        )


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def unencrypted_pictures(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures that cannot be loaded: no whole address, or not by https."""
    for page in candidate.pages:
        for picture in page.pictures():
            source = picture.get("src") or ""
            if source.lower().startswith(("https://", "cid:", "data:image/")):
                continue
            where = f"{page.where}, picture {shortened(picture.get('alt') or source)!r}"
            if source.lower().startswith("http://"):
                yield warning(
                    "picture-plain",
                    f"{shortened(source)!r} is not https; several mail programs do not load it",
                    where=where,
                    mend="Use the https:// address of the picture.",
                )
            else:
                yield error(
                    "picture-source",
                    f"{shortened(source)!r} is no address a reader's mail program can load",
                    where=where,
                    mend="Set public_url, embed the picture, or write its https:// address.",
                )


def web_links(candidate: Candidate) -> tuple[str, ...]:
    """Return every http(s) link and picture of all editions, once, in order."""
    found: dict[str, None] = {}
    for page in candidate.pages:
        for element in page.elements:
            target = element.get("href" if element.tag == "a" else "src") or ""
            personal = any(marker in target for marker in MARKERS.values())
            is_web = target.lower().startswith(("http://", "https://"))
            if element.tag in {"a", "img"} and is_web and not personal:
                found[target.partition("#")[0]] = None
    return tuple(found)


def answering(ask: Callable[[Sequence[str]], Sequence[Answer]]) -> Check:
    """Return the check that tries every link by `ask`, which must be polite and guarded."""

    def check(candidate: Candidate) -> Iterator[Finding]:
        links = web_links(candidate)
        for link, answer in zip(links, ask(links), strict=True):
            yield from judged(link, answer)

    return check


def judged(link: str, answer: Answer) -> Iterator[Finding]:
    """Find what an answer says against its link."""
    where, status = f"link {shortened(link, 90)!r}", answer.status
    if status in {404, 410} or (400 <= status < 500 and status not in _GUARDED):
        yield error(
            "link-dead",
            f"the page answers {status}",
            where=where,
            mend="Open it in a browser; correct or remove the link.",
        )
    elif status == 0 or status >= 400:
        reason = answer.reason or f"it answers {status}"
        yield warning(
            "link-unsure",
            f"the page could not be checked: {reason}",
            where=where,
            mend="Open it in a browser to be sure.",
        )
    elif answer.final_url and _bare(urlsplit(answer.final_url).hostname or "") != _bare(
        urlsplit(link).hostname or ""
    ):
        yield warning(
            "link-redirect",
            f"the link leads on to {shortened(answer.final_url, 90)!r}",
            where=where,
            mend="Write the address it leads to.",
        )


CHECKS: tuple[Check, ...] = (targets, honesty, unencrypted_pictures)
