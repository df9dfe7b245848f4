"""Memory: open_store(url) returns the one place where people and deliveries are kept."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import StoreError
from newsletter.store.database import Store
from newsletter.store.sqlite import BUSY_SECONDS, SqliteStore

__all__ = ["BUSY_SECONDS", "Store", "open_store"]

#: Both are how PostgreSQL's own programs write it.
_POSTGRES = frozenset({"postgresql", "postgres"})


def open_store(url: str, *, root: Path, create: bool, patience: float = BUSY_SECONDS) -> Store:
    """Return the open store that `url` names; relative paths start at `root`.

    `create=False` never makes a file or a table: a store that does not exist yet is then
    empty and in memory. `patience` says for how many seconds to wait for another process.
    Raises StoreError for an address no driver understands.
    """
    scheme, _, rest = url.partition("://")
    if scheme in _POSTGRES:
        from newsletter.store.postgres import PostgresStore

        return PostgresStore.open(url, create=create, patience=patience) or SqliteStore.in_memory()
    if scheme != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"NEWSLETTER_DATABASE_URL {_without_password(url)!r} is not understood",
            hint="Write sqlite:///newsletter.db for a file in the workspace, or"
            " postgresql://user@host/database for a server.",
        )
    return SqliteStore.open(root / rest[1:], create=create, patience=patience)


def _without_password(url: str) -> str:
    """Return an address that can be shown: whatever stands before an @ may be secret."""
    scheme, mark, rest = url.partition("://")
    _, at, place = rest.rpartition("@")
    return f"{scheme}{mark}...@{place}" if at else url
