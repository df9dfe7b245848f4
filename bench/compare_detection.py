"""How long it takes to find the news on a page without a feed, and how much memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.compare_start import newsletter
from bench.contest import Aim, Comparison, Contender

#: A folder of saved pages to measure instead of the made one.
PAGES = "NEWSLETTER_BENCH_PAGES"
_ITEMS = 120
_ITEM = """
<div class="views-row {parity}"><article class="node teaser">
<h3><a href="/news/2016/story-{n}">Story number {n} of the library federation</a></h3>
<span class="date">{day} May 2016</span>
<div class="field"><p>{text}</p><a class="more" href="/news/2016/story-{n}">Read more</a></div>
</article></div>"""


def page(items: int = _ITEMS) -> str:
    """Return a listing page of some 200 KB with menus and a side box around its news."""
    menu = "".join(
        f'<li class="leaf"><a href="/about/{n}">Department {n}</a></li>' for n in range(150)
    )
    text = "Members met, agreed on the next steps and asked for more time to discuss them. " * 12
    rows = "".join(
        _ITEM.format(n=n, parity="odd" if n % 2 else "even", day=n % 28 + 1, text=text)
        for n in range(items)
    )
    return (
        f"<!DOCTYPE html><html lang=en><head><title>News</title></head><body><nav><ul>{menu}</ul>"
        f"</nav><main><h1>Latest news</h1>{rows}</main><aside><h4>Most read</h4><ul>{menu[:2000]}"
        f"</ul></aside><footer>{menu}</footer></body></html>"
    )


def _pages(folder: Path) -> list[Path]:
    """Return the pages to read; the made one is written into the folder."""
    if named := os.environ.get(PAGES):
        return sorted(Path(named).resolve().glob("*.html"))
    (folder / "news.html").write_text(page(), encoding="utf-8")
    return [folder / "news.html"]


def _ours(folder: Path) -> Sequence[str]:
    reading = " ".join(
        f"[sys.executable, *{list(newsletter('sources', 'try', str(one), '--json'))[1:]!r}],"
        for one in _pages(folder)
    )
    script = f"import subprocess, sys\nfor c in [{reading}]: subprocess.run(c, check=False)"
    return [sys.executable, "-c", script]


def _parsing(folder: Path) -> Sequence[str]:
    names = [str(one) for one in _pages(folder)]
    script = (
        f"import subprocess, sys\nfor n in {names!r}: subprocess.run([sys.executable, '-c',"
        " 'import sys, lxml.html; lxml.html.fromstring(open(sys.argv[1], \"rb\").read())', n])"
    )
    return [sys.executable, "-c", script]


COMPARISONS = [
    Comparison(
        key="detection",
        title="News on a page without a feed",
        work="Whole processes, one a page: `newsletter sources try PAGE --json` finds the items "
        "with dates, summaries and pictures; lxml only parses the page. A made page of 200 KB "
        f"with 120 items, or the pages of the folder that {PAGES} names.",
        contenders=[
            Contender("newsletter sources try", _ours),
            Contender("lxml.html parses", _parsing),
        ],
        aims=[Aim("newsletter sources try", "lxml.html parses", at_most=10)],
    )
]
