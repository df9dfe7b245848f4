"""Fixtures are nouns; the environment is cleaned and the network is closed first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from newsletter.settings import ENVIRONMENT
from tests.servers.news_site import NewsSite
from tests.servers.postgres import Postgres, found_binaries, postgres

#: Set where the tests decide over a landing: `make test` does, and so do the usual services.
IS_CI = os.environ.get("CI", "") not in {"", "0", "false"}

# No test is timed: a busy machine is not a bug. On a person's machine examples are new
# each time and failures are remembered; a landing must not hang on a lucky draw.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("house"), derandomize=True, database=None
)
hypothesis.settings.load_profile("ci" if IS_CI else "house")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*ENVIRONMENT, "NEWSLETTER_WORKSPACE", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    for name in list(os.environ):
        if name.lower() in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}:
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def news_site() -> Iterator[NewsSite]:
    """A news site on loopback that answers what a test tells it to."""
    with NewsSite() as site:
        yield site


@pytest.fixture(scope="session")
def postgres_binaries() -> Path:
    """The folder of PostgreSQL's programs; where there are none, tests say what to install."""
    return found_binaries(IS_CI)


@pytest.fixture(scope="session")
def postgres_server(postgres_binaries: Path) -> Iterator[Postgres]:
    """A PostgreSQL server on loopback, one for all tests: each makes a database of its own."""
    with postgres(postgres_binaries) as server:
        yield server
