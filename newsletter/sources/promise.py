"""An item as programs get it: the JSON that stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.model.content import Item

#: Of the whole object; raised when a key changes its meaning, never for a new key.
VERSION = 1


def item_as_json(item: Item) -> dict[str, Any]:
    """Return the promised keys of an item; `published` only where the moment is known."""
    row: dict[str, Any] = {
        "title": item.title,
        "link": item.link,
        "date": item.date.isoformat() if item.date else None,
        "summary": item.summary,
        "picture": item.picture.url if item.picture else None,
        "language": item.language,
        "source": item.source,
        "status": str(item.status),
    }
    if item.date and item.date.instant:
        row["published"] = item.date.instant.isoformat()
    return row


def failure_as_json(source: str, reason: str) -> dict[str, str]:
    """Return one entry of `failures`."""
    return {"source": source, "reason": reason}
