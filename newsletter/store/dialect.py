"""One set of statements for two databases: what SQLite is told, as PostgreSQL understands it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class Statement(NamedTuple):
    """A statement for PostgreSQL, in the form that psycopg takes."""

    text: bytes
    #: Parameters that hold a JSON array, and are handed over as an array.
    arrays: frozenset[str]
    #: Parameters of which it takes an array, with the value of each row.
    columns: tuple[str, ...] = ()
    #: The column of which it takes each value once only: rows with the same come after it.
    once: str = ""


#: Statement for SQLite -> the one for PostgreSQL, where one text cannot serve both.
_OTHERS: dict[str, str] = {}

#: Statement for SQLite that is run for many rows -> the one for PostgreSQL that takes them all.
_TOGETHER: dict[str, Statement] = {}

#: The JSON arrays that hold numbers; all others hold texts.
NUMBERS = frozenset({"keys", "lists", "earlier"})

_NOT_IN_ARRAY = re.compile(r"\bNOT IN \(SELECT value FROM json_each\(:(\w+)\)\)")
_IN_ARRAY = re.compile(r"\bIN \(SELECT value FROM json_each\(:(\w+)\)\)")
_EACH = re.compile(r"\bjson_each\(:(\w+)\) AS (\w+)")
_ARRAYS = re.compile(r":(\w+)::(?:bigint|text)\[\]")
# Literals and comments stay as they are, `::` is a cast; a `%` must be written twice.
_PIECES = re.compile(r"'[^']*'|--[^\n]*|(?<!:):([a-z_]+)|\?")


def two(sqlite: str, postgres: str | Mapping[str, str]) -> str:
    """Return the statement for SQLite, and remember the one that says the same to PostgreSQL.

    A mapping says only what is different in it.
    """
    if isinstance(postgres, str):
        _OTHERS[sqlite] = postgres
        return sqlite
    changed = sqlite
    for ours, theirs in postgres.items():
        if ours not in changed:
            raise ValueError(f"{ours!r} is not in the statement")
        changed = changed.replace(ours, theirs)
    _OTHERS[sqlite] = changed
    return sqlite


def together(sqlite: str, postgres: str, columns: Mapping[str, str], *, once: str = "") -> str:
    """Return the statement that SQLite runs for each row; PostgreSQL is told all rows at once.

    There `{rows}` is a table of the columns, which are given with their types. All other
    parameters are the same for every row. `once` names the column of an ON CONFLICT that changes
    the row: no statement may do that twice to one row.
    """
    arrays = ", ".join(f":{name}::{kind}[]" for name, kind in columns.items())
    rows = f"unnest({arrays}) AS r ({', '.join(columns)})"
    ready = _ready(postgres.replace("{rows}", rows))
    _TOGETHER[sqlite] = Statement(ready.text, ready.arrays - set(columns), tuple(columns), once)
    return sqlite


def many_for_postgres(statement: str) -> Statement:
    """Return what a statement is that is to be run for many rows."""
    return _TOGETHER.get(statement) or for_postgres(statement)


@cache
def for_postgres(statement: str) -> Statement:
    """Return what a statement is for PostgreSQL.

    Arrays come as JSON for SQLite's `json_each`; here they are arrays, so that the
    server plans with them. Its `:name` is psycopg's `%(name)s`.
    """
    return _ready(_OTHERS.get(statement, statement))


def _ready(text: str) -> Statement:
    text = _NOT_IN_ARRAY.sub(lambda found: f"<> ALL ({_array(found[1])})", text)
    text = _IN_ARRAY.sub(lambda found: f"= ANY ({_array(found[1])})", text)
    text = _EACH.sub(lambda found: f"unnest({_array(found[1])}) AS {found[2]} (value)", text)
    arrays = frozenset(_ARRAYS.findall(text))
    return Statement(_PIECES.sub(_parameter, text.replace("%", "%%")).encode(), arrays)


def _array(name: str) -> str:
    return f":{name}::{'bigint' if name in NUMBERS else 'text'}[]"


def _parameter(found: re.Match[str]) -> str:
    if found[0] == "?":
        return "%s"
    return f"%({found[1]})s" if found[1] else found[0]
