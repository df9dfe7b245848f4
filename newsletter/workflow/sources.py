"""Try sources, add one to newsletter.toml, check them all."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsletter import __version__
from newsletter.editing import guarded_files
from newsletter.errors import SettingsError, SourceUnreachableError
from newsletter.model.content import Reading
from newsletter.model.sources import Source
from newsletter.sources import read_file, read_source
from newsletter.sources.configured import with_source
from newsletter.sources.fetching import Fetcher, user_agent
from newsletter.sources.promise import VERSION, failure_as_json, item_as_json

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

#: Sources read at once; each host still gets one request at a time.
_AT_ONCE = 8


_WHAT = "Give a web address that begins with https://, a file, or a folder."


@dataclass(frozen=True, slots=True)
class Missing:
    """How many items of a reading lack what."""

    dates: int = 0
    links: int = 0
    summaries: int = 0
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a source answered: a reading, or why there is none."""

    source: Source
    reading: Reading | None = None
    failure: SourceUnreachableError | None = None

    @property
    def missing(self) -> Missing:
        """Count what the items lack."""
        items = self.reading.items if self.reading else ()
        return Missing(
            dates=sum(1 for item in items if item.date is None or not item.date.is_full),
            links=sum(1 for item in items if not item.link),
            summaries=sum(1 for item in items if not item.summary),
            pictures=sum(1 for item in items if item.picture is None),
        )

    @property
    def newest(self) -> str:
        """Return the latest full date as ISO; empty where no item has one."""
        items = self.reading.items if self.reading else ()
        return max((i.date.isoformat() for i in items if i.date and i.date.is_full), default="")

    def as_json(self) -> dict[str, Any]:
        """Return the promised object of `sources try`."""
        reading, failure = self.reading, self.failure
        return {
            "version": VERSION,
            "source": self.source.name,
            "rule": reading.rule if reading else None,
            "items": [item_as_json(item) for item in reading.items] if reading else [],
            "notes": list(reading.notes) if reading else [],
            "failures": [failure_as_json(self.source.name, failure.reason)] if failure else [],
        }

    def summary_as_json(self) -> dict[str, Any]:
        """Return one line of `sources check`."""
        reading = self.reading
        return {
            "source": self.source.name,
            "rule": reading.rule if reading else None,
            "items": len(reading.items) if reading else 0,
            "newest": self.newest or None,
            "notes": list(reading.notes) if reading else [],
        }


def source_of(target: str, *, like: Source, folder: Path) -> Source:
    """Return the source that a typed address, file or folder is; paths start at `folder`.

    `like` gives everything else; an empty name becomes the target itself.
    """
    named = replace(like, name=like.name or target)
    if "://" in target:
        if target.partition("://")[0].lower() not in {"http", "https"}:
            raise SourceUnreachableError(
                target, "only http and https addresses can be read", hint=_WHAT
            )
        return replace(named, url=target)
    path = (folder / Path(target).expanduser()).absolute()
    if target and _exists(path):
        return replace(named, path=str(path))
    host = target.partition("/")[0]
    hint = (
        f"Did you mean https://{target} ?"
        if "." in host and not host.startswith(".") and " " not in host
        else _WHAT
    )
    raise SourceUnreachableError(target, "there is no such file or folder", hint=hint)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for a file
        return False


def try_target(
    target: str,
    *,
    like: Source,
    folder: Path,
    fetched_at: datetime | None = None,
    contact: str = "",
) -> Tried:
    """Read what a typed address, file or folder is now; a target that is none is a failure."""
    try:
        source = source_of(target, like=like, folder=folder)
    except SourceUnreachableError as failure:
        return Tried(replace(like, name=like.name or target), failure=failure)
    return try_source(source, root=folder, fetched_at=fetched_at, contact=contact)


def try_source(
    source: Source, *, root: Path, fetched_at: datetime | None = None, contact: str = ""
) -> Tried:
    """Read one source now, without keeping anything.

    A failure is part of the result. `fetched_at` stands in for the present, so that a
    page saved in the past can be judged.
    """
    fetcher = Fetcher(
        agent=user_agent(__version__, contact), now=lambda: fetched_at or datetime.now(UTC)
    )
    try:
        if source.path and fetched_at:
            path = root / source.path
            reading = read_file(path, base_url=source.url, fetched_at=fetched_at, source=source)
        else:
            now = fetched_at or datetime.now(UTC)
            reading = read_source(source, fetcher, fetched_at=now, root=root)
    except SourceUnreachableError as failure:
        return Tried(source, failure=failure)
    return Tried(source, reading)


def try_all(workspace: Workspace) -> list[Tried]:
    """Read every source of the workspace at the same time; the order is theirs."""
    settings = workspace.settings
    contact = settings.website or settings.public_url

    def one(source: Source) -> Tried:
        return try_source(source, root=workspace.root, contact=contact)

    threads = ThreadPoolExecutor(max_workers=_AT_ONCE)
    try:
        return list(threads.map(one, settings.sources))
    finally:
        # Ctrl-C waits neither for what has not begun nor for a server that does not answer.
        threads.shutdown(wait=False, cancel_futures=True)


def named(workspace: Workspace, name: str) -> Source | None:
    """Return the source of the workspace with this name; None where there is none."""
    return next((one for one in workspace.settings.sources if one.name == name), None)


def suggested_name(tried: Tried) -> str:
    """Return a short name for a new source: a feed's title, else its host or file name."""
    source, reading = tried.source, tried.reading
    if reading and reading.title and reading.rule in {"rss", "atom", "jsonfeed"}:
        return reading.title[:60].strip()
    if source.url:
        return (urlsplit(source.url).hostname or source.url).removeprefix("www.")
    return Path(source.path).stem


def refuse_duplicate(source: Source, known: Sequence[Source]) -> None:
    """Raise SettingsError where a source of this name, address or path is there already."""
    for one in known:
        if one.name == source.name:
            raise SettingsError(
                f"there is a source {one.name!r} already",
                hint="Choose another name with --name, or edit the entry in newsletter.toml.",
            )
        same_url = source.url and _plain(one.url) == _plain(source.url)
        if (same_url and one.path == source.path) or (source.path and one.path == source.path):
            raise SettingsError(
                f"the source {one.name!r} already reads {source.path or source.url!r}",
                hint="Edit that entry in newsletter.toml.",
            )


def add_source(workspace: Workspace, source: Source) -> Source:
    """Write a [[sources]] entry into newsletter.toml, all comments kept; return it as written.

    A path inside the workspace is written relative to it. The file is replaced as a
    whole; nothing is written where the name or the address is there already.
    """
    from newsletter import settings

    if source.path:
        path = Path(source.path)
        if path.is_relative_to(workspace.root):
            source = replace(source, path=path.relative_to(workspace.root).as_posix())
    with workspace.writing():
        refuse_duplicate(source, settings.load(workspace.root).sources)
        file = guarded_files.read(workspace.root / "newsletter.toml")
        file.replace(with_source(file.text, source))
    return source


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"
