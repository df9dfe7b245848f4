"""The pictures of one issue: got once, kept beside it, shown from where readers can see them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from newsletter import __version__
from newsletter.editing import picture_files
from newsletter.editing.picture_files import KeptPicture, PictureFile
from newsletter.errors import PictureError
from newsletter.model.content import Picture, PictureUse
from newsletter.model.message import without_markers
from newsletter.pictures.getting import (
    CONNECT_SECONDS,
    TOTAL_SECONDS,
    Answer,
    Getting,
    fingerprint,
    is_address,
)

if TYPE_CHECKING:
    from newsletter.rendering.message import Attachment
    from newsletter.sources.fetching import Fetcher
    from newsletter.workspace import Workspace

_AT_ONCE = 8
#: Pictures left where they are cannot be cut: they are shown whole, within this box.
_BOXES = {PictureUse.LEAD: (600, 400), PictureUse.SIDE: (96, 96)}
#: What stands in rendered HTML for a picture, until its place is known; true where it is inside.
_PLACEHOLDER = re.compile(r"cid:([0-9a-f]{16}\.(?:jpg|png))@pictures")


class Shown(StrEnum):
    """Where readers' programs get a picture from."""

    #: From public_url, where the issue's folder of pictures is copied to.
    HOSTED = "hosted"
    #: It travels inside the message.
    EMBEDDED = "embedded"
    #: From where it was found.
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class PictureState:
    """One picture of an issue as `newsletter pictures` tells it."""

    url: str
    shown: Shown
    #: Why it is not shown; empty: it is.
    failure: str = ""
    #: As it was found.
    width: int = 0
    height: int = 0
    media_type: str = ""
    #: What it weighs for a reader.
    size_bytes: int = 0
    files: tuple[str, ...] = ()


Wanted = Mapping[str, Iterable[PictureUse]]
#: Called with a picture's address, how many are done, and of how many.
Watch = Callable[[str, int, int], None]


