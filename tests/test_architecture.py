"""The house rules that a machine can check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "newsletter").rglob("*.py"))
#: Words of other systems; ours are in docs/glossary.md.
DENIED = re.compile(r"\b(campaigns?|blacklist(ed|s)?|audiences? list)\b", re.IGNORECASE)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_400_lines(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").count("\n")

    assert lines <= 400


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_the_words_of_the_glossary(module: Path) -> None:
    assert DENIED.search(module.read_text(encoding="utf-8")) is None


def test_only_settings_reads_the_environment() -> None:
    readers = [path.name for path in MODULES if "os.environ" in path.read_text(encoding="utf-8")]

    assert readers == ["settings.py"]


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}

    assert not [path for path in MODULES if path.name in nothing]


@pytest.mark.parametrize(
    "module", sorted((ROOT / "newsletter" / "cli").glob("*.py")), ids=lambda path: path.name
)
def test_examples_are_paragraphs_of_their_own(module: Path) -> None:
    """Click's mark for kept lines would be shown to people: ruff makes the docstring raw."""
    assert re.search(r"^\s*\\b$", module.read_text(encoding="utf-8"), re.MULTILINE) is None


#: Suites about SQLite's file and the locks beside it, or about no database at all.
OF_THE_FILE = {
    "test_dialect.py",
    "test_locks.py",
    "test_machine.py",
    "test_senders.py",
    "test_sqlite.py",
}


def test_every_suite_of_the_store_is_run_on_both_databases() -> None:
    suites = {path.name for path in (ROOT / "tests" / "unit" / "store").glob("test_*.py")}
    twins = {path.name for path in (ROOT / "tests" / "contract" / "store").glob("test_*.py")}

    missing = {one for one in suites - OF_THE_FILE if "postgres" not in one} - twins
    assert not missing, "three lines in tests/contract/store run it on PostgreSQL, too"
