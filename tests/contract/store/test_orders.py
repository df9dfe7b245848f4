"""On PostgreSQL is true what tests/unit/store/test_orders.py claims."""

import pytest

from tests.unit.store.test_orders import *  # noqa: F403

pytestmark = pytest.mark.xdist_group("postgres")
