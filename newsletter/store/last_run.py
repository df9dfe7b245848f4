"""What was last sent from a database, kept beside it: an older one that was put back is noticed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from newsletter.store.database import Store

_RUN = "SELECT ended FROM senders WHERE id = :sender"


class LastRun:
    """A small file that knows the last sender's number, and whether it came to its end.

    A backup that is copied over the database changes neither its place nor its number as a
    file; but it does not know of what was sent after it was made.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".last-run"

    def note(self, database: str, sender: int, *, has_ended: bool) -> None:
        """Note a sender that has begun or ended; `database` is the fingerprint of its database."""
        if self._sender_of(database) > sender:
            return
        told = {"database": database, "sender": sender, "has_ended": has_ended}
        new = self._path.with_name(f"{self._path.name}.new")
        # Where it cannot be written nothing is noticed later, and nothing else is lost.
        with suppress(OSError):
            new.write_text(json.dumps(told), encoding="utf-8")
            new.replace(self._path)

    def is_ahead_of(self, store: Store, database: str) -> bool:
        """Say whether more was sent from this database than it knows of."""
        sender = self._sender_of(database)
        if not sender:
            return False
        rows = store.rows(_RUN, {"sender": sender})
        return not rows or (bool(self._read().get("has_ended")) and rows[0]["ended"] is None)

    def forget(self) -> None:
        """Take the database for what it is: a person said so."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _sender_of(self, database: str) -> int:
        told = self._read()
        sender = told.get("sender")
        return sender if told.get("database") == database and isinstance(sender, int) else 0

    def _read(self) -> dict[str, object]:
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}
