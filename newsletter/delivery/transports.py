"""How messages leave: over SMTP, or into a folder of .eml files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from newsletter.delivery.content import inspect, pieces_of
from newsletter.delivery.exchange import Ending, EndingReason
from newsletter.delivery.outcome import Outcome, Reply, Stage, Trouble
from newsletter.delivery.smtp import Session, SessionError

if TYPE_CHECKING:
    from newsletter.delivery.content import Content
    from newsletter.delivery.envelopes import Outgoing
    from newsletter.delivery.exchange import Supply

__all__ = ["FolderSession", "Session", "Transport"]


class Transport(Protocol):
    """What a sender needs of a way out; an SMTP session is one."""

    async def open(self) -> None:
        """Make ready; raises SessionError."""

    async def deliver(self, supply: Supply) -> Ending:
        """Carry messages until the supply is dry, the transport full, or trouble."""

    async def close(self) -> None:
        """Let go."""


class FolderSession:
    """Writes each message as one .eml file, for dry runs and tests.

    The envelope stands before the message as X-Envelope-Sender and X-Envelope-Recipient.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def open(self) -> None:
        """Make the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SessionError(_not_written(Stage.CONNECT, error)) from error

    async def deliver(self, supply: Supply) -> Ending:
        """Write messages until the supply is dry or the folder takes no more."""
        while outgoing := await supply.next():
            outcome = self._write(outgoing)
            supply.settle(outgoing, outcome)
            if outcome.trouble is Trouble.UNREACHABLE:
                return Ending(EndingReason.TROUBLE, outcome)
        return Ending(EndingReason.DRY)

    async def close(self) -> None:
        """Do nothing: every file is complete already."""

    def _write(self, outgoing: Outgoing) -> Outcome:
        if fault := inspect(outgoing.content).fault:
            cause = f"the message must not leave: {fault}"
            return Outcome(Stage.MAIL, cause=cause, trouble=Trouble.CONTENT)
        head = (
            f"X-Envelope-Sender: <{outgoing.sender}>\r\n"
            f"X-Envelope-Recipient: <{outgoing.recipient}>\r\n"
        )
        target = self.folder / f"{outgoing.key:08d}.eml"
        try:
            _write_whole(target, _joined(head.encode(), outgoing.content))
        except OSError as error:
            return _not_written(Stage.BODY, error)
        return Outcome(Stage.DOT, Reply(250, "2.0.0", f"Ok: queued as {target.name}"))


def _joined(head: bytes, content: Content) -> bytes:
    return head + b"".join(pieces_of(content))


def _write_whole(target: Path, content: bytes) -> None:
    """Write a file that is either complete or not there."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _not_written(stage: Stage, error: OSError) -> Outcome:
    return Outcome(stage, cause=f"cannot write: {error}", trouble=Trouble.UNREACHABLE)
