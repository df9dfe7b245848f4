"""The file itself: migrations, and what goes wrong when it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.store import open_store
from newsletter.store import sqlite as sqlite_module


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return sorted((row[0], " ".join(row[1].split())) for row in rows)


def test_a_store_migrated_step_by_step_equals_a_fresh_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = sqlite_module._migrations()
    with open_store("sqlite:///fresh.db", root=tmp_path, create=True) as store:
        fresh = _schema(store.connection)

    for number in range(1, len(steps) + 1):
        monkeypatch.setattr(sqlite_module, "_migrations", lambda upto=number: steps[:upto])
        open_store("sqlite:///old.db", root=tmp_path, create=True).close()

    with open_store("sqlite:///old.db", root=tmp_path, create=True) as store:
        assert _schema(store.connection) == fresh


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [number for number, _ in sqlite_module._migrations()]

    assert numbers == list(range(1, sqlite_module.NEWEST + 1))


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sqlite_module, "_migrations", lambda: [(1, "CREATE TABLE a (x);\nCREATE TABLE a (x);\n")]
    )

    with pytest.raises(StoreError, match="already exists"):
        open_store("sqlite:///broken.db", root=tmp_path, create=True)

    with sqlite3.connect(tmp_path / "broken.db") as connection:
        assert _schema(connection) == []
    connection.close()


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "newsletter.db").write_text("these are not the bytes you look for" * 100)

    with pytest.raises(StoreError, match=r"newsletter\.db"):
        open_store("sqlite:///newsletter.db", root=tmp_path, create=True)


def test_a_folder_that_is_not_there_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open"):
        open_store("sqlite:///nowhere/newsletter.db", root=tmp_path, create=True)


def test_an_address_of_another_database_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="'mysql://x'"):
        open_store("mysql://x", root=tmp_path, create=True)


def test_a_new_store_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    with open_store("sqlite:///newsletter.db", root=tmp_path, create=True) as store:
        store.connection.execute("CREATE TABLE t (x)")
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0}
    assert "newsletter.db" in modes
