"""Files and folders that are sources, copied beside an issue so that it can be rebuilt."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.errors import FileWriteError
from newsletter.sources import MAX_FILE_BYTES, read_file, saved_at

if TYPE_CHECKING:
    from newsletter.model.content import Reading
    from newsletter.model.sources import Source

#: Inside the issue's snapshot: one folder for each source, and the list of them.
_FOLDER, _INDEX = "files", "files.json"


def keep_copies(
    sources: Iterable[Source], snapshot: Path, *, root: Path, fetched_at: datetime
) -> None:
    """Copy every source that is a file or folder into the snapshot, in place of earlier copies.

    When it was saved is written down beside: "yesterday" in a page is the day before that,
    and git keeps no times of files. Raises FileWriteError.
    """
    rows = _rows(snapshot)
    for source in sources:
        path = root / Path(source.path).expanduser()
        if not source.path or not path.exists():
            continue
        moment = fetched_at if path.is_dir() else min(fetched_at, saved_at(path) or fetched_at)
        rows[source.name] = {"name": path.name, "saved_at": moment.isoformat()}
        try:
            _copy(path, _place(snapshot, source) / path.name, source)
        except OSError as error:
            place = error.filename or str(snapshot)
            raise FileWriteError(f"cannot write {str(place)!r}: {error.strerror}") from error
    if rows:
        _write(snapshot / _INDEX, rows)


def read_copy(source: Source, snapshot: Path) -> Reading | None:
    """Return what a source said when it was copied; None: there is no copy of it."""
    row = _rows(snapshot).get(source.name, {})
    try:
        path = _place(snapshot, source) / Path(str(row["name"])).name
        moment = datetime.fromisoformat(str(row["saved_at"]))
    except (KeyError, ValueError):
        return None
    if not path.exists():
        return None
    return read_file(path, base_url=source.url, fetched_at=moment, source=source)


def _place(snapshot: Path, source: Source) -> Path:
    return snapshot / _FOLDER / hashlib.sha256(source.name.encode()).hexdigest()[:12]


def _copy(path: Path, target: Path, source: Source) -> None:
    """Copy a file, or the Markdown files of a folder; what was copied before goes first."""
    from newsletter.sources.markdown import news_files

    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir(parents=True)
    if not path.is_dir():
        if path.stat().st_size <= MAX_FILE_BYTES:
            shutil.copyfile(path, target)
        return
    for one in news_files(path, source)[0]:
        copied = target / one.relative_to(path)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one, copied)


def _rows(snapshot: Path) -> dict[str, dict[str, Any]]:
    try:
        rows = json.loads((snapshot / _INDEX).read_text(encoding="utf-8"))["files"]
        return {name: row for name, row in rows.items() if isinstance(row, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write(path: Path, rows: dict[str, dict[str, Any]]) -> None:
    ordered = {name: rows[name] for name in sorted(rows)}
    text = json.dumps({"version": 1, "files": ordered}, ensure_ascii=False, indent=1) + "\n"
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise FileWriteError(f"cannot write {str(path)!r}: {error.strerror}") from error
