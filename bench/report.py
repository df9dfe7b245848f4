"""The results as Markdown: one section a comparison, kept in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from pathlib import Path

from bench.contest import Aim, Comparison, Figures

_HEAD = """\
# Benchmarks

Made by `make bench` (or `python -m bench NAME` for one of them). Contenders take turns in
one run, each in a process of its own; figures are medians. Seconds depend on the machine
and on what else it does: **the ratios are what counts**, and that of CPU time is the
steadier one.
"""


def section(comparison: Comparison, found: dict[str, Figures], rounds: int) -> str:
    """Return the section of one comparison."""
    lines = [
        f"## {comparison.title}",
        "",
        comparison.work,
        "",
        f"| | seconds{_for(comparison)} | lowest to highest | CPU seconds | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, figures in found.items():
        lines.append(
            f"| {name} | {figures.median('wall'):.3f} |"
            f" {min(figures.wall):.3f} to {max(figures.wall):.3f} |"
            f" {figures.median('cpu'):.3f} | {figures.median('memory'):.0f} |"
        )
    missing = [one.name for one in comparison.contenders if one.name not in found]
    lines += ["", *(f"Not installed here: {name}." for name in missing)]
    lines += [
        _ratio(aim, found) for aim in comparison.aims if {aim.of, aim.against} <= found.keys()
    ]
    lines += ["", f"*{date.today():%Y-%m-%d}, {rounds} rounds, {_machine()}.*"]  # noqa: DTZ011
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def keep(path: Path, sections: dict[str, str]) -> None:
    """Put the sections into the file, each in its old place or at the end."""
    kept = _sections(path)
    kept.update(sections)
    marked = [f"<!-- bench: {key} -->\n{text}" for key, text in kept.items()]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([_HEAD, *marked]), encoding="utf-8")


def _sections(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    parts = re.split(r"<!-- bench: (\S+) -->\n", path.read_text(encoding="utf-8"))
    return {key: f"{text.strip()}\n" for key, text in zip(parts[1::2], parts[2::2], strict=True)}


def _for(comparison: Comparison) -> str:
    return f" for {comparison.unit}" if comparison.unit else ""


def _ratio(aim: Aim, found: dict[str, Figures]) -> str:
    """Return the ratio that is aimed at, and the other one of time and CPU beside it."""
    figures = (aim.figure, *(one for one in ("wall", "cpu") if one != aim.figure))
    ratios = {one: found[aim.of].median(one) / found[aim.against].median(one) for one in figures}
    ratio = ratios[aim.figure]
    verdict = "reached" if ratio <= aim.at_most else "missed"
    if verdict == "missed" and ratio <= aim.floor:
        verdict = f"missed, but under the floor of {aim.floor:.3g}"
    shown = ", ".join(f"{_NAMES[one]} **{value:.2f}**" for one, value in ratios.items())
    return (
        f"- {aim.of} / {aim.against}: {shown}"
        f" (aim for {_NAMES[aim.figure]}: at most {aim.at_most:.3g}; {verdict})"
    )


_NAMES = {"wall": "time", "cpu": "CPU time", "memory": "peak memory"}


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
