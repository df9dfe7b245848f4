"""A command that prints a token: when it is asked, and what it may say."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path

import pytest

from newsletter.delivery.server import TokenError
from newsletter.delivery.tokens import TokenCommand


def python(code: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", code, *arguments])


COUNTING = (
    "import pathlib, sys; file = pathlib.Path(sys.argv[1]);"
    " file.write_text(file.read_text() + 'x' if file.exists() else 'x');"
    " print('token-' + file.read_text())"
)


def test_connections_that_open_together_share_one_token(tmp_path: Path) -> None:
    tokens = TokenCommand(python(COUNTING, str(tmp_path / "count")))

    async def ask() -> list[str]:
        return await asyncio.gather(*(tokens.token() for _ in range(5)))

    assert asyncio.run(ask()) == ["token-x"] * 5
    assert asyncio.run(ask()) == ["token-x"] * 5  # in another loop, after a canary


def test_a_refused_token_is_replaced_once_for_all(tmp_path: Path) -> None:
    tokens = TokenCommand(python(COUNTING, str(tmp_path / "count")))

    async def ask() -> list[str]:
        first = await tokens.token()
        return [first, *await asyncio.gather(*(tokens.token(first) for _ in range(3)))]

    assert asyncio.run(ask()) == ["token-x", *["token-xx"] * 3]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/command", "cannot be run"),
        ("", "cannot be run"),
        ("print 'unfinished", "cannot be run"),
        (python("raise SystemExit('log in again')"), "failed: log in again"),
        (python("raise SystemExit(3)"), "failed: 3"),
        (python("print()"), "printed nothing"),
        (python("print('two', 'words')"), "no token"),
        (python("print('a\\nb')"), "no token"),
        (python("print('\\u00e9')"), "no token"),
    ],
)
def test_a_command_without_a_token_is_told(command: str, said: str) -> None:
    with pytest.raises(TokenError, match=said):
        asyncio.run(TokenCommand(command).token())


def test_a_command_that_does_not_end_is_ended() -> None:
    tokens = TokenCommand(python("import signal; signal.pause()"), seconds=0.2)

    with pytest.raises(TokenError, match="did not end"):
        asyncio.run(tokens.token())
