"""A new workspace: complete, valid, private, and never at the cost of what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import settings
from newsletter.errors import FileWriteError
from newsletter.workflow.init import init_workspace

ROOT = Path(__file__).parents[3]


def test_a_new_workspace_can_be_used_at_once(tmp_path: Path) -> None:
    made = init_workspace(tmp_path / "alp-news")

    found = settings.load(made.root)
    assert (found.name, found.language, found.theme) == ("Alp news", "en", "default")
    assert (made.root / "issues").is_dir()
    assert (made.root / "templates").is_dir()
    assert made.kept == made.notes == ()


@pytest.mark.parametrize("folder", ['He said "hi"', "a\\b", "新闻", "x" * 200])
def test_any_folder_name_gives_valid_settings(tmp_path: Path, folder: str) -> None:
    made = init_workspace(tmp_path / folder)

    assert settings.load(made.root).name[1:] == folder[1:]


def test_secrets_are_private_and_new_each_time(tmp_path: Path) -> None:
    first, second = (init_workspace(tmp_path / name).root for name in ("a", "b"))

    assert (first / ".env").stat().st_mode & 0o777 == 0o600
    assert len(settings.load(first).secret) >= 40
    assert settings.load(first).secret != settings.load(second).secret


def test_what_git_must_not_see_is_ignored(tmp_path: Path) -> None:
    root = init_workspace(tmp_path).root

    ignored = (root / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert {"/.env", "/newsletter.db*", "/issues/*/out/"} <= set(ignored)


def test_running_it_twice_changes_nothing(tmp_path: Path) -> None:
    root = init_workspace(tmp_path).root
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    again = init_workspace(tmp_path)

    assert again.made == ()
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_files_of_a_person_are_kept_and_only_the_missing_made(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text('name = "Mine"\n', encoding="utf-8")

    made = init_workspace(tmp_path)

    assert "newsletter.toml" in made.kept
    assert ".env" in made.made
    assert settings.load(tmp_path).name == "Mine"


def test_a_secret_that_others_can_read_or_git_can_see_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMTP_HOST=a\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / ".gitignore").write_text("*.pyc\n", encoding="utf-8")

    notes = init_workspace(tmp_path).notes

    assert [note.split()[0] for note in notes] == [".env", ".gitignore"]


def test_a_place_where_nothing_can_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(FileWriteError, match="cannot write"):
        init_workspace(tmp_path / "file")


def test_the_repository_itself_is_a_workspace() -> None:
    assert settings.load(ROOT).name == "Libraries and Development"


def test_git_never_sees_the_keys_that_sign(tmp_path: Path) -> None:
    init_workspace(tmp_path)

    assert {"/dkim/", "*.pem", "/.env"} <= set((tmp_path / ".gitignore").read_text().splitlines())
