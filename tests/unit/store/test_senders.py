"""Whether a sender lives is told by a lock, and in doubt it does."""

from __future__ import annotations

from pathlib import Path

from newsletter.store.senders import SenderLock, is_alive, lock_path


def test_who_holds_the_lock_lives_and_who_has_dropped_it_does_not(tmp_path: Path) -> None:
    database = tmp_path / "newsletter.db"
    lock = SenderLock(lock_path(database, 7))

    assert is_alive(database, 7)
    lock.drop()
    assert not is_alive(database, 7)


def test_a_lock_file_that_nobody_holds_is_of_the_dead(tmp_path: Path) -> None:
    database = tmp_path / "newsletter.db"
    lock_path(database, 7).touch()

    assert not is_alive(database, 7)


def test_a_lock_that_cannot_be_asked_is_taken_for_a_living_sender(tmp_path: Path) -> None:
    database = tmp_path / "newsletter.db"
    path = lock_path(database, 7)
    # It leads nowhere, so that it can be opened neither for writing nor for reading.
    path.symlink_to(path)

    assert is_alive(database, 7)
