"""Everything a test needs, defaulted; name only what matters."""

from __future__ import annotations

from datetime import date
from typing import Any

from newsletter.model.content import Edition, Issue, IssueItem, Item, ItemDate
from newsletter.model.editions import EditionContent, resolve
from newsletter.model.identity import Identity


def make_item(title: str = "Reading rooms reopen in Harare", **changes: Any) -> Item:
    """Return one piece of news as a source gives it."""
    values: dict[str, Any] = {
        "link": "https://library.example/news/reading-rooms",
        "date": ItemDate(2016, 5, 12),
        "summary": "Three branches open their doors again after the repairs of this spring.",
        "language": "en",
        "source": "Library news",
    }
    return Item(title, **{**values, **changes})


def make_issue_item(key: str = "reading-rooms", **changes: Any) -> IssueItem:
    """Return one item as it stands in an issue."""
    values: dict[str, Any] = {
        "title": f"News of {key.replace('-', ' ')}",
        "link": f"https://library.example/news/{key}",
        "date": ItemDate(2016, 5, 12),
        "summary": "Three branches open their doors again after the repairs of this spring.",
        "source": "Library news",
    }
    return IssueItem(key, **{**values, **changes})


def make_issue(count: int = 3, **changes: Any) -> Issue:
    """Return an issue of `count` items, the first of which leads."""
    values: dict[str, Any] = {
        "subject": "What libraries did in May",
        "number": "5",
        "date": date(2016, 5, 31),
        "items": tuple(make_issue_item(f"item-{at + 1}") for at in range(count)),
    }
    return Issue(**{"slug": "2016-05", **values, **changes})


def make_content(issue: Issue | None = None, edition: str = "en") -> EditionContent:
    """Return an edition of an issue, ready to be rendered."""
    return resolve(issue or make_issue(), Edition.from_key(edition))


def make_identity(**changes: Any) -> Identity:
    """Return who sends."""
    values: dict[str, Any] = {
        "organisation": "Federation of Reading Rooms",
        "postal_address": "12 Quay Street, 2500 Biel, Switzerland",
        "contact": "news@library.example",
        "website": "https://library.example",
        "mail_from": "Library news <news@library.example>",
    }
    return Identity(**{"name": "The Reading Lamp", **values, **changes})
