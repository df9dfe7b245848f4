"""Orders that wait for the database: to pause, to cancel, where these cannot be written yet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter.errors import FileWriteError
from newsletter.model.mailing import Mailing, MailingState
from newsletter.store.mailings import Mailings
from newsletter.store.moments import to_number

_S = MailingState

#: What may be ordered, and of a mailing in which state.
SINCE: Mapping[MailingState, tuple[MailingState, ...]] = {
    _S.PAUSED: (_S.PREPARED, _S.SENDING),
    _S.CANCELLED: (_S.PREPARED, _S.SENDING, _S.PAUSED, _S.PREPARING),
}


class Orders:
    """The orders left in a workspace, one small file each.

    A process that was stopped in the middle of a transaction holds an SQLite database for as
    long as it is stopped. A sender sees the file all the same, and whoever can write to the
    database next makes it true.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def leave(self, mailing: Mailing, to: MailingState) -> None:
        """Leave an order; raise FileWriteError where that cannot be done either."""
        if self.of(mailing) is MailingState.CANCELLED:
            return
        path = self._path(mailing)
        new = path.with_name(f"{path.name}.new")
        try:
            new.write_text(f"{to} {to_number(mailing.created)}\n", encoding="ascii")
            new.replace(path)
        except OSError as error:
            raise FileWriteError(f"cannot write {str(path)!r}: {error.strerror}") from error

    def of(self, mailing: Mailing) -> MailingState | None:
        """Return what was ordered of a mailing and waits; None: nothing.

        The time it was made at tells it from one of the same number in a database that has
        been put back since.
        """
        try:
            words = self._path(mailing).read_text(encoding="ascii", errors="replace").split()
        except OSError:
            return None
        known = {str(to): to for to in SINCE}
        is_this = words[1:] == [str(to_number(mailing.created))]
        return known.get(words[0]) if is_this else None

    def forget(self, mailing: Mailing) -> None:
        """Take an order away: it has been carried out."""
        # It is done again where it cannot be taken away, and that changes nothing.
        with suppress(OSError):
            self._path(mailing).unlink(missing_ok=True)

    def shown(self, mailing: Mailing) -> Mailing:
        """Return a mailing with the order that waits for it."""
        ordered = self.of(mailing)
        return replace(mailing, ordered=ordered) if ordered else mailing

    def obey(self, mailings: Mailings, mailing: Mailing, *, now: datetime) -> Mailing:
        """Carry out what was ordered of a mailing, if anything; return how it stands then."""
        to = self.of(mailing)
        if to is None:
            return mailing
        mailings.move(mailing.id, to, since=SINCE[to], now=now, reason=f"{to} by a person")
        found = mailings.named(mailing.id)
        if found.state is MailingState.CANCELLED:
            mailings.call_off(mailing.id, now=now)
            found = mailings.named(mailing.id)
        self.forget(mailing)
        return found

    def _path(self, mailing: Mailing) -> Path:
        return self._folder / f".order-{mailing.id}"
