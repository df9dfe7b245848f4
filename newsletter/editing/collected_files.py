"""collected.json beside an issue: what the sources said themselves, item by item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.editing.guarded_files import GuardedFile, name_of
from newsletter.errors import IssueFileError
from newsletter.model.content import Item, ItemDate, ItemStatus, Period, Picture, Section

_VERSION = 1
_TEXTS = ("title", "link", "summary", "language", "source", "section", "content", "guid")


@dataclass(frozen=True, slots=True)
class CollectedItem:
    """One item as its source gave it last, and whether we put it in by ourselves."""

    item: Item
    included: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that the last collecting of an issue found and proposed."""

    period: Period
    collected_at: datetime
    time_zone: str = "UTC"
    subject: str = ""
    preheader: str = ""
    sections: tuple[Section, ...] = ()
    items: Mapping[str, CollectedItem] = field(default_factory=dict)


def as_text(collection: Collection) -> str:
    """Return the JSON of a collection, one key a line so that git shows what changed."""
    rows = {
        "about": "What the sources said. Your edits belong in issue.toml, not here.",
        "version": _VERSION,
        "period": {
            "name": collection.period.name,
            "start": collection.period.start.isoformat(),
            "end": collection.period.end.isoformat(),
        },
        "time_zone": collection.time_zone,
        "collected_at": collection.collected_at.isoformat(),
        "subject": collection.subject,
        "preheader": collection.preheader,
        "sections": [{"key": one.key, "title": one.title} for one in collection.sections],
        "items": {key: _item_row(one) for key, one in collection.items.items()},
    }
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def _item_row(one: CollectedItem) -> dict[str, Any]:
    item = one.item
    row: dict[str, Any] = {name: getattr(item, name) for name in _TEXTS if getattr(item, name)}
    row["included"] = one.included
    if item.date:
        row["date"] = item.date.isoformat()
        if item.date.instant:
            row["published"] = item.date.instant.isoformat()
    if item.picture:
        picture = item.picture
        row["picture"] = {
            "url": picture.url,
            "alt": picture.alt,
            "width": picture.width,
            "height": picture.height,
        }
    return row


def from_file(file: GuardedFile) -> Collection | None:
    """Return the collection a file holds, None where there is no file.

    Raises IssueFileError for one that is broken: without it nobody can tell what a
    person changed, so nothing may be merged.
    """
    if not file.exists:
        return None
    try:
        rows = json.loads(file.text)
        if rows["version"] != _VERSION:
            raise ValueError(f"version {rows['version']!r} is not known")
        return _collection(rows)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        line = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise IssueFileError(
            f"{name_of(file.path)!r}{line} is broken: {reason}",
            hint="Take it back from git, or move it away: collecting again then treats "
            "every text in issue.toml as yours.",
        ) from error


def _collection(rows: Mapping[str, Any]) -> Collection:
    zone = ZoneInfo(rows["time_zone"])
    start, end = (datetime.fromisoformat(rows["period"][one]) for one in ("start", "end"))
    return Collection(
        period=Period(rows["period"]["name"], start.astimezone(zone), end.astimezone(zone)),
        collected_at=datetime.fromisoformat(rows["collected_at"]),
        time_zone=rows["time_zone"],
        subject=str(rows.get("subject", "")),
        preheader=str(rows.get("preheader", "")),
        sections=tuple(Section(one["key"], one["title"]) for one in rows.get("sections", [])),
        items={key: _item(row) for key, row in rows["items"].items()},
    )


def _item(row: Mapping[str, Any]) -> CollectedItem:
    written = ItemDate.from_iso(row["date"]) if row.get("date") else None
    if written and row.get("published"):
        moment = datetime.fromisoformat(row["published"])
        written = ItemDate(written.year, written.month, written.day, moment)
    picture = Picture(**row["picture"]) if row.get("picture") else None
    status = ItemStatus.NEW if written else ItemStatus.UNDATED
    texts = {name: str(row.get(name, "")) for name in _TEXTS}
    return CollectedItem(
        Item(**texts, date=written, picture=picture, status=status), bool(row["included"])
    )
