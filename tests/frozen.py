"""A mailing frozen in one go, as the command line does it in steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from newsletter.model.mailing import Mailing, Recipient
from newsletter.store import Store
from newsletter.store.freezing import Freezing, NewMailing
from newsletter.store.mailings import Mailings


def frozen(
    store: Store, new: NewMailing, recipients: Iterable[Recipient], *, now: datetime
) -> Mailing | None:
    """Return a mailing ready to be sent; None where nobody is left to send it to."""
    freezing = Freezing(store, new, now=now)
    for _ in freezing.add(recipients):
        pass
    return Mailings(store).named(freezing.mailing) if freezing.complete(now=now) else None
