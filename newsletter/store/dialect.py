"""One set of statements for two databases: what SQLite is told, as PostgreSQL understands it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

#: Statement for SQLite -> the one for PostgreSQL, where one text cannot serve both.
_OTHERS: dict[str, str] = {}

#: The JSON arrays that hold numbers; all others hold texts.
NUMBERS = frozenset({"keys", "lists", "earlier"})

_NOT_IN_ARRAY = re.compile(r"\bNOT IN \(SELECT value FROM json_each\(:(\w+)\)\)")
_IN_ARRAY = re.compile(r"\bIN \(SELECT value FROM json_each\(:(\w+)\)\)")
_EACH = re.compile(r"\bjson_each\(:(\w+)\) AS (\w+)")
_ARRAYS = re.compile(r":(\w+)::(?:bigint|text)\[\]")
# Literals and comments stay as they are, `::` is a cast; a `%` must be written twice.
_PIECES = re.compile(r"'[^']*'|--[^\n]*|(?<!:):([a-z_]+)|\?")


class Statement(NamedTuple):
    """A statement for PostgreSQL, in the form that psycopg takes."""

    text: str
    #: Parameters that hold a JSON array, and are handed over as an array.
    arrays: frozenset[str]


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


@cache
def for_postgres(statement: str) -> Statement:
    """Return what a statement is for PostgreSQL.

    Arrays come as JSON for SQLite's `json_each`; here they are arrays, so that the
    server plans with them. Its `:name` is psycopg's `%(name)s`.
    """
    text = _OTHERS.get(statement, statement)
    text = _NOT_IN_ARRAY.sub(lambda found: f"<> ALL ({_array(found[1])})", text)
    text = _IN_ARRAY.sub(lambda found: f"= ANY ({_array(found[1])})", text)
    text = _EACH.sub(lambda found: f"unnest({_array(found[1])}) AS {found[2]} (value)", text)
    arrays = frozenset(_ARRAYS.findall(text))
    return Statement(_PIECES.sub(_parameter, text.replace("%", "%%")), arrays)


def _array(name: str) -> str:
    return f":{name}::{'bigint' if name in NUMBERS else 'text'}[]"


def _parameter(found: re.Match[str]) -> str:
    if found[0] == "?":
        return "%s"
    return f"%({found[1]})s" if found[1] else found[0]
