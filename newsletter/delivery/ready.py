"""The messages of one route that may leave, the next few of them built."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.delivery.content import Content
    from newsletter.model.ledger import Owed

#: Enough that the processor builds them quickly in one go, few enough that the connections
#: do not wait long where each is signed.
BUILT_AT_ONCE = 8


class Ready:
    """What is intended for one route, in order."""

    def __init__(self) -> None:
        self._intended: deque[Owed] = deque()
        self._built: deque[tuple[Owed, Content]] = deque()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._intended) + len(self._built)

    def extend(self, intended: Iterable[Owed]) -> None:
        """Add messages whose intent is durable."""
        self._intended.extend(intended)

    def next(self, build: Callable[[Owed], Content | None]) -> tuple[Owed, Content] | None:
        """Return the next message; None: there is none that could be built."""
        while self._intended and not self._built:
            for _ in range(min(BUILT_AT_ONCE, len(self._intended))):
                owed = self._intended.popleft()
                if (content := build(owed)) is not None:
                    self._built.append((owed, content))
        return self._built.popleft() if self._built else None

    def clear(self) -> list[Owed]:
        """Return all there are, and keep none."""
        left = [*(owed for owed, _ in self._built), *self._intended]
        self._built.clear()
        self._intended.clear()
        return left
