"""The workspace of the demo: an example page, its settings, its readers, its mail server."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter import shipped
from newsletter.errors import FileWriteError

#: What the demo sends to whom.
ISSUE = "2016-05"
LIST = "readers"
_FILES = ("newsletter.toml", "news.html", "readers.csv")


def lay_out(folder: Path) -> None:
    """Copy the example into the folder; what a person has changed there stays.

    Raises FileWriteError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            if not (folder / name).exists():
                (folder / name).write_bytes((shipped.example() / name).read_bytes())
    except OSError as error:
        place = error.filename or str(folder)
        raise FileWriteError(f"cannot write {str(place)!r}: {error.strerror}") from error


def translate(folder: Path) -> None:
    """Lay the volunteers' translations beside the issue; those that are there stay.

    Raises FileWriteError.
    """
    issue = folder / "issues" / ISSUE
    try:
        for file in sorted((shipped.example() / "translations").iterdir()):
            if not (issue / file.name).exists():
                (issue / file.name).write_bytes(file.read_bytes())
    except OSError as error:
        place = error.filename or str(issue)
        raise FileWriteError(f"cannot write {str(place)!r}: {error.strerror}") from error


def point_at(folder: Path, host: str, port: int) -> None:
    """Write the receiver's address into the demo's .env; everything else there stays."""
    path = folder / ".env"
    values = {"SMTP_HOST": host, "SMTP_PORT": str(port), "SMTP_SECURITY": "plain"}
    try:
        text = path.read_text(encoding="utf-8")
        for name, value in values.items():
            text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileWriteError(f"cannot write {str(path)!r}: {error.strerror}") from error
