"""Find and open the folder a team works in: settings, themes, issues, store."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import settings as settings_module
from newsletter.errors import FileWriteError, WorkspaceBusyError, WorkspaceNotFoundError
from newsletter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.store import Store

CONFIG_NAME = "newsletter.toml"
#: How long an order waits for the database, in seconds.
ORDER_SECONDS = 1.0


@dataclass(frozen=True)
class Workspace:
    """One team's folder; reading never creates anything in it."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """Return the settings, read once."""
        return settings_module.load(self.root)

    @property
    def issues_folder(self) -> Path:
        """Return the folder that holds one folder per issue."""
        return self.root / "issues"

    @property
    def templates_folder(self) -> Path:
        """Return the folder of the team's own themes."""
        return self.root / "templates"

    @property
    def cache_folder(self) -> Path:
        """Return the folder of what can be made again; it may not exist yet."""
        return self.root / ".cache"

    def open_store(self, *, create: bool, is_order: bool = False) -> Store:
        """Return the open store of subscribers and deliveries.

        `create=False` is for reading: a store that does not exist yet is then an
        empty one in memory, and no file appears. `is_order`: a person waits for an answer,
        and gets one within two seconds, also where another process holds the database.
        """
        from newsletter.store import BUSY_SECONDS, open_store

        return open_store(
            self.settings.database_url,
            root=self.root,
            create=create,
            patience=ORDER_SECONDS if is_order else BUSY_SECONDS,
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the workspace's lock while its files are changed.

        Raises WorkspaceBusyError at once where another command holds it.
        """
        import fcntl

        path = self.root / ".newsletter.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FileWriteError(f"cannot write in {str(self.root)!r}: {error.strerror}") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise WorkspaceBusyError(
                    f"another command is changing the workspace {str(self.root)!r}"
                ) from error
            yield
        finally:
            os.close(descriptor)


def find(named: str | None = None) -> Workspace:
    """Return the workspace that `named`, the environment or the current folder points to.

    Order: the argument, then NEWSLETTER_WORKSPACE, then the nearest parent of the
    current folder that holds newsletter.toml. Raises WorkspaceNotFoundError.
    """
    chosen = named or settings_module.workspace_from_environment()
    if chosen:
        root = Path(chosen).expanduser().resolve()
        if not (root / CONFIG_NAME).is_file():
            raise WorkspaceNotFoundError(f"there is no {CONFIG_NAME} in {str(root)!r}")
        return Workspace(root)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return Workspace(folder)
    raise WorkspaceNotFoundError(f"{str(here)!r} is not in a workspace")
