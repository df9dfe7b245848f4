"""One picture got: fetched or read, and scaled to the sizes it is used in."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.errors import PictureError, SourceUnreachableError
from newsletter.model.content import PictureUse

if TYPE_CHECKING:
    from newsletter.rendering.pictures import Scaled
    from newsletter.rendering.scaling import Scaler
    from newsletter.sources.fetching import Fetcher

#: A photo as a camera writes it has 3 to 8 MB.
MOST_BYTES = 12_000_000
#: Less patience than with a source: there are many pictures, and the issue stands without.
TOTAL_SECONDS, CONNECT_SECONDS = 20.0, 6.0
_ACCEPT = "image/jpeg, image/png, image/gif;q=0.9, image/webp;q=0.8, */*;q=0.1"
#: A host that kept us waiting in vain so often is not asked for more pictures.
_MOST_SILENCES = 2
#: What a server says that may be different tomorrow (RFC 9110, 15.5 and 15.6).
_PASSING = frozenset({0, 408, 425, 429}) | frozenset(range(500, 600))
#: Reasons without a status that will be the same tomorrow.
_LASTING = re.compile(r"larger than|unpacks to more|web address|only http and https")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def is_address(url: str) -> bool:
    """Say whether a picture is named by an address and not by a path."""
    return bool(_ADDRESS.match(url))


def fingerprint(content: bytes) -> str:
    """Return what tells one file's content from another's."""
    return hashlib.sha256(content).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one picture: it is scaled, or there is a reason why not."""

    scaled: Scaled | None = None
    failure: str = ""
    #: It may be different the next time.
    is_passing: bool = False
    size_bytes: int = 0
    fingerprint: str = ""


@dataclass(frozen=True)
class Getting:
    """Gets one picture; shared by threads."""

    fetcher: Fetcher | None
    scaler: Scaler
    #: Host -> how often it did not answer.
    silences: Counter[str]
    local: Callable[[str], Path]

    def get(self, url: str, uses: frozenset[PictureUse]) -> Answer:
        """Return the picture scaled, or why it cannot be had."""
        if not is_address(url):
            return self._from_file(url, uses)
        assert self.fetcher is not None  # noqa: S101 - made where there is an address
        host = urlsplit(url).netloc
        if self.silences[host] >= _MOST_SILENCES:
            return Answer(failure="its server does not answer", is_passing=True)
        began = time.monotonic()
        try:
            # Readers' programs fetch these as well, so robots.txt is not asked.
            fetched = self.fetcher.fetch(
                url, typed_by_staff=False, accept=_ACCEPT, max_bytes=MOST_BYTES
            )
        except SourceUnreachableError as error:
            self.silences[host] += time.monotonic() - began >= CONNECT_SECONDS
            return Answer(failure=error.reason, is_passing=_is_passing(error))
        return self._scaled(fetched.body, uses, "")

    def _from_file(self, url: str, uses: frozenset[PictureUse]) -> Answer:
        try:
            path = self.local(url)
            if path.is_file() and path.stat().st_size > MOST_BYTES:
                return Answer(failure="it has more than 12 MB", is_passing=True)
            content = path.read_bytes()
        except PictureError as error:
            return Answer(failure=str(error), is_passing=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Answer(failure=f"it cannot be read: {reason.lower()}", is_passing=True)
        return self._scaled(content, uses, fingerprint(content))

    def _scaled(self, content: bytes, uses: frozenset[PictureUse], told: str) -> Answer:
        try:
            scaled = self.scaler.scale(content, sorted(uses))
        except PictureError as error:
            return Answer(failure=str(error), fingerprint=told)
        return Answer(scaled, size_bytes=len(content), fingerprint=told)


def _is_passing(error: SourceUnreachableError) -> bool:
    """Say whether a failure may be over tomorrow; then nothing is remembered of it."""
    return error.status in _PASSING and not _LASTING.search(error.reason)
