"""One whole issue in seven languages, as a federation of libraries might send it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from newsletter.model.content import (
    Issue,
    IssueItem,
    IssueTexts,
    ItemDate,
    ItemTexts,
    Picture,
    QuickLink,
    Section,
)
from newsletter.model.identity import Identity

LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh", "de")
FOLDER = Path(__file__).parent / "data" / "federation"
FEDERATION = Identity(
    name="The Reading Lamp",
    organisation="Federation of Library Associations",
    postal_address="12 Quay Street, 2500 Biel, Switzerland",
    contact="editors@federation.example",
    website="https://federation.example",
    public_url="https://federation.example/newsletter",
    mail_from="The Reading Lamp <news@federation.example>",
    time_zone="Europe/Zurich",
)
#: key -> section, source, date, picture file; in the order of the issue.
_NEWS: dict[str, tuple[str, str, ItemDate | None, str]] = {
    "panama": ("news", "ALP", ItemDate(2016, 5, 20), "panama"),
    "leaders": ("news", "ALP", ItemDate(2016, 5, 20), "leaders"),
    "zimla": ("field", "ZimLA", ItemDate(2016, 5, 12), "zimla"),
    "oasis": ("field", "Bulletin", ItemDate(2016, 5, 9), "oasis"),
    "training": ("field", "ALP", ItemDate(2016, 5), ""),
    "marrakesh": ("policy", "Copyright", ItemDate(2016, 5, 17), ""),
    "agenda": ("policy", "Agenda 2030", ItemDate(2016, 5, 3), "agenda"),
    "storage": ("news", "Newspapers", ItemDate(2016, 5, 2), ""),
    "keys": ("news", "", None, ""),
}
_EVENTS: dict[str, tuple[ItemDate, ItemDate | None]] = {
    "seminar": (ItemDate(2016, 6, 8, datetime(2016, 6, 8, 14, 0, tzinfo=UTC)), None),
    "congress": (ItemDate(2016, 8, 13), ItemDate(2016, 8, 19)),
    "literacy": (ItemDate(2016, 9, 8), None),
}


def federation_issue(pictures: str = "https://federation.example/pictures") -> Issue:
    """Return an issue of nine news, three events and four quick links in seven languages."""
    texts = {name: _read(name) for name in LANGUAGES}
    own = texts["en"]
    return Issue(
        slug="2016-05",
        subject=own["subject"],
        intro=own["intro"],
        signed_by="Amina Diallo & Jan Kowalski",
        number="5",
        date=date(2016, 5, 31),
        language="en",
        sections=tuple(Section(key, title) for key, title in own["sections"].items()),
        items=tuple(_items(own, pictures)),
        quick_links=tuple(QuickLink(title, link) for link, title in own["links"].items()),
        translations={name: _translated(texts[name]) for name in LANGUAGES if name != "en"},
    )


def without_translation(issue: Issue, language: str, key: str) -> Issue:
    """Return the issue with one item not translated into one language."""
    texts = issue.translations[language]
    items = {name: one for name, one in texts.items.items() if name != key}
    return replace(
        issue, translations={**issue.translations, language: replace(texts, items=items)}
    )


def _items(texts: Mapping[str, Any], pictures: str) -> list[IssueItem]:
    news = [
        IssueItem(
            key,
            texts["items"][key]["title"],
            link=f"https://federation.example/news/2016/05/{key}",
            date=day,
            summary=texts["items"][key]["summary"],
            picture=_picture(texts["items"][key], pictures, file, lead=key == "panama"),
            source=source,
            section=section,
            lead=key == "panama",
        )
        for key, (section, source, day, file) in _NEWS.items()
    ]
    events = [
        IssueItem(
            key,
            texts["items"][key]["title"],
            link=f"https://federation.example/events/{key}",
            date=start,
            ends=end,
            place=texts["items"][key]["place"],
        )
        for key, (start, end) in _EVENTS.items()
    ]
    return [*news, *events]


def _picture(texts: Mapping[str, str], pictures: str, file: str, *, lead: bool) -> Picture | None:
    if not file:
        return None
    width, height = (1200, 600) if lead else (192, 144)
    return Picture(f"{pictures}/{file}.png", texts["alt"], width, height)


def _translated(texts: Mapping[str, Any]) -> IssueTexts:
    return IssueTexts(
        subject=texts["subject"],
        intro=texts["intro"],
        sections=texts["sections"],
        quick_links=texts["links"],
        items={key: ItemTexts(**one) for key, one in texts["items"].items()},
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
