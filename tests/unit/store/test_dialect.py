"""What SQLite is told, as PostgreSQL is told it."""

from __future__ import annotations

import pytest

from newsletter.store.dialect import for_postgres, many_for_postgres, together, two


def _text(statement: str) -> str:
    return for_postgres(statement).text.decode()


def test_parameters_become_those_of_the_driver_and_casts_stay_casts() -> None:
    assert _text("SELECT :name, id::text, ?") == "SELECT %(name)s, id::text, %s"


def test_what_stands_in_quotes_or_in_a_comment_is_no_parameter() -> None:
    assert _text("SELECT 'at :noon' -- or :later\n, :now") == (
        "SELECT 'at :noon' -- or :later\n, %(now)s"
    )


def test_a_percent_sign_is_no_place_for_a_value() -> None:
    assert _text("SELECT id % :every FROM t WHERE note LIKE '5.7.%'") == (
        "SELECT id %% %(every)s FROM t WHERE note LIKE '5.7.%%'"
    )


@pytest.mark.parametrize(
    ("sqlite", "postgres", "array"),
    [
        ("id IN (SELECT value FROM json_each(:keys))", "id = ANY (%(keys)s::bigint[])", "keys"),
        (
            "domain NOT IN (SELECT value FROM json_each(:but))",
            "domain <> ALL (%(but)s::text[])",
            "but",
        ),
        (
            "FROM json_each(:people) AS asked",
            "FROM unnest(%(people)s::text[]) AS asked (value)",
            "people",
        ),
    ],
)
def test_json_arrays_become_arrays(sqlite: str, postgres: str, array: str) -> None:
    told = for_postgres(sqlite)

    assert told.text.decode() == postgres
    assert told.arrays == {array}


def test_only_what_differs_needs_to_be_said() -> None:
    statement = two("SELECT 1 LIMIT :count", {"LIMIT": "FETCH FIRST"})

    assert statement == "SELECT 1 LIMIT :count"
    assert _text(statement) == "SELECT 1 FETCH FIRST %(count)s"


def test_a_difference_from_something_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="OFFSET"):
        two("SELECT 2 LIMIT :count", {"OFFSET": ""})


def test_many_rows_go_as_columns() -> None:
    statement = together(
        "INSERT INTO t VALUES (:key, :now)",
        "INSERT INTO t SELECT r.key, :now FROM {rows}",
        {"key": "bigint"},
        once="key",
    )
    told = many_for_postgres(statement)

    assert told.text.decode() == (
        "INSERT INTO t SELECT r.key, %(now)s FROM unnest(%(key)s::bigint[]) AS r (key)"
    )
    assert (told.columns, told.once, told.arrays) == (("key",), "key", frozenset())
