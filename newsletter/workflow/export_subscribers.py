"""Export people as one CSV file that spreadsheets open safely and `import` reads back."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from newsletter.audience.list_keys import parse_list_key
from newsletter.audience.row_values import protect_cell
from newsletter.errors import FileWriteError
from newsletter.model.people import SubscriberRecord, Subscription, SubscriptionStatus
from newsletter.store.people import People
from newsletter.workspace import Workspace

HEADINGS = (
    "email",
    "name",
    "language",
    "edition",
    "status",
    "suppression",
    "since",
    "how",
    "lists",
)
#: Of several lists, the kindest counts: confirmed on one of them is confirmed.
_KINDEST = (
    SubscriptionStatus.CONFIRMED,
    SubscriptionStatus.UNCONFIRMED,
    SubscriptionStatus.UNSUBSCRIBED,
)


def export_subscribers(
    workspace: Workspace,
    target: Path | TextIO,
    *,
    list_key: str | None = None,
    for_excel: bool = False,
) -> int:
    """Write everybody, or everybody who ever was on a list, and return how many.

    A file appears whole or not at all. Cells that a spreadsheet would take for a formula
    get an apostrophe in front, which `import` takes off again.
    """
    key = parse_list_key(list_key) if list_key else None
    with workspace.open_store(create=False) as store:
        people = People(store)
        fields = people.field_names(key)
        with _opened(target, for_excel) as text:
            return _write(text, people, key, fields)


def _write(text: TextIO, people: People, list_key: str | None, fields: tuple[str, ...]) -> int:
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180 2.1
    writer.writerow([*HEADINGS, *map(protect_cell, fields)])
    count = 0
    for record in people.everyone(list_key):
        writer.writerow([*map(protect_cell, _cells(record, list_key, fields))])
        count += 1
    return count


def _cells(record: SubscriberRecord, list_key: str | None, fields: tuple[str, ...]) -> list[str]:
    person = record.subscriber
    chosen = _standing(record.subscriptions, list_key)
    on = [one.mailing_list for one in record.subscriptions if one.status is _KINDEST[0]]
    return [
        person.address,
        person.name,
        person.language,
        person.form,
        chosen.status if chosen else "",
        record.suppression.reason if record.suppression else "",
        chosen.since.isoformat() if chosen else "",
        chosen.how if chosen else "",
        " ".join(on),
        *(person.fields.get(name, "") for name in fields),
    ]


def _standing(subscriptions: tuple[Subscription, ...], list_key: str | None) -> Subscription | None:
    wanted = [one for one in subscriptions if list_key in (None, one.mailing_list)]
    return min(wanted, key=lambda one: _KINDEST.index(one.status), default=None)


@contextmanager
def _opened(target: Path | TextIO, for_excel: bool) -> Iterator[TextIO]:
    if not isinstance(target, Path):
        yield target
        return
    # Excel takes UTF-8 for the old Windows encoding unless a mark says otherwise.
    encoding = "utf-8-sig" if for_excel else "utf-8"
    written = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            encoding=encoding,
            newline="",
            dir=target.parent,
            prefix=f".{target.name}.",
            delete=False,
        ) as file:
            written = file.name
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
        Path(written).replace(target)
    except OSError as error:
        raise FileWriteError(f"cannot write {str(target)!r}: {error.strerror}") from error
    finally:
        if written:
            Path(written).unlink(missing_ok=True)
