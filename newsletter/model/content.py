"""Source, item, section, issue, edition, period: what a newsletter is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ItemDate:
    """A date exactly as precise as its source wrote it.

    Known: year+month+day, year+month, year alone, or month+day without a year.
    `instant` is the aware UTC moment where the source gave a time of day; `year`,
    `month` and `day` are then the calendar day as the source wrote it.
    """

    year: int | None
    month: int | None = None
    day: int | None = None
    instant: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what no calendar has; a wrong date is worse than none."""
        if self.year is None and not (self.month and self.day):
            raise ValueError("a date without a year needs a month and a day")
        if self.day is not None and self.month is None:
            raise ValueError("a day needs its month")
        date(self.year or 2000, self.month or 1, self.day or 1)

    @property
    def is_full(self) -> bool:
        """Say whether year, month and day are all known."""
        return self.year is not None and self.month is not None and self.day is not None

    def as_date(self) -> date | None:
        """Return the calendar day, or None where it is not fully known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def isoformat(self) -> str:
        """Return ISO 8601 cut to the precision: 2016-05-20, 2016-05, 2016 or --05-20."""
        if self.year is None:
            return f"--{self.month:02d}-{self.day:02d}"
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
        if self.day is not None:
            text += f"-{self.day:02d}"
        return text

    @classmethod
    def from_iso(cls, text: str) -> ItemDate:
        """Read back what `isoformat` wrote; ValueError for anything else."""
        if text.startswith("--"):
            month, day = text[2:].split("-")
            return cls(None, int(month), int(day))
        year, *rest = (int(part) for part in text.split("-"))
        if len(rest) > 2:
            raise ValueError(text)
        return cls(year, rest[0] if rest else None, rest[1] if len(rest) > 1 else None)

    @classmethod
    def from_date(cls, day: date) -> ItemDate:
        """Return the full date of a calendar day."""
        return cls(day.year, day.month, day.day)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an item: its address, what it shows, its size in pixels where known."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    #: File inside the issue's folder once it has been fetched and scaled.
    file: str = ""


class PictureUse(StrEnum):
    """How an issue shows a picture."""

    #: Over the whole width, above the lead.
    LEAD = "lead"
    #: Small, beside an item.
    SIDE = "side"
    #: Uncut: what the preview shows of a picture that readers get from where it was found.
    WHOLE = "whole"


class ItemStatus(StrEnum):
    """How an item stands towards a period or an issue."""

    #: Dated, and inside the period (for `sources try`: dated).
    NEW = "new"
    #: No full date: offered, marked, never silently in or out.
    UNDATED = "undated"
    #: Its source changed since it was collected.
    CHANGED = "changed"
    #: Already in the draft, unchanged.
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news as its source gave it, cleaned; texts are plain, links absolute."""

    title: str
    #: Absolute http(s) address; empty where the source has none (a page saved as text).
    link: str = ""
    date: ItemDate | None = None
    #: Plain text.
    summary: str = ""
    picture: Picture | None = None
    #: BCP 47, empty where unknown.
    language: str = ""
    #: Name of the source.
    source: str = ""
    section: str = ""
    #: The whole text as sanitised HTML, where the source allows it; else empty.
    content: str = ""
    #: The source's own identifier (guid, id), empty where it has none.
    guid: str = ""
    status: ItemStatus = ItemStatus.NEW


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one source gave: the rule that won and the items in page order."""

    source: str
    #: Which rule won: "rss", "atom", "jsonfeed", "json-ld", "microdata", "h-entry",
    #: "blocks", "selectors", "text", "markdown".
    rule: str
    items: tuple[Item, ...] = ()
    #: What is missing or odd, as sentences for staff.
    notes: tuple[str, ...] = ()
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """Start (included) to end (excluded), both aware."""

    name: str
    start: datetime
    end: datetime

    def __contains__(self, moment: object) -> bool:
        """Say whether an aware moment lies inside; the end is outside."""
        return isinstance(moment, datetime) and self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of items in an issue."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class IssueItem:
    """One item as it stands in an issue: what a person may edit, and where it came from."""

    #: Stable inside the issue, from the title: "panama-letter-of-intent".
    key: str
    title: str
    link: str = ""
    date: ItemDate | None = None
    summary: str = ""
    picture: Picture | None = None
    language: str = ""
    source: str = ""
    section: str = ""
    content: str = ""
    lead: bool = False
    included: bool = True
    #: The source said something new after a person had edited the item.
    source_changed: bool = False
    #: An event: where and until when; an item with `place` or `ends` is listed as an event.
    place: str = ""
    ends: ItemDate | None = None


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """One item's texts in another language; empty means: not translated."""

    title: str = ""
    summary: str = ""
    alt: str = ""
    link: str = ""
    content: str = ""
    place: str = ""
    #: Fingerprint of the original this was translated from; differs: stale.
    of: str = ""


@dataclass(frozen=True, slots=True)
class IssueTexts:
    """An issue's texts in another language."""

    subject: str = ""
    preheader: str = ""
    intro: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, ItemTexts] = field(default_factory=dict)
    #: Address of a quick link -> its title.
    quick_links: Mapping[str, str] = field(default_factory=dict)
    #: Fingerprint of the original subject, preheader and intro.
    of: str = ""


@dataclass(frozen=True, slots=True)
class QuickLink:
    """One line of the "quick links" block."""

    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One number of the newsletter, as its files say."""

    slug: str
    subject: str = ""
    preheader: str = ""
    #: Markdown.
    intro: str = ""
    signed_by: str = ""
    number: str = ""
    #: The dateline; None: the end of the period, else the day of rendering is NOT used.
    date: date | None = None
    language: str = "en"
    sections: tuple[Section, ...] = ()
    items: tuple[IssueItem, ...] = ()
    quick_links: tuple[QuickLink, ...] = ()
    translations: Mapping[str, IssueTexts] = field(default_factory=dict)
    #: "fallback" or "leave-out" for this issue; empty: as the newsletter has it.
    missing_translations: str = ""
    #: Languages that have to be complete before this issue is sent; None: the newsletter's.
    required_languages: tuple[str, ...] | None = None
    #: Preflight warnings waived by a person: check name -> "who: why".
    waivers: Mapping[str, str] = field(default_factory=dict)


class EditionForm(StrEnum):
    """How much a reader's connection can carry."""

    FULL = "full"
    #: No remote pictures, whole texts inside, under 20 KB for 12 items.
    LIGHT = "light"
    #: Plain text only.
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Edition:
    """An issue in one language and one form; its key is "fr" or "fr-light"."""

    language: str
    form: EditionForm = EditionForm.FULL

    @property
    def key(self) -> str:
        """Return the short name the ledger and the reports use."""
        return self.language if self.form is EditionForm.FULL else f"{self.language}-{self.form}"

    @classmethod
    def from_key(cls, key: str) -> Edition:
        """Read back what `key` wrote."""
        for form in (EditionForm.LIGHT, EditionForm.TEXT):
            if key.endswith(f"-{form}"):
                return cls(key.removesuffix(f"-{form}"), form)
        return cls(key)


@dataclass(frozen=True, slots=True)
class RenderedEdition:
    """One edition, rendered once: personal places still hold their markers."""

    edition: Edition
    #: "ltr" or "rtl".
    direction: str
    subject: str
    preheader: str
    #: Complete document with inlined CSS; empty in the text edition.
    html: str
    text: str
    #: What the theme's CSS says that inlining lost, one sentence a rule.
    lost_rules: tuple[str, ...] = ()
