"""The reference names every check there is, and none that there is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [
    *(ROOT / "newsletter" / "preflight").glob("*.py"),
    ROOT / "newsletter" / "workflow" / "check.py",
]


def checks_in(path: Path) -> set[str]:
    """Return the constants that name a check: the first argument of error() and warning()."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=call) | ast.Attribute(attr=call), args=[first, *_]):
                if call in {"error", "warning", "finding"}:
                    named |= {
                        one.value
                        for one in ast.walk(first)
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    } - {"stale"}
            case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=str(name)), *_])) if name:
                named.add(name)
    return named


def test_every_check_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "preflight.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (`[^|]*`) \|", text, re.M)
    written = {name for cell in first_cells for name in re.findall(r"`([a-z-]+)`", cell)}

    known = set().union(*map(checks_in, SOURCES))

    assert written == known
