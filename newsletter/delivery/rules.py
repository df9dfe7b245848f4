"""When a run must stop by itself, and which refusals keep later ones from an address."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from newsletter.delivery.progress import shorten
from newsletter.model.ledger import Settlement
from newsletter.model.mailing import Balance, DeliveryState

#: Reasons that say for good that there is nobody at an address: 5.1.1, 5.1.0, 551, 553.
#: Not: a domain that cannot be found (a resolver may be ill), a mailbox that is closed
#: (5.2.1 passes at Gmail), and nothing that is about us (5.7.x).
HARD_BOUNCES = ("no-such-user", "bad-address", "moved")


@dataclass(frozen=True, slots=True)
class Stops:
    """The limits beyond which a run stops and asks a person."""

    #: So many equal refusals in a row are not the readers' fault; 0: never stop for that.
    equal_refusals: int = 20
    #: Stop at this share of refusals among the last ones; 0: never.
    refused_percent: int = 50
    #: A share of fewer than this says nothing.
    refused_of_last: int = 200


class Fuse:
    """Counts refusals as they come and says when to stop."""

    def __init__(self, stops: Stops) -> None:
        self._stops = stops
        self._last = ""
        self._streak = 0
        self._has_accepted = False
        self._recent: deque[bool] = deque(maxlen=max(1, stops.refused_of_last))

    def allows(self, on_wire: int) -> bool:
        """Say whether so many messages may be on the wire: fewer, the nearer it is to blow.

        So no more than the limit are refused alike, however many connections there are.
        """
        most = self._stops.equal_refusals
        if not most or (self._has_accepted and not self._streak):
            return True
        return on_wire <= max(1, most - self._streak)

    def count(self, settlement: Settlement) -> str:
        """Take one settlement; return why to stop, as a sentence, or nothing."""
        if settlement.state is DeliveryState.ACCEPTED:
            self._recent.append(False)
            self._streak = 0
            self._has_accepted = True
            return ""
        if settlement.state is not DeliveryState.REFUSED:
            return ""
        self._recent.append(True)
        said = f"{settlement.code} {settlement.enhanced} {settlement.reason}"
        self._streak = self._streak + 1 if said == self._last else 1
        self._last = said
        return self._too_equal(settlement) or self._too_many()

    def _too_equal(self, settlement: Settlement) -> str:
        most = self._stops.equal_refusals
        if not most or self._streak < most:
            return ""
        parts = (str(settlement.code), settlement.enhanced, shorten(settlement.words))
        said = " ".join(filter(None, parts))
        return f"{self._streak} refusals in a row were the same: {said}"

    def _too_many(self) -> str:
        percent, recent = self._stops.refused_percent, self._recent
        if not percent or len(recent) < self._stops.refused_of_last:
            return ""
        share = 100 * sum(recent) / len(recent)
        if share < percent:
            return ""
        return f"{share:.0f} % of the last {len(recent)} readers were refused"


def sick_canary(balance: Balance, most_percent: float) -> str:
    """Return why the others must not follow the first few; empty: they may."""
    bad = balance.refused + balance.unknown
    tried = balance.accepted + bad + balance.deferred
    if not tried or not most_percent or 100 * bad < most_percent * tried:
        return ""
    return (
        f"of the first {tried} readers {bad} were refused or lost; the others wait"
        " (to go on all the same: newsletter resume --yes)"
    )
