"""What is written for people is complete and true."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from newsletter import __version__
from newsletter.cli import COMMANDS, main
from newsletter.settings import ENVIRONMENT

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = _reference()
HELP: dict[str, click.Context] = dict(REFERENCE.commands())


@pytest.mark.parametrize("name", HELP)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    _, _, below_usage = HELP[name].get_help().partition("\n")

    assert "newsletter " in below_usage, below_usage
    assert "\\b" not in below_usage  # click's mark in a raw docstring would be shown


@pytest.mark.parametrize("name", HELP)
def test_every_option_says_what_it_is_for(name: str) -> None:
    options = [one for one in HELP[name].command.params if isinstance(one, click.Option)]

    assert [one.name for one in options if not one.help and not one.hidden] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_keeps_to_one_line_each(name: str) -> None:
    line = COMMANDS[name][2]

    assert line.endswith(".")
    assert len(line) <= 60


@pytest.mark.parametrize("path", REFERENCE.pages(), ids=lambda path: path.name)
def test_the_reference_shows_what_the_program_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == REFERENCE.pages()[path], "run `make docs`"


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    newest = re.search(r"^## \[(?P<version>[^]]+)\]", text, re.MULTILINE)

    assert newest is not None
    assert newest["version"] == __version__


def test_decisions_are_numbered_and_say_what_would_change_our_mind() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {int(page.name[:4])}\. ", text), page.name
        assert "would change our mind" in text, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", text)

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_pages_exist(page: Path) -> None:
    context = click.Context(main)
    text = page.read_text(encoding="utf-8")

    for name, inner in re.findall(r"(?:^    |`)newsletter ([a-z]+)(?: ([a-z]+))?", text, re.M):
        command = main.get_command(context, name)
        assert command is not None, f"newsletter {name}"
        if isinstance(command, click.Group) and inner:
            assert inner in command.list_commands(context), f"newsletter {name} {inner}"


def test_every_word_of_the_statuses_stands_in_the_glossary() -> None:
    from newsletter.model.mailing import DeliveryState, MailingState
    from newsletter.model.people import SubscriptionStatus, SuppressionReason

    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [*DeliveryState, *MailingState, *SubscriptionStatus, *SuppressionReason]

    assert [word for word in words if word.replace("_", " ") not in glossary] == []


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_setting_of_the_environment_is_explained_in_the_example(name: str) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    (at,) = [index for index, line in enumerate(lines) if line.startswith(f"{name}=")]

    above = [line for line in lines[max(0, at - 4) : at] if line.startswith("#")]

    assert above
