"""Real spam filters judge the example that ships, in seven languages, through `check --spam`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsletter import shipped
from newsletter.cli import main
from tests.servers.rspamd import RSPAMC, needs_rspamd, rspamd

SPAMASSASSIN = shutil.which("spamassassin")
LANGUAGES = ["ar", "de", "en", "es", "fr", "ru", "zh"]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(shipped.example(), folder, dirs_exist_ok=True)
    _run(folder, "collect", "2016-05")
    for file in (folder / "translations").iterdir():
        shutil.copy(file, folder / "issues" / "2016-05")
    return folder


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _run(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["--workspace", str(folder), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def _install(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\nPATH={os.defpath}:/usr/sbin\n{script}\n", encoding="utf-8")
    path.chmod(0o700)


def _scores(folder: Path) -> dict[str, dict[str, Any]]:
    read = json.loads(_run(folder, "check", "2016-05", "--spam", "--json"))
    assert "spam-score" not in {one["check"] for one in read["findings"]}
    return {one["edition"]: one for one in read["spam_scores"]}


@needs_rspamd
def test_rspamd_lets_every_edition_of_the_example_pass(
    example: Path, programs: Path, tmp_path: Path
) -> None:
    with rspamd(tmp_path / "rspamd") as port:
        _install(programs, "rspamc", f'exec {RSPAMC} -h 127.0.0.1:{port} "$@"')

        found = _scores(example)

    assert sorted(found) == LANGUAGES
    assert {one["program"] for one in found.values()} == {"rspamd"}
    assert {one["line"] for one in found.values()} == {15.0}
    # Nothing about the machine that asks, and nothing about a date long past.
    told = " ".join(reason for one in found.values() for reason in one["reasons"])
    assert "HFILTER" not in told
    assert "DATE_IN_PAST" not in told


@pytest.mark.skipif(not SPAMASSASSIN, reason="SpamAssassin is not installed")
def test_spamassassin_lets_every_edition_of_the_example_pass(example: Path, programs: Path) -> None:
    _install(programs, "spamassassin", f'exec {SPAMASSASSIN} "$@"')

    found = _scores(example)

    assert sorted(found) == LANGUAGES
    assert {one["program"] for one in found.values()} == {"SpamAssassin"}
    assert max(one["points"] for one in found.values()) <= 1.0
