"""The file itself: migrations, and what goes wrong when it is opened and written."""

from __future__ import annotations

import resource
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.model.mailing import Recipient, UnknownPolicy
from newsletter.model.people import EmailAddress, ImportedPerson, Subscriber
from newsletter.store import Store, open_store
from newsletter.store import sqlite as sqlite_module
from newsletter.store.database import Connection
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.importing import Import
from newsletter.store.ledger import StoreLedger
from newsletter.store.people import People
from newsletter.store.seats import SeatFile
from newsletter.store.senders import SenderLock
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


def _schema(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
    ).fetchall()
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


def test_without_room_for_the_last_words_no_sender_begins(store: Store, tmp_path: Path) -> None:
    edition = FrozenEdition("en", b"template", "fingerprint")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", NOW)
    reader = Recipient("ana@example.org", "en", "<1@x>", "news@example.org")
    mailing = frozen(store, new, [reader], now=NOW)
    assert mailing is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, hard))
    try:
        with pytest.raises(StoreError, match="no room for the ledger") as caught:
            StoreLedger(store, mailing.id, "machine", NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "newsletter resume" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir() if "-sender-" in path.name] == []


def test_a_sign_of_life_in_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        SenderLock(tmp_path / "gone" / "newsletter.db-sender-1")


def test_reading_a_store_that_does_not_exist_makes_no_file(tmp_path: Path) -> None:
    with open_store("sqlite:///people.db", root=tmp_path, create=False) as store:
        assert People(store).lists() == ()

    assert list(tmp_path.iterdir()) == []


def _add_many(people: People, count: int) -> None:
    for number in range(count):
        reader = Subscriber(f"{'long' * 50}{number}@example.org")
        people.add(reader, "members", now=NOW, how="by hand")


def test_a_full_disk_is_a_store_error_and_nothing_is_half_written(store: Store) -> None:
    people = People(store)
    people.ensure_list("members", now=NOW)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="full"):
        _add_many(people, 500)

    store.connection.execute("PRAGMA max_page_count = 100000")
    count = store.rows("SELECT COUNT(*) AS n FROM subscribers", {})[0]["n"]
    assert count == store.rows("SELECT COUNT(*) AS n FROM subscriptions", {})[0]["n"]


def test_a_disk_that_fills_up_while_people_are_imported_leaves_everything_as_it_was(
    store: Store,
) -> None:
    People(store).ensure_list("members", now=NOW)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    batch = Import(store, "members")
    batch.add(
        ImportedPerson(1, EmailAddress(f"{'long' * 10}{number}@example.org"))
        for number in range(2000)
    )
    store.connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="full"):
        batch.write(now=NOW, how="import")

    assert store.rows("SELECT * FROM subscribers", {}) == []
    assert store.rows("SELECT * FROM events", {}) == []


def test_a_locked_store_is_a_store_error(store: Store, tmp_path: Path) -> None:
    store.connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="locked"):
        People(store).ensure_list("members", now=NOW)

    other.close()


def test_connections_in_a_folder_that_takes_no_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="-connections"):
        SeatFile(tmp_path / "none" / "newsletter.db")
