"""A database knows where it belongs: a copy of it must ask before it sends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.store import machine
from newsletter.store.machine import fingerprint


def test_a_copy_and_a_backup_put_back_are_told_from_the_database(tmp_path: Path) -> None:
    database = tmp_path / "newsletter.db"
    database.write_bytes(b"books")
    before = fingerprint(database)

    copy = Path(shutil.copy(database, tmp_path / "copy.db"))
    database.rename(tmp_path / "backup.db")
    shutil.copy(copy, database)

    assert fingerprint(database) != before
    assert fingerprint(copy) != before


def test_a_name_stands_for_a_machine_whose_own_changes(tmp_path: Path) -> None:
    assert fingerprint(None, "office") == "office"
    assert fingerprint(tmp_path / "not-yet.db", "office") == f"office {tmp_path / 'not-yet.db'}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_machine_without_an_id_still_has_a_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "machine-id"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(machine, "_MACHINE_ID", path)

    assert fingerprint(None) == fingerprint(None).strip() != ""
