"""A text file read and replaced whole: all of it or nothing, and never over another's change."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import FileWriteError, IssueFileError

#: A hand-written issue is some 30 KB; what is larger is not one.
LARGEST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class GuardedFile:
    """A file as it was read; `content` is None where there was none."""

    path: Path
    content: bytes | None

    @property
    def exists(self) -> bool:
        """Say whether there was a file."""
        return self.content is not None

    @property
    def text(self) -> str:
        """Return the text with plain line ends; IssueFileError where it is not UTF-8."""
        try:
            decoded = (self.content or b"").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = (self.content or b"")[: error.start].count(b"\n") + 1
            raise IssueFileError(
                f"{name_of(self.path)!r} line {line} is not UTF-8 text",
                hint="Save the file as UTF-8 in your editor; nothing was changed.",
            ) from error
        return decoded.replace("\r\n", "\n")

    def replace(self, text: str) -> GuardedFile:
        """Put a text in the file's place, durable before this returns.

        Raises IssueFileError where somebody changed the file since it was read, and
        FileWriteError where it cannot be written; the old file stays in both cases.
        """
        content = text.encode("utf-8")
        temporary = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(temporary, content)
            if self.exists:
                # A file that the whole team may write stays so.
                temporary.chmod(self.path.stat().st_mode & 0o777)
            if read(self.path).content != self.content:
                raise IssueFileError(
                    f"{name_of(self.path)!r} was changed by somebody else in the meantime",
                    hint="Save and close it in your editor, then run the command again.",
                )
            temporary.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise FileWriteError(
                f"cannot write {str(self.path)!r}: {error.strerror or error}"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return GuardedFile(self.path, content)


def read(path: Path) -> GuardedFile:
    """Return the file as it stands; none is no error, one that cannot be read is."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise IssueFileError(f"{name_of(path)!r} is larger than 20 MB: it is no issue file")
        return GuardedFile(path, path.read_bytes())
    except FileNotFoundError:
        return GuardedFile(path, None)
    except OSError as error:
        raise IssueFileError(f"cannot read {str(path)!r}: {error.strerror}") from error


def name_of(path: Path) -> str:
    """Return how staff know the file: "2016-05/issue.toml"."""
    return f"{path.parent.name}/{path.name}"


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable (fsync(2): the directory needs its own)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
