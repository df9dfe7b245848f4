"""How Python's values reach a PostgreSQL server and come back, as they do with SQLite."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsletter.store.dialect import Statement, for_postgres, many_for_postgres

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import AdaptContext

# In JSON texts, perhaps: the character no text may hold here, and half characters.
_BAD_ESCAPES = re.compile(r"\\u(0000|[dD][89a-fA-F])")


class Values(tuple[Any, ...]):
    """One row: a tuple whose columns can be asked for by name too."""

    __slots__ = ()
    names: Mapping[str, int]

    def __getitem__(self, column: Any) -> Any:
        """Return the value of a column."""
        if isinstance(column, str):
            return tuple.__getitem__(self, self.names[column])
        return tuple.__getitem__(self, column)

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.names)


@lru_cache(maxsize=200)
def _kind(names: tuple[str, ...]) -> type[Values]:
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    return type("Row", (Values,), {"__slots__": (), "names": places})


def rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Values]:
    """Return what makes a row of the values of a result (psycopg's "row factory")."""
    description = cursor.description
    return _kind(tuple(column.name for column in description)) if description else Values


class Connection:
    """A connection that understands SQLite's statements."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, statement: str, parameters: Any = (), /) -> psycopg.Cursor[Any]:
        """Run one statement."""
        ready = for_postgres(statement)
        return self.raw.execute(ready.text, _handed_over(ready, parameters))

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> psycopg.Cursor[Any]:
        """Run a statement for each set of parameters, in one journey to the server."""
        ready = many_for_postgres(statement)
        given = [_handed_over(ready, one) for one in parameters]
        cursor = self.raw.cursor()
        if ready.columns:
            for rows in _apart(_named(ready, given), ready.once):
                columns = {name: [row[name] for row in rows] for name in ready.columns}
                cursor.execute(ready.text, {**rows[0], **columns})
        elif given:
            cursor.executemany(ready.text, given)
        return cursor


def _named(statement: Statement, rows: list[Any]) -> list[Mapping[str, Any]]:
    """Return rows as mappings; tuples have the order of the columns."""
    if rows and isinstance(rows[0], tuple):
        return [dict(zip(statement.columns, row, strict=True)) for row in rows]
    return rows


def _apart(rows: list[Mapping[str, Any]], once: str) -> Iterator[list[Mapping[str, Any]]]:
    """Return all rows, or first those with each value of a column for the first time, and so on."""
    while rows:
        first: list[Mapping[str, Any]] = []
        again: list[Mapping[str, Any]] = []
        seen: set[object] = set()
        for row in rows:
            (again if once and row[once] in seen else first).append(row)
            seen.add(row[once] if once else None)
        yield first
        rows = again


def _handed_over(statement: Statement, parameters: Any) -> Any:
    """Return the parameters with JSON arrays as arrays; without any, None."""
    if not statement.arrays:
        return parameters or None
    arrays = {name: json.loads(parameters[name]) for name in statement.arrays}
    return {**parameters, **arrays}


def adapt(context: AdaptContext) -> None:
    """Let a connection take and give values as SQLite does."""
    from psycopg.adapt import Dumper
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper, StrDumperUnknown

    class YesNo(Dumper):
        """Truth is a number in the tables."""

        oid = Int8Dumper.oid

        def dump(self, obj: bool) -> bytes:
            return b"1" if obj else b"0"

    class Text(StrDumper):
        """A text of which the server refuses nothing."""

        def dump(self, obj: str) -> bytes:
            return storable(obj).encode("utf-8", "replace")

    class TextOfAnyKind(StrDumperUnknown):
        """A text whose type follows from where it stands."""

        def dump(self, obj: str) -> bytes:
            return storable(obj).encode("utf-8", "replace")

    adapters = context.adapters
    assert adapters is not None  # noqa: S101 - a connection always has them
    adapters.register_dumper(bool, YesNo)
    # One type for all, or a statement is prepared again for each length of number.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(str, Text)
    adapters.register_dumper(str, TextOfAnyKind)


def storable(text: str) -> str:
    """Return a text as PostgreSQL can keep it.

    It refuses the character NUL, and JSON that names it or half characters. Servers'
    replies and old address lists do hold such things.
    """
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if text.startswith(("{", "[")) and _BAD_ESCAPES.search(text):
        with suppress(ValueError):
            return json.dumps(_cleaned(json.loads(text)), ensure_ascii=False)
    return text


def _cleaned(value: Any) -> Any:
    """Return what a JSON text says without what PostgreSQL refuses in it."""
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value
