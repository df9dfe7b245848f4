"""Take a theme that comes with the program into the workspace, to own all of it."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from pathlib import Path

from newsletter import shipped
from newsletter.errors import FileWriteError, ThemeNotFoundError
from newsletter.workspace import Workspace


def shipped_themes() -> tuple[str, ...]:
    """Return the names of the themes that come with the program."""
    return tuple(
        sorted(
            path.name for path in shipped.templates().iterdir() if (path / "theme.toml").is_file()
        )
    )


def own_themes(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the folders of the team's own themes."""
    folder = workspace.templates_folder
    if not folder.is_dir() or folder.samefile(shipped.templates()):
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))


def copy_theme(workspace: Workspace, name: str, *, new_name: str = "") -> Path:
    """Copy a theme that comes with the program into the workspace; return its folder.

    The copy appears whole or not at all, and nothing is overwritten. Raises
    ThemeNotFoundError, FileWriteError.
    """
    if name not in shipped_themes():
        near = difflib.get_close_matches(name, shipped_themes(), n=1)
        hint = (
            f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(shipped_themes())}."
        )
        raise ThemeNotFoundError(f"there is no theme {name!r}", hint=hint)
    folder = workspace.templates_folder
    target = folder / (new_name or name)
    if target.parent != folder or target.name.startswith("."):
        raise ThemeNotFoundError(f"{new_name!r} cannot be the name of a theme's folder")
    if target.exists():
        raise FileWriteError(
            f"there is already {str(target)!r}",
            hint="Choose another name with --as, or move that folder away.",
        )
    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copy-", dir=folder) as waiting:
            copied = Path(shutil.copytree(shipped.templates() / name, Path(waiting) / "theme"))
            copied.rename(target)
    except OSError as error:
        raise FileWriteError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    return target
