"""What a PostgreSQL server refuses, and what happens when it hangs up, each tried on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from newsletter.errors import StoreBusyError, StoreError
from newsletter.store import Store, open_store
from newsletter.store.people import People
from tests.databases import Database, PostgresDatabase
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.xdist_group("postgres")
NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


def _hang_up(server: Postgres, database: Database) -> None:
    """End all connections to a database, as its administrator may, and see them gone."""
    name = database.url.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '{name}'"
    server.execute(end.encode())


def _alter(server: Postgres, url: str, change: str) -> None:
    server.execute(f"ALTER DATABASE {url.rpartition('/')[2]} {change}".encode())


@contextmanager
def _held(url: str, statement: str) -> Iterator[None]:
    """Hold what a statement locks."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        yield


def test_a_server_that_may_only_be_read_says_so(
    postgres_server: Postgres, database: PostgresDatabase
) -> None:
    _alter(postgres_server, database.url, "SET default_transaction_read_only = on")

    with database.open() as store, pytest.raises(StoreError, match="read-only") as caught:
        People(store).ensure_list("members", now=NOW)

    assert "may be written" in caught.value.hint


def test_a_server_with_no_place_left_says_so(
    postgres_server: Postgres, database: PostgresDatabase
) -> None:
    _alter(postgres_server, database.url, "CONNECTION LIMIT 0")

    with pytest.raises(StoreError, match="too many connections") as caught:
        database.open()

    assert "max_connections" in caught.value.hint


def test_a_database_that_cannot_hold_every_name_is_refused(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    postgres_server.execute(
        b"CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0"
        b" LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' OWNER newsletter"
    )

    with pytest.raises(StoreError, match="LATIN1") as caught:
        open_store(postgres_server.url("old"), root=tmp_path, create=True)

    assert "UTF8" in caught.value.hint


def test_who_waits_too_long_for_another_is_told_that_it_is_busy(
    store: Store, database: PostgresDatabase
) -> None:
    store.connection.execute("SET lock_timeout = '50ms'")

    with _held(database.url, "LOCK TABLE lists"), pytest.raises(StoreBusyError):
        People(store).ensure_list("members", now=NOW)

    People(store).ensure_list("members", now=NOW)
    assert len(People(store).lists()) == 1


def test_after_a_cut_it_reads_and_writes_on(
    store: Store, postgres_server: Postgres, database: PostgresDatabase
) -> None:
    people = People(store)
    people.ensure_list("members", now=NOW)

    _hang_up(postgres_server, database)
    assert len(people.lists()) == 1
    _hang_up(postgres_server, database)
    people.ensure_list("press", now=NOW)

    assert len(people.lists()) == 2


def test_a_cut_in_the_middle_of_a_change_leaves_nothing_of_it(
    store: Store, postgres_server: Postgres, database: PostgresDatabase
) -> None:
    def change() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO lists (key, created) VALUES ('a', '')")
            _hang_up(postgres_server, database)
            connection.execute("INSERT INTO lists (key, created) VALUES ('b', '')")

    with pytest.raises(StoreError, match="cannot be written"):
        change()

    assert store.rows("SELECT * FROM lists", {}) == []


def test_a_cut_before_the_answer_to_a_commit_is_told_as_such(
    store: Store, postgres_server: Postgres, database: PostgresDatabase
) -> None:
    def change() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO lists (key, created) VALUES ('a', '')")
            _hang_up(postgres_server, database)

    with pytest.raises(StoreError) as caught:
        change()

    assert caught.value.hint
    assert store.rows("SELECT * FROM lists", {}) == []


def test_an_error_inside_a_change_that_somebody_swallowed_is_not_taken_for_done(
    store: Store,
) -> None:
    def change() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO lists (key, created) VALUES ('a', '')")
            with pytest.raises(psycopg.Error):
                connection.execute("INSERT INTO lists (key, created) VALUES ('a', '')")

    with pytest.raises(StoreError, match="an earlier step had failed"):
        change()

    assert store.rows("SELECT * FROM lists", {}) == []
