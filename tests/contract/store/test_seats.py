"""On PostgreSQL is true what tests/unit/store/test_seats.py claims."""

import pytest

from tests.unit.store.test_seats import *  # noqa: F403

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a process for stopped after two seconds without a word: tests are not patient."""
    monkeypatch.setattr("newsletter.store.postgres_seats.STOPPED_SECONDS", 2.0)
