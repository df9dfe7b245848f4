"""The store on a PostgreSQL server: each test has a database of its own, copied from one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.store import Store, open_store
from tests.databases import Database, PostgresDatabase
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def template(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database in which a store has been made, and nothing else."""
    url = postgres_server.create_database()
    open_store(url, root=tmp_path_factory.mktemp("template"), create=True).close()
    return url.rpartition("/")[2]


@pytest.fixture
def database(postgres_server: Postgres, template: str, tmp_path: Path) -> Iterator[Database]:
    made = PostgresDatabase(postgres_server, template, tmp_path)
    yield made
    made.drop()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.open() as opened:
        yield opened
