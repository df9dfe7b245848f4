"""newsletter.toml with one more source: nothing a person wrote is lost."""

from __future__ import annotations

import tomllib

import pytest

from newsletter.errors import SettingsError
from newsletter.model.sources import Source, SourceKind
from newsletter.sources.configured import with_source

NEW = Source(
    'The "new" one',
    url="https://news.example.org/feed",
    kind=SourceKind.RSS,
    section="News",
    day_first=True,
)
TEXT = """# Ours
name = "Library news" # the subject

[[sources]]
name = "Old" # the first
url = "https://old.example.org/"
[sources.selectors]
item = "li"

# How mail leaves
[smtp]
host = "localhost" # the relay
"""


def test_the_entry_stands_after_the_last_source_and_comments_stay_where_they_were() -> None:
    assert with_source(TEXT, NEW) == TEXT.replace(
        "# How mail leaves",
        """[[sources]]
name = "The \\"new\\" one"
url = "https://news.example.org/feed"
section = "News"
kind = "rss"
day_first = true

# How mail leaves""",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = 'A'",
        "# only a comment\n",
        "name = 'A'\n\n[smtp]\nhost = 'x'\n",
        "[[sources]]\nname = 'Old'\n# the end\n",
        "intro = '''\n[[sources]]\n'''\n",
        "[[sources]]\nname = '''\n[smtp]\n'''\n",
    ],
    ids=["empty", "no end", "comment", "tables", "last", "text", "text inside"],
)
def test_every_layout_gains_exactly_the_entry(text: str) -> None:
    before = tomllib.loads(text)

    after = tomllib.loads(with_source(text, NEW))

    assert after.pop("sources")[-1]["url"] == "https://news.example.org/feed"
    assert after == {key: value for key, value in before.items() if key != "sources"}
    assert all(line in with_source(text, NEW) for line in text.splitlines())


def test_sources_on_one_line_are_a_persons_work_to_undo() -> None:
    with pytest.raises(SettingsError, match="on one line"):
        with_source("sources = [{name = 'A'}]\n", NEW)
