"""Who puts everybody off, and how long they are left in peace before one reader is tried."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.ledger import JITTER, Patience, Round
from newsletter.delivery.providers import PROVIDER_OF
from newsletter.model.ledger import Owed, Settlement
from newsletter.model.mailing import DeliveryState

#: So many in a row are not about the readers any more.
MOST_PUT_OFF = 20
#: A domain that kept its word ("later") is believed for so many times more.
TRUST = 4
#: Who was never asked comes so much later, or twice as much.
LAG = timedelta(seconds=30)
#: Enough for any list; keeps the numbers small.
_MOST_TRUST = 1_000_000


@dataclass(slots=True)
class Rest:
    """How many may be put off in a row, and until when nobody is tried after that.

    After a rest one reader is tried, and two and four while they are taken: Gmail's advice
    for 4.7.28. Who takes them after all was greylisting, and may put off more the next time;
    else a server that does it to each of ten thousand would take days.
    """

    #: So many in a row; 0: as many as it likes.
    most: int = MOST_PUT_OFF
    streak: int = 0
    #: Rests in a row after which the first was put off again.
    fruitless: int = 0
    began: datetime | None = None
    until: datetime | None = None
    #: While it is tried again: as many as may be put off now; 0: `most`.
    trial: int = 0

    @property
    def room(self) -> int:
        """Return how many may be under way at once."""
        return max(1, (self.trial or self.most) - self.streak)

    @property
    def is_suspected(self) -> bool:
        """Say whether it has put somebody off since it last took one, or is being tried again."""
        return bool(self.most) and (self.streak > 0 or self.trial > 0)

    def trust(self, most: int) -> None:
        """Let it put off so many in a row, if that is more than it may."""
        if self.most:
            self.most = min(max(self.most, most), _MOST_TRUST)

    def put_off(self) -> bool:
        """Count one that was put off; say whether there have been too many."""
        self.streak += 1
        if not self.most or self.streak < (self.trial or self.most):
            return False
        self.streak, self.trial = 0, 1
        self.fruitless += 1
        return True

    def rest(self, pause: timedelta, now: datetime) -> None:
        """Try nobody for so long."""
        self.began, self.until = now, now + pause

    def rests(self, now: datetime) -> bool:
        """Say whether nobody is to be tried; a rest that is yet to begin came of another clock."""
        if self.began is None or self.until is None:
            return False
        return self.began <= now < self.until

    def took(self) -> None:
        """Count one that was taken."""
        self.streak, self.until = 0, None
        if self.fruitless:
            self.fruitless = 0
            self.trust(TRUST * self.most)
        self.trial = 2 * self.trial if 2 * self.trial < self.most else 0


class Rests:
    """The domains that have put somebody off in this run, by their provider."""

    def __init__(self, patience: Patience, most: int = MOST_PUT_OFF) -> None:
        self._patience = patience
        self._most = most
        #: Provider -> how it does; empty in nearly every run, so that it costs nothing to ask.
        self.known: dict[str, Rest] = {}
        #: Providers of whom it has not been read yet how they kept their word.
        self._unread: list[str] = []
        #: Provider -> readers it took after it had put them off, not yet written.
        self._kept: Counter[str] = Counter()

    def put_off(self, domain: str, due: datetime, now: datetime) -> None:
        """Take note that a reader there was put off until then."""
        name = provider(domain)
        if (rest := self.known.get(name)) is None:
            rest = self.known[name] = Rest(self._most)
            self._unread.append(name)
        # What was on the wire when the rest began says nothing new.
        if rest.rests(now) or not rest.put_off():
            return
        patience = self._patience
        # So long that whoever was asked before is due by then, and goes first.
        grown = doubled(patience.first, rest.fruitless, patience.longest) * (1 + JITTER)
        rest.rest(min(max(due - now, grown), patience.longest), now)

    def took(self, domain: str, *, is_kept: bool = False) -> None:
        """Take note that a reader there was sent to; `is_kept`: who had been put off before."""
        name = provider(domain)
        if rest := self.known.get(name):
            rest.took()
        if is_kept:
            self._kept[name] += 1

    def remember(self, step: Round, now: datetime) -> None:
        """Write who kept the promise, and read it for whom puts somebody off for the first time.

        So that the next run, or another process, need not learn it again.
        """
        for name, count in self._kept.items():
            step.use(f"kept:{name}", count)
        self._kept.clear()
        for name in self._unread:
            kept = step.used(f"kept:{name}", now - timedelta(days=1))
            self.known[name].trust(TRUST * kept)
        self._unread.clear()

    def until(self, domain: str, now: datetime) -> datetime | None:
        """Return until when nobody there is to be tried; None: they may be."""
        rest = self.known.get(provider(domain))
        return rest.until if rest and rest.rests(now) else None

    def room(self, domain: str, now: datetime) -> int:
        """Return how many may be under way there at once; 0: as many as there are."""
        rest = self.known.get(provider(domain))
        return rest.room if rest and rest.is_suspected and not rest.rests(now) else 0


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """Return a pause that doubles each time, up to the longest."""
    return min(first * float(2 ** min(times - 1, 16)), longest)


def put_off(
    owed: Owed, until: datetime, *, now: datetime, patience: Patience, chance: random.Random
) -> Settlement:
    """Return the settlement of what is not tried because its domain rests.

    Nobody was asked, so the attempt does not count; the days of patience do.
    """
    told = Settlement(
        owed.key,
        DeliveryState.DEFERRED,
        "domain-rests",
        is_counted=False,
        # Those that were asked already go first: greylisting lets nobody else through.
        due=until + (0 if owed.attempts else 1 + chance.random()) * LAG,
        stage="rest",
        words=f"{owed.domain} puts everybody off, so it was not asked",
    )
    if now - (owed.tried or now) < patience.lifetime:
        return told
    return told._replace(state=DeliveryState.REFUSED, reason=f"gave up: {told.reason}", due=None)


def provider(domain: str) -> str:
    """Return who is known to have a domain's mailboxes, else the domain."""
    return PROVIDER_OF.get(domain, domain)
