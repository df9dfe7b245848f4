"""Access tokens for OAuth 2, from a command that prints one."""

from __future__ import annotations

import asyncio
import shlex
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from time import monotonic
from weakref import WeakKeyDictionary

from newsletter.delivery.server import TokenError

#: Tokens last an hour as a rule; asking for each connection would cost more than it brings.
FRESH_SECONDS = 300.0
#: A command that needs longer waits for somebody to press a button.
COMMAND_SECONDS = 60.0
#: More than any token has.
MOST_BYTES = 65536


class TokenCommand:
    """Runs a command when a fresh token is needed; connections opened together share one."""

    def __init__(self, command: str, seconds: float = COMMAND_SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self._token = ""
        self._fetched = 0.0
        #: Belongs to one loop, and a mailing with a canary has two.
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
        self._locks = WeakKeyDictionary()

    async def token(self, refused: str = "") -> str:
        """Return a token that is not `refused`; raises TokenError."""
        loop = asyncio.get_running_loop()
        async with self._locks.setdefault(loop, asyncio.Lock()):
            is_fresh = monotonic() - self._fetched < FRESH_SECONDS
            if not self._token or not is_fresh or self._token == refused:
                self._token = await self._fetch()
                self._fetched = monotonic()
            return self._token

    async def _fetch(self) -> str:
        process = await self._start()
        try:
            async with asyncio.timeout(self._seconds):
                said, complaint = await process.communicate()
        except TimeoutError as error:
            raise self._failure(f"did not end within {self._seconds:g} s") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise self._failure(f"failed: {_last_line(complaint) or process.returncode}")
        return self._read(said)

    async def _start(self) -> Process:
        try:
            program, *words = shlex.split(self._command)
            return await asyncio.create_subprocess_exec(
                program, *words, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE
            )
        except (OSError, ValueError) as error:
            raise self._failure(f"cannot be run: {error}") from error

    def _read(self, said: bytes) -> str:
        """Return the token: the only thing that was printed."""
        token = said[:MOST_BYTES].decode("ascii", "replace").strip()
        if not token:
            raise self._failure("printed nothing")
        if not token.isprintable() or " " in token or "\N{REPLACEMENT CHARACTER}" in token:
            raise self._failure("printed something that is no token")
        return token

    def _failure(self, what: str) -> TokenError:
        return TokenError(f"the token command {self._command!r} {what}")


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "backslashreplace").strip().splitlines()
    return lines[-1][:200] if lines else ""
