"""Answers kept between runs, so that a server only says "unchanged"."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: About a hundred sources and their articles; the oldest go first.
_MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer of an earlier run."""

    body: bytes
    content_type: str
    etag: str
    last_modified: str

    @property
    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the answer only if it has changed."""
        wanted = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in wanted.items() if value}


@dataclass(frozen=True, slots=True)
class HttpCache:
    """A folder of answers; it is made when the first one is kept.

    It only saves work: what cannot be read or written there is as if it were not.
    """

    folder: Path

    def find(self, url: str) -> Kept | None:
        """Return what was kept of an address; None where there is nothing sound."""
        head = self._path(url)
        try:
            written = json.loads(head.read_text(encoding="utf-8"))
            body = head.with_suffix(".body").read_bytes()
        except (OSError, ValueError):
            return None
        if not isinstance(written, dict) or written.get("url") != url:
            return None
        if written.get("sha256") != hashlib.sha256(body).hexdigest():
            return None  # a run was killed between the two files
        texts = [str(written.get(key, "")) for key in ("content_type", "etag", "last_modified")]
        return Kept(body, *texts)

    def keep(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer that can be asked for again with a condition."""
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if not (etag or modified) or "no-store" in headers.get("Cache-Control", "").lower():
            return
        head = {
            "url": url,
            "content_type": headers.get("Content-Type", ""),
            "etag": etag,
            "last_modified": modified,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        path = self._path(url)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(path.with_suffix(".body"), body)
            _replace(path, json.dumps(head, ensure_ascii=False).encode())
            self._forget_oldest()

    def _path(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"

    def _forget_oldest(self) -> None:
        entries = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in entries[:-_MAX_ENTRIES]:
            path.unlink(missing_ok=True)
            path.with_suffix(".body").unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
