"""What the store asks of a database, whichever it is: SQLite's file or a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol


class Row(Protocol):
    """One row of a result: by position, by name, or one column after the other."""

    def __getitem__(self, column: int | str, /) -> Any:
        """Return the value of a column."""

    def __iter__(self) -> Iterator[Any]:
        """Return the values."""


class Cursor(Protocol):
    """What a statement has found or changed."""

    @property
    def rowcount(self) -> int:
        """Return how many rows were changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""


class Connection(Protocol):
    """An open transaction, or a connection outside of any."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Cursor:
        """Run one statement; `:name` stands for a parameter."""

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> Cursor:
        """Run a statement once for each set of parameters."""


#: What a sender has claimed may be claimed by others when it has said nothing for so long.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class OtherSender:
    """A sender of a mailing that has not said good-bye."""

    id: int
    process: int
    machine: str
    #: Its claims may be taken after this moment.
    lease: int


class Sign(Protocol):
    """The sign of life of one sender; it ends with its process, however that ends.

    A stopped process still holds it, so that what it has in flight is never taken.
    """

    def drop(self) -> None:
        """Give it up."""


class Reserve(Protocol):
    """Room for the last words of a sender."""

    def give_up(self) -> None:
        """Give the room back."""


class Signs(Protocol):
    """Who of the senders lives."""

    def hold(self, sender: int) -> Sign:
        """Return the sign of life of a sender, held until it is dropped."""

    def is_alive(self, other: OtherSender) -> bool:
        """Say whether a sender's process lives, running or stopped."""

    def forget(self, sender: int) -> None:
        """Take away what a dead sender has left."""

    def check(self) -> None:
        """Raise StoreError where the sign of life that is held is not seen by others any more."""

    def is_held(self) -> bool:
        """Say whether others can still see that we live; asks nobody."""

    def where(self, machine: str) -> str:
        """Return where this process is, for the others to read."""

    def reserve(self, sender: int) -> Reserve:
        """Return room for the last words of a sender; StoreError where there is none."""


class Seats(Protocol):
    """The share that one process has of the connections of a route."""

    def hold(self, wanted: int) -> int:
        """Return how many connections there may be now, of so many wanted."""

    def sit(self) -> None:
        """Note that a connection is being opened."""

    def rise(self) -> None:
        """Note that a connection has ended."""


class AllSeats(Protocol):
    """The connections to each server, shared out among all processes that send."""

    def __enter__(self) -> AllSeats:
        """Return them."""

    def __exit__(self, *_error: object) -> None:
        """Leave all places."""

    def of(self, route: str, most: int) -> Seats:
        """Return the share that this process has of a route's connections."""


class Store(Protocol):
    """An open database with the current schema."""

    @property
    def connection(self) -> Connection:
        """Return the connection, for what is no transaction."""

    @property
    def is_there(self) -> bool:
        """Say whether there is a database; else it is empty, because a read makes none."""

    @property
    def signs(self) -> Signs:
        """Return who of the senders lives; the same object each time."""

    def seats(self) -> AllSeats:
        """Return the connections shared with the other processes that send from here."""

    def fingerprint(self, name: str = "") -> str:
        """Return what tells this database from any copy of it; see `machine.fingerprint`."""

    def relieve(self) -> None:
        """Make room where the disk is full, if that can be done from here."""

    def close(self) -> None:
        """End; the store is unusable afterwards."""

    def __enter__(self) -> Store:
        """Return the store."""

    def __exit__(self, *_: object) -> None:
        """Close it."""

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[Any]:
        """Return all rows that a reading statement gives; StoreError where it cannot."""

    def errors(self, doing: str) -> AbstractContextManager[None]:
        """Turn what the database raises in the block into a StoreError: "cannot be read"."""

    def transaction(self, queue: str = "") -> AbstractContextManager[Connection]:
        """Run the block in one write transaction: all of it is durable, or nothing.

        Those that name the same queue wait for one another, on any database. On SQLite
        everybody does.
        """
