"""How long a long feed takes to read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.compare_preview import feed
from bench.compare_start import newsletter
from bench.contest import Aim, Comparison, Contender

ITEMS = 1000


def _ours(folder: Path) -> Sequence[str]:
    (folder / "newsletter.toml").write_text('name = "Bench"\n', encoding="utf-8")
    (folder / "news.xml").write_text(feed(ITEMS), encoding="utf-8")
    return newsletter("sources", "try", "news.xml", "--json")


def _feedparser(folder: Path) -> Sequence[str]:
    (folder / "news.xml").write_text(feed(ITEMS), encoding="utf-8")
    script = "import feedparser; feedparser.parse(open('news.xml', 'rb').read())"
    return [sys.executable, "-c", script]


COMPARISONS = [
    Comparison(
        key="feeds",
        title="A feed of 1,000 items",
        work="Whole processes: `newsletter sources try FEED --json` parses, cleans, dates and "
        "prints every item; feedparser only parses them.",
        contenders=[
            Contender("newsletter sources try", _ours),
            Contender("feedparser.parse", _feedparser),
        ],
        aims=[Aim("newsletter sources try", "feedparser.parse", at_most=1)],
    )
]