class IssuePictures:
    """The pictures of one issue; nothing is fetched before `get`."""

    def __init__(self, workspace: Workspace, slug: str) -> None:
        self._workspace, self._slug = workspace, slug
        self._home = workspace.issues_folder / slug
        self._folder = picture_files.folder_of(self._home)
        self._kept: dict[str, KeptPicture] = {}
        #: What the issue names now; the folder may know more.
        self._wanted: frozenset[str] = frozenset()
        #: Failures that may be over the next time.
        self._passing: dict[str, str] = {}

    # --- getting ------------------------------------------------------------------

    def get(
        self,
        wanted: Wanted,
        *,
        again: bool = False,
        retry: bool = False,
        watch: Watch | None = None,
    ) -> None:
        """Have every picture in the sizes it is used in; those that are there stay.

        `again` fetches all of them anew, `retry` also those that could not be had before.
        A picture that cannot be had is no error: `states` says why. Raises FileWriteError.
        """
        self._wanted = frozenset(wanted)
        if not wanted:
            return
        self._kept = picture_files.read_kept(self._folder)
        needs = {
            url: self._uses(url, uses)
            for url, uses in wanted.items()
            if again or self._lacks(url, self._uses(url, uses), retry=retry)
        }
        if not needs:
            return
        contents: dict[str, bytes] = {}
        for url, answer in self._all(needs, watch):
            self._note(url, answer, contents)
        picture_files.save(self._folder, self._kept.values(), contents)

    def _uses(self, url: str, uses: Iterable[PictureUse]) -> frozenset[PictureUse]:
        if self._place(url) is Shown.REMOTE:
            return frozenset({PictureUse.WHOLE})
        return frozenset(uses)

    def _place(self, url: str) -> Shown:
        settings = self._workspace.settings
        if settings.pictures.embed:
            return Shown.EMBEDDED
        if settings.public_url:
            return Shown.HOSTED
        return Shown.REMOTE if is_address(url) else Shown.EMBEDDED

    def _lacks(self, url: str, uses: frozenset[PictureUse], *, retry: bool) -> bool:
        kept = self._kept.get(url)
        if kept is None or (not is_address(url) and kept.fingerprint != self._fingerprint(url)):
            return True
        return retry if kept.failure else not uses <= kept.files.keys()

    def _all(
        self, needs: Mapping[str, frozenset[PictureUse]], watch: Watch | None
    ) -> Iterator[tuple[str, Answer]]:
        """Yield what became of each picture, in the order in which they are done."""
        from newsletter.rendering.scaling import Scaler

        silences: Counter[str] = Counter()
        fetcher = self._fetcher() if any(map(is_address, needs)) else None
        threads = ThreadPoolExecutor(_AT_ONCE)
        with Scaler() as scaler:
            one = Getting(fetcher, scaler, silences, self._local)
            try:
                futures = {threads.submit(one.get, url, uses): url for url, uses in needs.items()}
                for done, future in enumerate(as_completed(futures), start=1):
                    if watch:
                        watch(futures[future], done, len(futures))
                    yield futures[future], future.result()
            finally:
                # Ctrl-C waits neither for what has not begun nor for a server that is silent.
                threads.shutdown(wait=False, cancel_futures=True)

    def _fetcher(self) -> Fetcher:
        """Return the network. Pictures are named by content: no private network but a source's."""
        from newsletter.sources.fetching import Fetcher, Limits, user_agent

        settings = self._workspace.settings
        return Fetcher(
            agent=user_agent(__version__, settings.website or settings.public_url),
            typed=[source.url for source in settings.sources if source.url],
            limits=Limits(total_seconds=TOTAL_SECONDS, connect_seconds=CONNECT_SECONDS),
        )

    def _local(self, url: str) -> Path:
        """Return the file a path names; PictureError where it is not the issue's own."""
        home = self._home.resolve()
        path = (home / url).resolve()
        if not path.is_relative_to(home):
            raise PictureError("it is outside the issue's folder")
        return path

    def _fingerprint(self, url: str) -> str:
        try:
            return fingerprint(self._local(url).read_bytes())
        except (OSError, ValueError, PictureError):
            return ""

    def _note(self, url: str, answer: Answer, contents: dict[str, bytes]) -> None:
        """Remember what became of a picture; a passing failure leaves what there is."""
        if answer.scaled is None:
            if answer.is_passing:
                self._passing[url] = answer.failure
                if not is_address(url):
                    self._kept.pop(url, None)
            else:
                old = self._kept.get(url, KeptPicture(url))
                same = old.fingerprint == answer.fingerprint
                files = old.files if same else {}
                self._kept[url] = replace(
                    old, failure=answer.failure, fingerprint=answer.fingerprint, files=files
                )
            return
        scaled = answer.scaled
        sizes = scaled.sizes.items()
        contents.update({one.name: one.content for _, one in sizes})
        new = {
            use: PictureFile(one.name, one.width, one.height, len(one.content))
            for use, one in sizes
        }
        self._kept[url] = KeptPicture(
            url,
            fingerprint=answer.fingerprint,
            width=scaled.width,
            height=scaled.height,
            size_bytes=answer.size_bytes,
            media_type=scaled.media_type,
            files=new,
        )

    # --- showing ------------------------------------------------------------------

    def shown(self, picture: Picture, use: PictureUse) -> Picture | None:
        """Return the picture as the edition names it, its size known; None: it is not shown."""
        kept = self._kept.get(picture.url)
        place = self._place(picture.url)
        if kept is None or not kept.files or (kept.failure and place is Shown.REMOTE):
            return None
        if place is Shown.REMOTE:
            file = kept.files.get(PictureUse.WHOLE)
            width, height = _fitted(kept, _BOXES[use])
        else:
            # An editor may have moved the lead since; a small picture is better than none.
            file = kept.files.get(use) or kept.files.get(PictureUse.SIDE)
            file = file or kept.files.get(PictureUse.LEAD)
            width, height = (file.width, file.height) if file else (0, 0)
        if file is None:
            return None
        path = f"{picture_files.PICTURES_FOLDER}/{file.name}"
        return replace(picture, url=_placeholder(file.name), width=width, height=height, file=path)

    def placed(self, html: str) -> str:
        """Return rendered HTML with the addresses from which readers get the pictures."""
        addresses = self._addresses()
        return _PLACEHOLDER.sub(lambda found: addresses.get(found[1], found[0]), html)

    def placed_locally(self, html: str, folder: str) -> str:
        """Return rendered HTML that shows the files in `folder`, for a preview without network."""
        return _PLACEHOLDER.sub(lambda found: f"{folder}/{found[1]}", html)

    @property
    def hosted_at(self) -> str:
        """Return the public address of the issue's folder of pictures."""
        base = self._workspace.settings.public_url.rstrip("/")
        return f"{base}/{self._slug}/{picture_files.PICTURES_FOLDER}/"

    def _named(self) -> Iterator[KeptPicture]:
        """Yield what is known of the pictures that the issue names now."""
        return (one for url, one in self._kept.items() if url in self._wanted)

    def _addresses(self) -> dict[str, str]:
        """Return file -> the address it is shown from; none for those inside the message."""
        found: dict[str, str] = {}
        for kept in self._named():
            place = self._place(kept.url)
            for file in kept.files.values():
                if place is Shown.HOSTED:
                    found[file.name] = escape(f"{self.hosted_at}{file.name}")
                elif place is Shown.REMOTE:
                    found[file.name] = escape(_web(kept.url))
        return found

    def attachments(self, html: str) -> tuple[Attachment, ...]:
        """Return the pictures that travel inside a message with this (placed) HTML."""
        from newsletter.rendering.message import Attachment

        names = dict.fromkeys(_PLACEHOLDER.findall(html))
        return tuple(
            Attachment(
                _placeholder(name).removeprefix("cid:"),
                "image/png" if name.endswith(".png") else "image/jpeg",
                self._content(name),
            )
            for name in names
        )

    def _content(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise PictureError(
                f"cannot read the picture {str(self._folder / name)!r}: {error.strerror}",
                hint=f"Run `newsletter pictures {self._slug} --again`.",
            ) from error

    def weigh(self, html: str) -> int:
        """Return the bytes of all pictures that rendered (not yet placed) HTML shows."""
        weights = self._weights()
        return sum(weights.get(name, 0) for name in set(_PLACEHOLDER.findall(html)))

    def _weights(self) -> dict[str, int]:
        return {
            file.name: kept.size_bytes if self._place(kept.url) is Shown.REMOTE else file.size_bytes
            for kept in self._named()
            for file in kept.files.values()
        }

    # --- telling ------------------------------------------------------------------

    def states(self, wanted: Wanted) -> tuple[PictureState, ...]:
        """Return what is known of each of these pictures, in their order."""
        return tuple(self._state(url, self._uses(url, uses)) for url, uses in wanted.items())

    def _state(self, url: str, uses: frozenset[PictureUse]) -> PictureState:
        kept, place = self._kept.get(url, KeptPicture(url)), self._place(url)
        files = [kept.files[use] for use in sorted(uses) if use in kept.files]
        is_shown = bool(kept.files) and not (kept.failure and place is Shown.REMOTE)
        failure = self._passing.get(url, "") or kept.failure
        inside = sum(one.size_bytes for one in files)
        return PictureState(
            url=url,
            shown=place,
            failure="" if is_shown else failure or "it has not been fetched",
            width=kept.width,
            height=kept.height,
            media_type=kept.media_type,
            size_bytes=kept.size_bytes if place is Shown.REMOTE else inside,
            files=tuple(one.name for one in files) if is_shown else (),
        )


def _placeholder(name: str) -> str:
    """Return what names a file in HTML: a Content-ID (RFC 2392), until it has an address."""
    return f"cid:{name}@{picture_files.PICTURES_FOLDER}"


def _fitted(kept: KeptPicture, box: tuple[int, int]) -> tuple[int, int]:
    """Return the size within a box that keeps the shape and never enlarges."""
    scale = min(1.0, box[0] / kept.width, box[1] / kept.height)
    return max(1, round(kept.width * scale)), max(1, round(kept.height * scale))


def _web(url: str) -> str:
    """Return an address without blanks and letters that mail programs stumble over."""
    url = without_markers(url)
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]") if urlsplit(url).netloc.isascii() else url
