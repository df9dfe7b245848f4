"""The tables on PostgreSQL: those of SQLite, made by numbered scripts, all or nothing."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from newsletter.errors import StoreError
from newsletter.store import open_store
from newsletter.store import postgres as postgres_module
from tests.databases import SqliteDatabase
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.xdist_group("postgres")

_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'newsletter_schema'
"""
_EVERYTHING = """
SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable
  || COALESCE(' ' || column_default, '') || COALESCE(' ' || collation_name, '')
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c
  WHERE c.connamespace = 'public'::regnamespace
UNION ALL SELECT t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger AS t WHERE NOT t.tgisinternal
UNION ALL SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc AS p
  WHERE p.pronamespace = 'public'::regnamespace
ORDER BY 1, 2
"""


def _all(url: str, question: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return [(row[0], row[1]) for row in connection.execute(question.encode())]


def _made(server: Postgres, folder: Path) -> str:
    url = server.create_database()
    open_store(url, root=folder, create=True).close()
    return url


def test_both_databases_have_the_same_tables_and_columns(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    url = _made(postgres_server, tmp_path)
    with SqliteDatabase(tmp_path).open() as store:
        names = "SELECT m.name AS t, c.name AS c FROM sqlite_schema AS m, pragma_table_info(m.name)"
        found = store.rows(
            f"{names} AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'", {}
        )

    assert set(_all(url, _COLUMNS)) == {(row["t"], row["c"]) for row in found}


def test_a_store_migrated_step_by_step_equals_a_fresh_one(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = postgres_module.migrations()
    fresh = _made(postgres_server, tmp_path)
    old = postgres_server.create_database()

    for number in range(1, len(steps) + 1):
        monkeypatch.setattr(postgres_module, "migrations", lambda upto=number: steps[:upto])
        monkeypatch.setattr(postgres_module, "NEWEST", number)
        open_store(old, root=tmp_path, create=True).close()

    assert _all(old, _EVERYTHING) == _all(fresh, _EVERYTHING)
    assert [number for number, _ in steps] == list(range(1, len(steps) + 1))


def test_a_migration_that_fails_changes_nothing(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.create_database()
    twice = "CREATE TABLE a (x integer);\nCREATE TABLE a (x integer);\n"
    monkeypatch.setattr(postgres_module, "migrations", lambda: [(1, twice)])

    with pytest.raises(StoreError, match="already exists"):
        open_store(url, root=tmp_path, create=True)

    assert _all(url, _EVERYTHING) == []


def test_reading_an_empty_database_makes_no_table(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    url = postgres_server.create_database()

    with open_store(url, root=tmp_path, create=False) as store:
        assert store.rows("SELECT * FROM mailings", {}) == []

    assert _all(url, _EVERYTHING) == []
    assert list(tmp_path.iterdir()) == []
