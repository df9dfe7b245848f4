"""What a theme sees of one edition: its texts, items, sections, events and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from newsletter.model.content import Edition, ItemDate, Picture
from newsletter.model.languages import direction_of

#: From so many items up the mail opens with "In this issue".
CONTENTS_FROM = 8
#: Up to so many items form one list below the lead, without section names.
PLAIN_LIST_UP_TO = 4


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text that knows its language; empty text is false."""

    text: str = ""
    language: str = ""

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return direction_of(self.language)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class EditionItem:
    """One item as an edition tells it; its language is the language of its title."""

    key: str
    title: LocalText
    summary: LocalText = LocalText()
    #: The whole text as sanitised HTML; only light editions use it.
    content: LocalText = LocalText()
    link: str = ""
    date: ItemDate | None = None
    #: An event: where it is and until when.
    place: LocalText = LocalText()
    ends: ItemDate | None = None
    source: str = ""
    picture: Picture | None = None
    alt: LocalText = LocalText()

    @property
    def language(self) -> str:
        """Return the language of the item."""
        return self.title.language

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return self.title.direction

    @property
    def is_event(self) -> bool:
        """Say whether the item is something to go to."""
        return bool(self.place or self.ends)


@dataclass(frozen=True, slots=True)
class EditionSection:
    """A titled group; the items of `more` are told by their titles only."""

    key: str
    title: LocalText
    items: tuple[EditionItem, ...] = ()
    more: tuple[EditionItem, ...] = ()

    @property
    def count(self) -> int:
        """Return how many items the section has."""
        return len(self.items) + len(self.more)


@dataclass(frozen=True, slots=True)
class EditionLink:
    """One quick link."""

    title: LocalText
    link: str


@dataclass(frozen=True, slots=True)
class EditionContent:
    """Everything a theme sees of one edition."""

    edition: Edition
    slug: str
    subject: LocalText
    preheader: LocalText
    number: str = ""
    date: date | None = None
    #: Markdown.
    intro: LocalText = LocalText()
    signed_by: str = ""
    lead: EditionItem | None = None
    sections: tuple[EditionSection, ...] = ()
    events: tuple[EditionItem, ...] = ()
    quick_links: tuple[EditionLink, ...] = ()
    #: The languages the issue has beside this one.
    other_languages: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """Return the edition's language."""
        return self.edition.language

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return direction_of(self.edition.language)

    @property
    def items(self) -> tuple[EditionItem, ...]:
        """Return every item in the order it is told."""
        told = [self.lead] if self.lead else []
        for section in self.sections:
            told += [*section.items, *section.more]
        return (*told, *self.events)

    @property
    def opens_with_contents(self) -> bool:
        """Say whether the mail is long enough for "In this issue"."""
        return len(self.items) >= CONTENTS_FROM

    @property
    def names_sections(self) -> bool:
        """Say whether the sections' names are shown."""
        return len(self.items) > PLAIN_LIST_UP_TO


def archive_url(public_url: str, slug: str, edition: Edition) -> str:
    """Return where an edition stands on the public pages."""
    return f"{public_url.rstrip('/')}/{slug}/{edition.key}/"
