"""Memory: open_store(url) returns the one place where people and deliveries are kept."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import StoreError
from newsletter.store.sqlite import SqliteStore

Store = SqliteStore


def open_store(url: str, *, root: Path, create: bool) -> Store:
    """Return the open store that `url` names; relative paths start at `root`.

    `create=False` never makes a file: a store that does not exist yet is then empty
    and in memory. Raises StoreError for an address no driver understands.
    """
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"NEWSLETTER_DATABASE_URL {url!r} is not understood",
            hint="Write sqlite:///newsletter.db for a file in the workspace.",
        )
    path = rest[1:]
    return SqliteStore.open(root / path, create=create)
