"""On PostgreSQL is true what tests/unit/store/test_last_run.py claims."""

import pytest

from tests.unit.store.test_last_run import *  # noqa: F403

pytestmark = pytest.mark.xdist_group("postgres")
