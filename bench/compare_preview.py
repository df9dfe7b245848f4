"""How long an editor waits to see the issue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.compare_start import newsletter
from bench.contest import Aim, Comparison, Contender

ITEMS = 12
_CONFIG = """\
name = "Bench"
organisation = "The example federation of libraries"
postal_address = "1 Reading Room Lane, 0001 Exampleton"
[mail]
sender = "Bench <news@example.org>"
[[sources]]
name = "News"
path = "news.xml"
"""
_ITEM = """\
<item><title>News number {number} of the reading room</title>
<link>https://www.example.org/news/{number}</link>
<pubDate>{number:02d} May 2016 10:00:00 GMT</pubDate>
<description>{summary}</description></item>
"""


def feed(items: int) -> str:
    """Return an RSS feed whose items fall in May 2016."""
    summary = "Librarians of forty countries met and read to one another until the lamps went out. "
    written = [
        _ITEM.format(number=1 + number % 28, summary=f"{number}: {summary * 3}")
        for number in range(items)
    ]
    head = "<title>News</title><link>https://www.example.org/</link><description>x</description>"
    return f'<rss version="2.0"><channel>{head}{"".join(written)}</channel></rss>'


def _issue(folder: Path) -> None:
    (folder / "newsletter.toml").write_text(_CONFIG, encoding="utf-8")
    (folder / "news.xml").write_text(feed(ITEMS), encoding="utf-8")
    _run(folder, "collect", "2016-05")


def _run(folder: Path, *words: str) -> None:
    subprocess.run(newsletter(*words), cwd=folder, check=True, capture_output=True)


def _first(folder: Path) -> Sequence[str]:
    _issue(folder)
    return newsletter("preview", "2016-05")


def _again(folder: Path) -> Sequence[str]:
    _issue(folder)
    _run(folder, "preview", "2016-05")
    return newsletter("preview", "2016-05")


def _in_languages(*codes: str) -> Callable[[Path], Sequence[str]]:
    """Return a contender whose issue is translated into these languages."""

    def prepared(folder: Path) -> Sequence[str]:
        _issue(folder)
        known = ", ".join(f'"{code}"' for code in codes)
        languages = f'language = "en"\nlanguages = [{known}]\n'
        (folder / "newsletter.toml").write_text(languages + _CONFIG, encoding="utf-8")
        for code in codes[1:]:
            _translate(folder, code)
        return newsletter("preview", "2016-05")

    return prepared


def _translate(folder: Path, code: str) -> None:
    """Fill in a translation file as a volunteer would, with words of the same length."""
    name = f"2016-05.{code}.txt"
    _run(folder, "translations", "export", "2016-05", "--language", code, "--format", "txt")
    lines: list[str] = []
    for line in (folder / name).read_text(encoding="utf-8").splitlines():
        lines.append(line)
        if line.startswith("> "):
            lines.append(f"{code} {line[2:]}")
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    _run(folder, "translations", "import", "2016-05", name)


COMPARISONS = [
    Comparison(
        key="preview-languages",
        title="Preview of 12 items in seven languages",
        work="The same issue of 12 items, everything made anew: in one language, and translated "
        "into six more, Arabic, Russian and Chinese among them.",
        contenders=[
            Contender(
                "preview in seven languages",
                _in_languages("en", "fr", "es", "ar", "ru", "zh", "de"),
            ),
            Contender("preview in one language", _in_languages("en")),
        ],
        aims=[Aim("preview in seven languages", "preview in one language", at_most=3)],
    ),
    Comparison(
        key="preview",
        title="Preview of an issue of 12 items",
        work="From pressing Enter to HTML, text, message and preview page: the first time, and "
        "again when nothing has changed. For comparison: Python doing nothing, and Python "
        "importing the libraries that inline styles and fill templates. On a quiet machine "
        "Python starts in 8 ms, so 37 times that is 0.3 s.",
        contenders=[
            Contender("newsletter preview, first", _first),
            Contender("newsletter preview, nothing changed", _again),
            Contender(
                "python importing premailer and jinja2",
                lambda _: [sys.executable, "-c", "import premailer, jinja2"],
            ),
            Contender("python -c ''", lambda _: [sys.executable, "-c", ""]),
        ],
        aims=[
            Aim("newsletter preview, first", "python -c ''", at_most=37),
            Aim("newsletter preview, nothing changed", "python -c ''", at_most=12),
        ],
    ),
]
