"""How long a person waits for --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from compileall import compile_dir
from functools import cache
from pathlib import Path

from bench.contest import Aim, Comparison, Contender

ROOT = Path(__file__).parents[1]


def newsletter(*words: str) -> list[str]:
    """Return the command line of this checkout, compiled as pip compiles what it installs."""
    _compiled()
    script = in_checkout("from newsletter.cli import main; main()")
    return [sys.executable, "-c", script, *words]


def in_checkout(script: str) -> str:
    """Return a script that takes what it imports from this checkout, wherever it is run."""
    return f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}"


@cache
def _compiled() -> None:
    # Where PYTHONDONTWRITEBYTECODE is set, each start would compile it all again.
    compile_dir(ROOT / "newsletter", quiet=1)


def _mailmerge(_: Path) -> Sequence[str] | None:
    found = Path(sys.executable).with_name("mailmerge")
    return [str(found), "--help"] if found.is_file() else None


COMPARISONS = [
    Comparison(
        key="help",
        title="Start-up: `newsletter --help`",
        work="The time from pressing Enter to the whole help, against another mail-merge command "
        "and against Python doing nothing.",
        contenders=[
            Contender("newsletter --help", lambda _: newsletter("--help")),
            Contender("mailmerge --help", _mailmerge),
            Contender("python -c ''", lambda _: [sys.executable, "-c", ""]),
        ],
        aims=[
            Aim("newsletter --help", "mailmerge --help", at_most=0.5),
            Aim("newsletter --help", "python -c ''", at_most=5),
        ],
        rounds=15,
    )
]
