"""Arrow 1, the world to items: the table of source kinds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import SourceNotUnderstoodError, SourceUnreachableError
from newsletter.model.sources import SourceKind

if TYPE_CHECKING:
    from newsletter.model.content import Reading
    from newsletter.model.sources import Source
    from newsletter.sources.fetching import Fetched, Fetches

__all__ = ["read_file", "read_source", "saved_at"]

#: A saved page or feed; larger files are something else.
MAX_FILE_BYTES = 10_000_000
FEED_KINDS = frozenset({SourceKind.RSS, SourceKind.ATOM, SourceKind.JSON_FEED})


def read_source(source: Source, fetcher: Fetches, *, fetched_at: datetime, root: Path) -> Reading:
    """Return what a source has now; relative paths start at `root`.

    Raises SourceUnreachableError, or SourceNotUnderstoodError, with the source's name.
    """
    if source.path:
        path = root / Path(source.path).expanduser()
        moment = min(fetched_at, saved_at(path) or fetched_at)
        return read_file(path, base_url=source.url, fetched_at=moment, source=source)
    if not source.url:
        raise SourceUnreachableError(
            source.name,
            "it has neither `url` nor `path`",
            hint="Give the source a `url` or a `path` in newsletter.toml.",
        )
    from newsletter.sources.fetching import ANY_PAGE_OR_FEED, FEED_BYTES, FEEDS, PAGE_BYTES

    is_feed = source.kind in FEED_KINDS
    is_page = source.kind in {SourceKind.HTML, SourceKind.TEXT}
    try:
        fetched = fetcher.fetch(
            source.url,
            typed_by_staff=True,
            accept=FEEDS if is_feed else ANY_PAGE_OR_FEED,
            max_bytes=PAGE_BYTES if is_page else FEED_BYTES,
        )
    except SourceUnreachableError as error:
        raise SourceUnreachableError(source.name, error.reason, hint=error.hint) from error
    return _read(fetched, source, fetcher)


def read_file(path: Path, *, base_url: str, fetched_at: datetime, source: Source) -> Reading:
    """Return what a file or a folder holds; nothing is fetched.

    Links of a saved page are relative to `base_url`, the address it was saved from; without
    it, to the address that the browser wrote into the page.
    """
    from newsletter.sources.fetching import Fetched
    from newsletter.sources.saved import opened

    if path.is_dir():
        return _read_folder(path, source, fetched_at)
    if source.kind is SourceKind.MARKDOWN and not path.exists():
        raise SourceUnreachableError(source.name, f"there is no folder {str(path)!r}")
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise SourceUnreachableError(source.name, f"{str(path)!r} is neither file nor folder")
        if size > MAX_FILE_BYTES:
            raise SourceUnreachableError(source.name, f"{str(path)!r} is larger than 10 MB")
        body = path.read_bytes()
    except OSError as error:
        reason = f"{str(path)!r}: {(error.strerror or str(error)).lower()}"
        raise SourceUnreachableError(
            source.name, reason, hint="Check the path; it starts at the folder of newsletter.toml."
        ) from error
    content_type = _TYPES.get(path.suffix.lower(), "")
    return _read(opened(Fetched(base_url, 200, content_type, body, fetched_at)), source, None)


def saved_at(path: Path) -> datetime | None:
    """Return when a file was saved: "yesterday" in it is the day before that."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


#: What a file's name says of its content, where the content does not say it itself.
_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".mhtml": "multipart/related",
    ".pdf": "application/pdf",
}


def _read_folder(path: Path, source: Source, fetched_at: datetime) -> Reading:
    if source.kind not in {SourceKind.AUTO, SourceKind.MARKDOWN}:
        raise SourceNotUnderstoodError(
            source.name,
            f"{str(path)!r} is a folder, and kind {str(source.kind)!r} is a file",
            hint='Use kind = "markdown" for a folder of Markdown files.',
        )
    from newsletter.sources.markdown import read_folder

    return read_folder(path, source, fetched_at=fetched_at)


def _read(fetched: Fetched, source: Source, fetcher: Fetches | None) -> Reading:
    """Return what an answer holds, as the source's kind says; `auto` finds out."""
    if source.kind in FEED_KINDS:
        from newsletter.sources.feeds import read_feed

        return read_feed(
            fetched.body,
            source,
            content_type=fetched.content_type,
            base_url=fetched.url,
            fetched_at=fetched.fetched_at,
        )
    from newsletter.sources import discovery

    if source.kind is SourceKind.HTML:
        return discovery.read_page(fetched, source)
    if source.kind is SourceKind.TEXT:
        return discovery.read_plain(fetched, source)
    if source.kind is SourceKind.MARKDOWN:
        return discovery.read_one_markdown(fetched, source)
    return discovery.read_any(fetched, source, fetcher)
