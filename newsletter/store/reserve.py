"""Room on the disk for the last words of a sender, when it is full."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import StoreError

#: The results of one round, with every page they touch, fit in.
RESERVE_BYTES = 1_000_000


def reserve_path(lock: Path) -> Path:
    """Return the file that keeps the room, beside the lock of its sender."""
    return lock.with_name(f"{lock.name}-reserve")


class FileReserve:
    """Room kept free on the disk, for the last words of a sender when it is full."""

    def __init__(self, lock: Path) -> None:
        self._path = reserve_path(lock)
        try:
            self._path.write_bytes(bytes(RESERVE_BYTES))
        except OSError as error:
            self._path.unlink(missing_ok=True)
            raise StoreError(
                f"there is no room for the ledger beside {str(lock.parent)!r}: {error.strerror}",
                hint="Free some space on the disk, then go on: newsletter resume",
            ) from error

    def give_up(self) -> None:
        """Give the room back."""
        self._path.unlink(missing_ok=True)
