"""Where news comes from: one feed, page, folder or calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class SourceKind(StrEnum):
    """How a source is read."""

    AUTO = "auto"
    RSS = "rss"
    ATOM = "atom"
    JSON_FEED = "jsonfeed"
    #: A listing page without a feed.
    HTML = "html"
    #: A page saved as plain text.
    TEXT = "text"
    #: A folder of Markdown files with front matter.
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Selectors:
    """CSS selectors a person gave because the page defeats the detector; all optional."""

    #: One of these for each item: everything below is looked for inside it.
    item: str = ""
    #: The item's title.
    title: str = ""
    #: The item's link; empty: the first one inside.
    link: str = ""
    #: The item's date.
    date: str = ""
    #: The item's summary.
    summary: str = ""
    #: The item's picture.
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where news comes from: one feed, page or folder."""

    #: What the source is called in reports and issues.
    name: str
    #: Its address, for a feed or a page.
    url: str = ""
    #: Its place in the workspace, for a saved page or a folder; instead of url.
    path: str = ""
    #: auto, rss, atom, jsonfeed, html, text or markdown.
    kind: SourceKind = SourceKind.AUTO
    #: In which its items are written; empty: what it says itself.
    language: str = ""
    #: The section of the issue that its items go to.
    section: str = ""
    #: True: 05/06/2016 is 5 June. False: May 6. None: ambiguous dates are left out.
    day_first: bool | None = None
    #: Whether missing summaries and pictures are looked up on the items' own pages.
    read_articles: bool = True
    #: Where the items stand on a page that is not understood by itself.
    selectors: Selectors = field(default_factory=Selectors)
