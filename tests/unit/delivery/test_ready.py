"""What is intended for a route: in order, a few built at a time, given back whole."""

from __future__ import annotations

from newsletter.delivery.content import Content
from newsletter.delivery.ready import BUILT_AT_ONCE, Ready
from newsletter.model.ledger import Owed


def _owed(count: int) -> list[Owed]:
    return [
        Owed(key, f"r{key}@town.example", "town.example", "en", "news@library.example", {})
        for key in range(1, count + 1)
    ]


class Builder:
    """Builds what it may, and remembers whom it was asked for."""

    def __init__(self, *cannot: int) -> None:
        self.asked: list[int] = []
        self._cannot = cannot

    def __call__(self, owed: Owed) -> Content | None:
        self.asked.append(owed.key)
        return None if owed.key in self._cannot else b"%d\r\n" % owed.key


def test_messages_come_in_order_and_are_built_a_few_at_a_time() -> None:
    ready, build = Ready(), Builder()
    ready.extend(_owed(2 * BUILT_AT_ONCE + 1))

    first = ready.next(build)

    assert first is not None
    assert (first[0].key, first[1]) == (1, b"1\r\n")
    assert build.asked == list(range(1, BUILT_AT_ONCE + 1))
    keys = [1]
    while following := ready.next(build):
        keys.append(following[0].key)
    assert keys == build.asked == list(range(1, 2 * BUILT_AT_ONCE + 2))
    assert len(ready) == 0


def test_who_cannot_be_written_to_holds_up_nobody() -> None:
    ready, build = Ready(), Builder(*range(1, BUILT_AT_ONCE + 3))
    ready.extend(_owed(BUILT_AT_ONCE + 3))

    found = ready.next(build)

    assert found is not None
    assert found[0].key == BUILT_AT_ONCE + 3
    assert ready.next(build) is None


def test_what_has_not_left_is_given_back_built_or_not() -> None:
    ready, build = Ready(), Builder()
    owed = _owed(BUILT_AT_ONCE + 2)
    ready.extend(owed)
    ready.next(build)

    assert ready.clear() == owed[1:]
    assert len(ready) == 0
    assert ready.next(build) is None


def test_only_what_could_not_be_built_is_left_out() -> None:
    ready = Ready()
    ready.extend(_owed(1))

    # Nothing in it, but its intent is written down: it must come to a result.
    assert ready.next(lambda _: b"") is not None
