"""The evidence in docs/explanation/sync-evidence.md can be made again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_dot_leaves_before_its_intent_is_synced(tmp_path: Path) -> None:
    page = tmp_path / "evidence.md"

    made = subprocess.run(
        [sys.executable, "scripts/sync_evidence.py", str(page)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert made.returncode == 0, made.stderr
    assert "fdatasync" in page.read_text(encoding="utf-8")
