"""The first commands a person types: init, theme, completion, help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from newsletter.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
#: Libraries that a person who only asks for help must not wait for.
HEAVY = ("requests", "premailer", "lxml", "babel", "cattrs", "tomlkit", "jinja2", "email_validator",
         "feedparser", "cssutils", "PIL", "nh3", "markdown_it", "yaml", "aiosmtpd", "cryptography",
         "charset_normalizer", "dotenv")  # fmt: skip


def _commands() -> list[list[str]]:
    """Return every command with its group, [] for the program itself."""
    found: list[list[str]] = [[]]
    context = click.Context(main)
    for name in COMMANDS:
        found.append([name])
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            found += [[name, inner] for inner in command.list_commands(context)]
    return found


def test_init_says_what_it_made_and_what_comes_next(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", str(tmp_path / "news")])

    assert result.exit_code == 0
    assert "made  newsletter.toml" in result.stdout
    assert "newsletter sources add" in result.stdout


def test_init_twice_says_that_all_is_kept(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["init", str(tmp_path)])
    (tmp_path / ".env").chmod(0o644)

    result = CliRunner().invoke(main, ["init", str(tmp_path)])

    assert "made" not in result.stdout
    assert "chmod 600 .env" in result.stderr


def test_themes_are_listed_and_copied(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["init", str(tmp_path)])
    here = ["--workspace", str(tmp_path), "theme"]

    copied = CliRunner().invoke(main, [*here, "copy", "default", "--as", "ours"]).stdout
    listed = CliRunner().invoke(main, [*here, "list"]).stdout
    programs = json.loads(CliRunner().invoke(main, [*here, "list", "--json"]).stdout)

    assert 'theme = "ours"' in copied
    assert listed.splitlines()[0] == "ours\tyour own, in templates/ours"
    assert {"name": "default", "shipped": True} in programs["themes"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_the_shell_needs(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])

    assert result.exit_code == 0
    assert "_NEWSLETTER_COMPLETE" in result.stdout
    assert "To keep it" in result.stderr


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_help_does_not_wait_for_heavy_libraries(words: list[str]) -> None:
    script = (
        "import sys\n"
        "from newsletter.cli import main\n"
        f"try: main({[*words, '--help']!r}, prog_name='newsletter')\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert ran.stderr.strip() == "[]"
    assert ran.stdout.startswith("Usage: newsletter")


def test_help_of_the_program_does_not_even_read_the_settings() -> None:
    script = (
        "import sys\n"
        "from newsletter.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('newsletter.settings' in sys.modules, file=sys.stderr)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert ran.stderr.strip() == "False"


def test_colour_is_left_out_when_a_person_wants_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with main.make_context("newsletter", ["init", str(tmp_path)]) as ctx:
        assert main.callback is not None
        ctx.invoke(main.callback, workspace=None)

        assert ctx.color is False


def test_a_misspelt_command_is_told_the_nearest() -> None:
    result = CliRunner().invoke(main, ["colect", "2016-05"])

    assert result.exit_code == 2
    assert "Did you mean 'collect'?" in result.stderr
