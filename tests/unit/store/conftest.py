"""The store in a file: what these suites claim of it, tests/contract/store claims of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.store import Store
from tests.databases import Database, SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return SqliteDatabase(tmp_path)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.open() as opened:
        yield opened
