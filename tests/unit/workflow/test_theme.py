"""A theme of one's own: copied whole, over nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import shipped
from newsletter.errors import FileWriteError, ThemeNotFoundError
from newsletter.workflow.theme import copy_theme, own_themes, shipped_themes
from newsletter.workspace import Workspace


def test_a_copied_theme_has_every_file_of_the_original(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)

    copied = copy_theme(workspace, "default")

    original = shipped.templates() / "default"
    assert copied == tmp_path / "templates" / "default"
    assert {path.relative_to(copied) for path in copied.rglob("*")} == {
        path.relative_to(original) for path in original.rglob("*")
    }
    assert own_themes(workspace) == ("default",)


def test_a_copy_under_another_name_leaves_the_first_alone(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    copy_theme(workspace, "default")

    copied = copy_theme(workspace, "default", new_name="ours")

    assert copied.name == "ours"
    assert own_themes(workspace) == ("default", "ours")


def test_a_folder_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "templates" / "default"
    mine.mkdir(parents=True)

    with pytest.raises(FileWriteError, match="there is already"):
        copy_theme(Workspace(tmp_path), "default")

    assert list(mine.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", ".", "..", ".hidden"])
def test_a_copy_cannot_leave_the_folder_of_themes(tmp_path: Path, name: str) -> None:
    with pytest.raises((ThemeNotFoundError, FileWriteError)):
        copy_theme(Workspace(tmp_path), "default", new_name=name)

    assert not (tmp_path / "outside").exists()


def test_a_theme_nobody_made_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ThemeNotFoundError) as caught:
        copy_theme(Workspace(tmp_path), "defualt")

    assert "'default'" in caught.value.hint


def test_the_shipped_themes_of_a_checkout_are_not_the_team_s_own() -> None:
    checkout = Workspace(shipped.templates().parent)

    assert "default" in shipped_themes()
    assert own_themes(checkout) == ()
