"""What is chosen is neither counted twice nor given back to make room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from newsletter.delivery.ledger import Round
from newsletter.delivery.pacing import DomainLimits, Domains, Limits
from newsletter.delivery.picking import MOST_CLAIMED, Picking
from newsletter.delivery.routes import Route
from newsletter.delivery.server import Server
from newsletter.model.ledger import Owed, Wish

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
FULL, FREE = "full.example", "free.example"
LIMIT = 10


class Step:
    """A round in which one domain has had all it may have, and the other nothing."""

    def __init__(self) -> None:
        self.released: list[int] = []
        self.wishes: list[Wish] = []

    def used(self, name: str, since: datetime) -> int:
        return LIMIT if FULL in name else 0

    def claim(self, wish: Wish) -> Sequence[Owed]:
        self.wishes.append(wish)
        return ()

    def release(self, keys: Sequence[int]) -> None:
        self.released += keys


def _owed(key: int, domain: str) -> Owed:
    return Owed(key, f"reader{key}@{domain}", domain, "en", "news@library.example", {})


def test_what_was_chosen_stays_when_room_is_made_for_others() -> None:
    claimed = [_owed(key, FULL) for key in range(MOST_CLAIMED)]
    going = [_owed(1000 + number, FREE) for number in range(LIMIT - 2)]
    claimed += going
    step = Step()
    limits = tuple(
        DomainLimits(domain, Limits(per_hour=LIMIT), (domain,)) for domain in (FULL, FREE)
    )
    picking = Picking(
        cast(Round, step), Domains(limits), Route("main", Server("mail.example")), NOW
    )
    chosen, _ = picking.pick(claimed, 64)

    assert chosen == going
    assert step.released
    assert not {owed.key for owed in going} & set(step.released)
    assert FREE not in step.wishes[0].not_domains
