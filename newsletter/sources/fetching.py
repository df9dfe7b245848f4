"""Polite, guarded HTTP: deadline, size cap, ETag, snapshots, no way into private networks."""

from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from newsletter.errors import SourceUnreachableError
from newsletter.sources.bodies import BodyError, read_body
from newsletter.sources.robots import CLOSED, OPEN, Robots, parse_robots
from newsletter.sources.robots import MAX_BYTES as ROBOTS_BYTES

if TYPE_CHECKING:
    import requests
    from requests.cookies import RequestsCookieJar

    from newsletter.sources.http_cache import HttpCache

#: A feed with ten years of full texts has 5 MB.
FEED_BYTES = 10_000_000
#: A listing page has 50 to 500 KB.
PAGE_BYTES = 2_000_000
ANY_PAGE_OR_FEED = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, "
    "application/feed+json, application/xml;q=0.9, */*;q=0.8"
)
FEEDS = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.5"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: 203 is 200 through a transforming proxy (RFC 9110, 15.3.4).
_GOOD = frozenset({200, 203})
_DIFFERENT_HINT = (
    "Open the address in a browser and, if it is the one you mean, put the address you end at into "
    "newsletter.toml."
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: the address it finally came from, and its bytes."""

    url: str
    status: int
    content_type: str
    body: bytes
    fetched_at: datetime
    #: True: the server said that nothing has changed since an earlier run.
    from_cache: bool = False


class Fetches(Protocol):
    """What reads addresses: the network, or a snapshot of it."""

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,
        accept: str = ANY_PAGE_OR_FEED,
        max_bytes: int = FEED_BYTES,
        whole: bool = True,
    ) -> Fetched:
        """Return the answer of an address; raises SourceUnreachableError with the reason."""
        ...

    def may_read(self, url: str) -> bool:
        """Say whether the site's robots.txt lets us read an address that content named."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how far to follow."""

    total_seconds: float = 30.0
    connect_seconds: float = 10.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one call of `fetch` asks for."""

    url: str
    accept: str
    max_bytes: int
    whole: bool
    #: Cookies set on the way: some sites redirect until they come back. Never kept longer.
    cookies: RequestsCookieJar | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    kept: bool = False


def user_agent(version: str, contact: str = "") -> str:
    """Return our honest name, with an address where a site's owner can ask about us."""
    return f"newsletter-press/{version}" + (f" (+{contact})" if contact else "")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Fetcher:
    """Reads the web politely: one request at a time for each host, never longer than told.

    Hosts that staff typed may be private (an intranet). Hosts that a redirect, a feed or
    a page names may not: the address that is really connected to decides. May be shared
    by threads.
    """

    def __init__(
        self,
        *,
        agent: str,
        typed: Iterable[str] = (),
        cache: HttpCache | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._agent = agent
        self._cache = cache
        self._limits = limits or Limits()
        self._now = now
        self._typed: set[tuple[str, int]] = set()
        self._hosts: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        #: Host -> not to be asked again before, and the status it said so with.
        self._resting: dict[str, tuple[datetime, int]] = {}
        self._robots: dict[tuple[str, int], Robots] = {}
        for url in typed:
            self._trust(url)

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,
        accept: str = ANY_PAGE_OR_FEED,
        max_bytes: int = FEED_BYTES,
        whole: bool = True,
    ) -> Fetched:
        """Return the answer of an address, after at most five redirects.

        `whole=False` cuts a longer answer at `max_bytes` instead of refusing it.
        Raises SourceUnreachableError with the reason in plain words.
        """
        if typed_by_staff:
            self._trust(url)
        from requests.cookies import RequestsCookieJar

        wish = _Wish(url, accept, max_bytes, whole, RequestsCookieJar())
        final, answer = self._follow(wish)
        return self._accepted(final, answer, wish)

    def _follow(self, wish: _Wish) -> tuple[str, _Answer]:
        """Return the answer at the end of the redirects, and its address."""
        ends_at = time.monotonic() + self._limits.total_seconds
        current = _prepared(wish.url, wish.url)
        for _ in range(self._limits.redirects + 1):
            answer = self._ask(current, wish, ends_at)
            location = answer.headers.get("Location", "")
            if answer.status not in _REDIRECTS or not location:
                return current, answer
            current = _prepared(urljoin(current, _utf8(location)), wish.url)
        raise _failure(wish.url, f"it redirects more than {self._limits.redirects} times")

    def may_read(self, url: str) -> bool:
        """Say whether the site's robots.txt lets us read an address that content named."""
        from newsletter.sources.guard import authority

        try:
            url = _prepared(url, url)
            site = authority(url)
        except SourceUnreachableError:
            return False
        with self._lock:
            known = self._robots.get(site)
        if known is None:
            known = self._read_robots(url)
            with self._lock:
                self._robots[site] = known
        return known.allows(url)

    def _read_robots(self, url: str) -> Robots:
        try:
            place = urljoin(url, "/robots.txt")
            _, answer = self._follow(_Wish(place, "text/plain", ROBOTS_BYTES, whole=False))
        except SourceUnreachableError:
            return CLOSED
        if answer.status >= 500 or answer.status == 429:
            return CLOSED
        if answer.status != 200:
            return OPEN
        text = answer.body.decode("utf-8", errors="replace")
        return parse_robots(text, self._agent.partition("/")[0])

    def _trust(self, url: str) -> None:
        from newsletter.sources.guard import authority

        host, port = authority(_prepared(url, url))
        with self._lock:
            self._typed.add((host, port))
            if port in {80, 443}:
                # http://intranet/ that redirects to https://intranet/ is the same host.
                self._typed |= {(host, 80), (host, 443)}

    def _may_be_private(self, url: str) -> bool:
        from newsletter.sources.guard import authority

        with self._lock:
            return authority(url) in self._typed

    def _ask(self, url: str, wish: _Wish, ends_at: float) -> _Answer:
        """Return one answer of one host, redirects not followed."""
        host = urlsplit(url).hostname or ""
        with self._lock_of(host):
            self._respect_rest(host, wish)
            answer = self._exchange(url, wish, ends_at - time.monotonic())
        self._take_rest(host, answer)
        return answer

    def _exchange(self, url: str, wish: _Wish, seconds: float) -> _Answer:
        import requests
        import urllib3.exceptions

        from newsletter.sources.guard import Watch, is_loopback, session
        from newsletter.sources.reasons import of_error

        limits = self._limits
        watch = Watch(seconds)
        try:
            with watch, session(watch, may_be_private=self._may_be_private(url)) as guarded:
                if wish.cookies is not None:
                    guarded.cookies = wish.cookies
                # A proxy cannot reach what only this machine sees.
                guarded.trust_env = not is_loopback(urlsplit(url).hostname or "")
                answer = self._read(guarded, url, wish)
        except BodyError as error:
            reason = str(error)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            reason = of_error(error, url, connect_seconds=limits.connect_seconds)
        else:
            if not watch.is_over:
                return answer
        if watch.is_over or seconds <= 0:
            reason = f"it took longer than {limits.total_seconds:g} seconds"
        if url != wish.url:
            from newsletter.sources.reasons import without_password

            reason += f" (after a redirect to {without_password(url)!r})"
        raise _failure(wish.url, reason, hint=_DIFFERENT_HINT if "private" in reason else "")

    def _read(self, guarded: requests.Session, url: str, wish: _Wish) -> _Answer:
        kept = self._cache.find(url) if self._cache else None
        headers = {
            "User-Agent": self._agent,
            "Accept": wish.accept,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **(kept.conditions if kept else {}),
        }
        # The watch ends the whole of it; the socket's own patience, for each piece, comes
        # second, so that a late answer is always told as what it is.
        timeout = (self._limits.connect_seconds, 2 * self._limits.total_seconds + 1)
        with guarded.get(
            url, headers=headers, timeout=timeout, stream=True, allow_redirects=False
        ) as response:
            if response.status_code == 304 and kept:
                return _Answer(200, {"Content-Type": kept.content_type}, kept.body, kept=True)
            # The body of a redirect or an error says nothing to us.
            body = _body(response, wish) if response.status_code in _GOOD else b""
            answer = _Answer(response.status_code, response.headers, body)
        if self._cache and answer.status == 200 and wish.whole:
            self._cache.keep(url, answer.headers, body)
        return answer

    def _accepted(self, url: str, answer: _Answer, wish: _Wish) -> Fetched:
        from newsletter.sources.reasons import of_status, without_password

        if answer.status not in _GOOD:
            raise _failure(wish.url, of_status(answer.status), status=answer.status)
        return Fetched(
            url=without_password(url),
            status=answer.status,
            content_type=answer.headers.get("Content-Type", ""),
            body=answer.body,
            fetched_at=self._now(),
            from_cache=answer.kept,
        )

    def _lock_of(self, host: str) -> threading.Lock:
        with self._lock:
            return self._hosts.setdefault(host, threading.Lock())

    def _respect_rest(self, host: str, wish: _Wish) -> None:
        until, status = self._resting.get(host, (None, 0))
        if until is not None and self._now() < until:
            from newsletter.sources.reasons import of_status

            at = until.strftime("%Y-%m-%d %H:%M UTC")
            raise _failure(wish.url, f"{of_status(status)}; it asked not to come back before {at}")

    def _take_rest(self, host: str, answer: _Answer) -> None:
        """Remember that a host asked for a pause (RFC 9110, 10.2.3)."""
        if answer.status not in {429, 503}:
            return
        until = _retry_time(answer.headers.get("Retry-After", ""), self._now())
        if until is not None:
            self._resting[host] = (until, answer.status)


def _body(response: requests.Response, wish: _Wish) -> bytes:
    chunks = response.raw.stream(64 * 1024, decode_content=False)
    encoding = response.headers.get("Content-Encoding", "")
    return read_body(chunks, encoding, max_bytes=wish.max_bytes, whole=wish.whole)


def _retry_time(text: str, now: datetime) -> datetime | None:
    """Return when a host may be asked again; at most a day, whatever it says."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(moment.replace(tzinfo=moment.tzinfo or UTC), now + timedelta(days=1))


def _prepared(url: str, asked: str) -> str:
    """Return a web address in the one spelling that is judged and requested."""
    import requests

    from newsletter.sources.guard import prepared
    from newsletter.sources.reasons import without_password

    try:
        plain = prepared(url)
        parts = urlsplit(plain)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (requests.RequestException, ValueError) as error:
        raise _failure(asked, f"{without_password(url)!r} is not a web address") from error
    if not is_web:
        shown = without_password(url)
        raise _failure(asked, f"only http and https addresses can be read, not {shown!r}")
    return plain


def _utf8(location: str) -> str:
    """Return a Location header as it was meant: headers arrive as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _failure(url: str, reason: str, *, hint: str = "", status: int = 0) -> SourceUnreachableError:
    from newsletter.sources.reasons import without_password

    return SourceUnreachableError(without_password(url), reason, hint=hint, status=status)
