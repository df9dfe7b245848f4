"""Who of the senders lives, as a PostgreSQL server sees it: on whichever machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from newsletter.errors import StoreError
from newsletter.store.database import LEASE, OtherSender
from newsletter.store.postgres_holding import Holding

#: How long the server may take to end a connection of ours that it has not seen broken.
BURIAL_SECONDS = 5.0

_SEEN = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid = 'senders'::regclass::oid AND l.objid::bigint = :sender) AS is_held,
  FLOOR(EXTRACT(EPOCH FROM pg_postmaster_start_time()) * 1000)::bigint AS began,
  FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS now
"""

#: Asks the server something.
Ask = Callable[[str, Mapping[str, object]], list[Any]]


class PostgresSign:
    """The sign of life of one sender: an advisory lock, seen from every machine."""

    def __init__(self, signs: PostgresSigns, sender: int) -> None:
        self._signs = signs
        self._sender = sender

    def drop(self) -> None:
        """Give up the sign of life."""
        self._signs.drop(self._sender)


class NoReserve:
    """There is none: the disk is the server's."""

    def give_up(self) -> None:
        """Do nothing."""


class PostgresSigns:
    """Signs of life on the server: for processes of any machine."""

    def __init__(self, holding: Holding, ask: Ask) -> None:
        self._holding = holding
        self._ask = ask
        self._held: set[int] = set()

    def hold(self, sender: int) -> PostgresSign:
        """Return the sign of life of a sender, held until it is dropped."""
        if not self._holding.take("senders", [sender]):
            raise StoreError(f"the sign of life of sender {str(sender)!r} is taken")
        self._held.add(sender)
        return PostgresSign(self, sender)

    def drop(self, sender: int) -> None:
        """Give up the sign of life of a sender."""
        self._held.discard(sender)
        if self._holding.is_whole:
            with suppress(StoreError):
                self._holding.give_up("senders", [sender])

    def is_alive(self, other: OtherSender) -> bool:
        """Say whether a sender's process lives, running or stopped, here or elsewhere.

        Without its lock it does where the lock may be on its way back: the server was
        restarted since it wrote last, or its process is seen here. Neither counts for
        longer than its lease.
        """
        seen = self._ask(_SEEN, {"sender": other.id})[0]
        if seen["is_held"] or other.lease <= seen["now"]:
            return bool(seen["is_held"])
        if other.machine == whereabouts():
            return other.process != os.getpid() and _is_running(other.process)
        return bool(seen["began"] > other.lease - LEASE // timedelta(milliseconds=1))

    def forget(self, sender: int) -> None:
        """Do nothing: a lock leaves nothing behind."""

    def check(self) -> None:
        """Take the signs anew where the connection they hung on was cut."""
        if self._holding.beat():
            return
        before = self._holding.renew()
        missing = set(self._held)
        give_up = monotonic() + BURIAL_SECONDS
        while missing := missing - set(self._holding.take("senders", sorted(missing))):
            if monotonic() > give_up:
                raise StoreError("the database still holds the locks of a connection that was cut")
            # The network was cut, and the server does not know yet.
            self._holding.dismiss(before)
            sleep(0.1)

    def is_held(self) -> bool:
        """Say whether others can still see that we live."""
        return self._holding.is_whole

    def where(self, _machine: str) -> str:
        """Return what tells the place of a process from any other with the same numbers."""
        return whereabouts()

    def reserve(self, _sender: int) -> NoReserve:
        """Return nothing to give up."""
        return NoReserve()


@cache
def whereabouts() -> str:
    """Return what names this start of this machine, and the container on it."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()


def _is_running(process: int) -> bool:
    """Say whether a process of this machine has not ended."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[:1] not in (["Z"], ["X"])
