"""Run comparisons and print Markdown: python -m bench [NAME ...] [--rounds N] [--write FILE]."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import bench
from bench.contest import Comparison, measure
from bench.report import keep, section


def comparisons() -> dict[str, Comparison]:
    """Return every comparison: a module bench/compare_*.py has a list COMPARISONS."""
    names = sorted(one.name for one in pkgutil.iter_modules(bench.__path__))
    modules = [importlib.import_module(f"bench.{name}") for name in names if "compare_" in name]
    return {one.key: one for module in modules for one in module.COMPARISONS}


def main() -> None:
    """Measure what is named, or all."""
    known = comparisons()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--rounds", type=int, help="Instead of each comparison's own number.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Keep the results in FILE.")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - known.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    for key in chosen.names or known:
        rounds = chosen.rounds or known[key].rounds
        sys.stderr.write(f"{key}: {rounds} rounds …\n")
        text = section(known[key], measure(known[key], rounds), rounds)
        print(text)
        if chosen.write:
            keep(chosen.write, {key: text})


if __name__ == "__main__":
    main()
