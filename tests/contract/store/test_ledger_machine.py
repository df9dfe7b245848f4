"""On PostgreSQL is true what tests/unit/store/test_ledger_machine.py claims."""

import pytest

from tests.unit.store.test_ledger_machine import *  # noqa: F403

pytestmark = pytest.mark.xdist_group("postgres")
