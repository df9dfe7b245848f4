"""Raw answers kept with an issue, so that it can be rebuilt without the network."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsletter.errors import FileWriteError, SourceUnreachableError
from newsletter.sources.fetching import ANY_PAGE_OR_FEED, FEED_BYTES, Fetched, Fetches

INDEX = "index.json"
_VERSION = 1
_NOT_ALLOWED = "the site asks programs not to read it"
_UNSAFE = re.compile(r"[^a-z0-9]+")


class Recorder:
    """Fetches through another, and keeps every answer and every failure.

    Nothing is written before `save`. May be shared by threads.
    """

    def __init__(self, fetcher: Fetches) -> None:
        self._fetcher = fetcher
        self._answers: dict[str, Fetched | str] = {}
        self._lock = threading.Lock()

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,
        accept: str = ANY_PAGE_OR_FEED,
        max_bytes: int = FEED_BYTES,
        whole: bool = True,
    ) -> Fetched:
        """Return the answer of an address, having noted it."""
        try:
            answer = self._fetcher.fetch(
                url, typed_by_staff=typed_by_staff, accept=accept, max_bytes=max_bytes, whole=whole
            )
        except SourceUnreachableError as error:
            self._note(url, error.reason)
            raise
        self._note(url, answer)
        return answer

    def may_read(self, url: str) -> bool:
        """Say what the fetcher behind says, having noted a no."""
        allowed = self._fetcher.may_read(url)
        if not allowed:
            self._note(url, _NOT_ALLOWED)
        return allowed

    def save(self, folder: Path) -> None:
        """Write the answers into a folder, with index.json last; those already there stay."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            rows = {row["url"]: row for row in _read_index(folder)}
            with self._lock:
                answers = dict(self._answers)
            for url, answer in answers.items():
                rows[url] = _row(url, answer)
                if isinstance(answer, Fetched):
                    _write(folder / rows[url]["file"], answer.body)
            index = {"version": _VERSION, "answers": [rows[url] for url in sorted(rows)]}
            text = json.dumps(index, ensure_ascii=False, indent=1) + "\n"
            _write(folder / INDEX, text.encode())
        except OSError as error:
            raise FileWriteError(f"cannot write in {str(folder)!r}: {error.strerror}") from error

    def _note(self, url: str, answer: Fetched | str) -> None:
        from newsletter.sources.reasons import without_password

        with self._lock:
            self._answers[without_password(url)] = answer


class Replayer:
    """Gives the answers of a snapshot again; never touches the network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = {row["url"]: row for row in _read_index(folder)}

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,  # noqa: ARG002 - as the protocol has it
        accept: str = ANY_PAGE_OR_FEED,  # noqa: ARG002
        max_bytes: int = FEED_BYTES,
        whole: bool = True,  # noqa: ARG002
    ) -> Fetched:
        """Return the recorded answer; a recorded failure fails again."""
        from newsletter.sources.reasons import without_password

        row = self._rows.get(without_password(url))
        if row is None:
            raise SourceUnreachableError(url, "the snapshot does not have it")
        if "failure" in row:
            raise SourceUnreachableError(url, str(row["failure"]))
        try:
            body = (self._folder / Path(str(row["file"])).name).read_bytes()
            fetched_at = datetime.fromisoformat(str(row["fetched_at"]))
        except (OSError, ValueError, KeyError) as error:
            raise SourceUnreachableError(url, "its file in the snapshot is broken") from error
        return Fetched(
            url=str(row.get("final_url", url)),
            status=int(row.get("status", 200)),
            content_type=str(row.get("content_type", "")),
            body=body[:max_bytes],
            fetched_at=fetched_at,
            from_cache=True,
        )

    def may_read(self, url: str) -> bool:
        """Say whether the site let us read the address when the snapshot was made."""
        from newsletter.sources.reasons import without_password

        return self._rows.get(without_password(url), {}).get("failure") != _NOT_ALLOWED


def _row(url: str, answer: Fetched | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"url": url, "failure": answer}
    return {
        "url": url,
        "final_url": answer.url,
        "status": answer.status,
        "content_type": answer.content_type,
        "fetched_at": answer.fetched_at.isoformat(),
        "file": _file_name(url, answer.content_type),
    }


def _file_name(url: str, content_type: str) -> str:
    """Return a name that a person recognises and that two addresses never share."""
    parts = urlsplit(url)
    words = _UNSAFE.sub("-", f"{parts.netloc}{parts.path}".lower()).strip("-")[:60]
    kind = content_type.partition(";")[0].lower()
    ending = next((end for part, end in _ENDINGS if part in kind), "bin")
    return f"{words}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.{ending}"


_ENDINGS = (
    ("html", "html"),
    ("json", "json"),
    ("xml", "xml"),
    ("text/plain", "txt"),
    ("jpeg", "jpg"),
    ("png", "png"),
    ("webp", "webp"),
    ("gif", "gif"),
)


def _read_index(folder: Path) -> list[dict[str, Any]]:
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return [row for row in index["answers"] if isinstance(row, dict) and "url" in row]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceUnreachableError(
            str(folder / INDEX),
            "the list of the snapshot is broken",
            hint="Collect the issue again from the network.",
        ) from error


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
