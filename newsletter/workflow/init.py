"""Make a workspace: the settings, the secrets and the folders a team starts with."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from newsletter import shipped
from newsletter.errors import FileWriteError
from newsletter.workspace import CONFIG_NAME

_CONFIG = """\
# A newsletter and how it is made. Mail server, passwords and sender are in .env beside this
# file; what stands there wins over this file.

name = {name}
# Who publishes it, and where letters reach them: both stand at the end of every issue,
# because many countries ask for it by law.
organisation = ""
postal_address = ""
website = ""

# The language of the newsletter: en, fr, es, de, ru, ar or zh.
language = "en"
# In which the days of a period begin and end: "Europe/Paris", "America/Bogota".
time_zone = "UTC"
# A folder in templates/, or a theme that comes with the program.
theme = "default"

# Where the news comes from: a feed, a page that lists news, a folder of Markdown files.
# `newsletter sources add ADDRESS` looks at one and writes it down here.
#
# [[sources]]
# name = "Our news"
# url = "https://www.example.org/news/"
"""

_IGNORED = """\
# Secrets, subscribers, and what can be made again.
/.env
/newsletter.db*
/dkim/
*.pem
/archive/
/.cache/
/.newsletter.lock
/.order-*
/.last-run
/issues/*/out/
"""


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What making a workspace did."""

    root: Path
    #: Files and folders that are new.
    made: tuple[str, ...]
    #: What had been there and was left as it is.
    kept: tuple[str, ...]
    #: What a person should look at.
    notes: tuple[str, ...]


def init_workspace(root: Path) -> NewWorkspace:
    """Make a workspace of a folder; what is there already is never changed.

    Raises FileWriteError.
    """
    root = root.expanduser().resolve()
    files = {
        CONFIG_NAME: (_CONFIG.format(name=_quoted(_readable(root.name))), 0o644),
        ".env": (_with_secret(shipped.env_example().read_text(encoding="utf-8")), 0o600),
        ".gitignore": (_IGNORED, 0o644),
    }
    made: list[str] = []
    kept: list[str] = []
    try:
        root.mkdir(parents=True, exist_ok=True)
        for folder in ("templates", "issues"):
            is_new = not (root / folder).is_dir()
            (root / folder).mkdir(exist_ok=True)
            (made if is_new else kept).append(f"{folder}/")
        for name, (text, mode) in files.items():
            (made if _write_new(root / name, text, mode) else kept).append(name)
    except OSError as error:
        place = error.filename or str(root)
        raise FileWriteError(f"cannot write {str(place)!r}: {error.strerror}") from error
    return NewWorkspace(root, tuple(made), tuple(kept), tuple(_notes(root, kept)))


def _write_new(path: Path, text: str, mode: int) -> bool:
    """Write a file that is not there yet, readable by `mode` from its first moment."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _with_secret(example: str) -> str:
    return re.sub(
        r"^NEWSLETTER_SECRET=$",
        f"NEWSLETTER_SECRET={secrets.token_urlsafe(32)}",
        example,
        flags=re.MULTILINE,
    )


def _notes(root: Path, kept: list[str]) -> list[str]:
    notes = []
    if ".env" in kept and (root / ".env").stat().st_mode & 0o077:
        notes.append(".env can be read by others on this machine: chmod 600 .env")
    if ".gitignore" in kept and not re.search(
        r"^/?\.env$", (root / ".gitignore").read_text(encoding="utf-8", errors="replace"), re.M
    ):
        notes.append(".gitignore does not name .env: add a line `/.env`, it holds passwords")
    return notes


def _readable(folder_name: str) -> str:
    """Return "ALP news" for "ALP-news": what a person may have meant with a folder's name."""
    words = " ".join(re.split(r"[\s_-]+", folder_name)).strip()
    return words[:1].upper() + words[1:] if words else "Newsletter"


def _quoted(text: str) -> str:
    """Return a TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(text.replace("\x7f", ""), ensure_ascii=False)
