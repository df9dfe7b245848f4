"""issues/<slug>/pictures/: the scaled pictures of an issue, and what is known of each."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from newsletter.errors import FileWriteError
from newsletter.model.content import PictureUse

PICTURES_FOLDER = "pictures"
INDEX = "index.json"
_VERSION = 1
#: Our own names say what is in them, so that a file never changes once it is written.
_NAME = re.compile(r"[0-9a-f]{16}\.(?:jpg|png)")


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One scaled picture: its name in the folder, its size in pixels and in bytes."""

    name: str
    width: int
    height: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """What is known of one picture that an issue names."""

    #: As the issue writes it: an address, or a path inside the issue's folder.
    url: str
    #: Why it cannot be shown; empty: it can.
    failure: str = ""
    #: Of the file it was made from; empty for an address.
    fingerprint: str = ""
    #: The picture as it was found, upright.
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    media_type: str = ""
    files: Mapping[PictureUse, PictureFile] = field(default_factory=dict)


def folder_of(issue_folder: Path) -> Path:
    """Return where the pictures of an issue are; it may not exist."""
    return issue_folder / PICTURES_FOLDER


def read_kept(folder: Path) -> dict[str, KeptPicture]:
    """Return what is known, by address; files that are gone or cut short are left out.

    A broken list costs fetching the pictures again, nothing more.
    """
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if rows["version"] != _VERSION:
            return {}
        kept = [_kept(folder, row) for row in rows["pictures"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {one.url: one for one in kept}


def save(folder: Path, kept: Iterable[KeptPicture], contents: Mapping[str, bytes]) -> None:
    """Write new files, then the list that names them; nothing is ever deleted.

    What was sent may be shown from a copy of this folder for years. Raises FileWriteError.
    """
    rows = [_row(one) for one in sorted(kept, key=lambda one: one.url)]
    text = json.dumps({"version": _VERSION, "pictures": rows}, ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            _write(folder / name, content)
        _write(folder / INDEX, (text + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise FileWriteError(
            f"cannot write in {str(folder)!r}: {error.strerror or error}"
        ) from error


def _kept(folder: Path, row: Mapping[str, Any]) -> KeptPicture:
    files = {
        PictureUse(use): PictureFile(**one)
        for use, one in row.get("files", {}).items()
        if _is_whole(folder, PictureFile(**one))
    }
    kept = KeptPicture(**{**row, "files": files})
    # A size of nothing would be divided by.
    return kept if kept.width > 0 < kept.height else replace(kept, files={})


def _is_whole(folder: Path, file: PictureFile) -> bool:
    if not _NAME.fullmatch(file.name):
        return False
    try:
        return (folder / file.name).stat().st_size == file.size_bytes
    except OSError:
        return False


def _row(one: KeptPicture) -> dict[str, Any]:
    """Return the picture as JSON has it, without what says nothing."""
    row = {name: value for name, value in asdict(one).items() if value or name == "url"}
    if one.files:
        row["files"] = {str(use): asdict(one.files[use]) for use in sorted(one.files)}
    return row


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one that is the same already stays untouched."""
    if path.is_file() and path.read_bytes() == content:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
