"""A copy of a database on a server is told from the original; machines that share one are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.store import Store, open_store
from tests.databases import Database, PostgresDatabase

pytestmark = pytest.mark.xdist_group("postgres")


def test_all_who_work_in_one_database_have_the_same_place(store: Store, database: Database) -> None:
    with database.open() as other:
        assert other.fingerprint() == store.fingerprint()
        assert other.fingerprint("office") == store.fingerprint("office") != store.fingerprint()


def test_a_database_that_was_copied_is_another_place(database: Database, tmp_path: Path) -> None:
    assert isinstance(database, PostgresDatabase)
    with database.open() as store:
        original = store.fingerprint()
    copied = database.server.create_database(database.name)

    with open_store(copied, root=tmp_path, create=False) as store:
        assert store.fingerprint() != original
    database.server.drop_database(copied)


def test_a_database_that_was_put_back_under_its_name_is_another_place(
    database: Database, tmp_path: Path
) -> None:
    assert isinstance(database, PostgresDatabase)
    with database.open() as store:
        original = store.fingerprint()
    server, kept = database.server, database.server.create_database(database.name)
    server.drop_database(database.url)
    server.execute(f"ALTER DATABASE {kept.rpartition('/')[2]} RENAME TO {database.name}".encode())

    with open_store(database.url, root=tmp_path, create=False) as store:
        assert store.fingerprint() != original
