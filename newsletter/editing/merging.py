"""Collect again into an issue a person has edited: what they changed stays, the rest follows.

Three texts stand side by side for every field: what was collected last time, what
issue.toml says now, what the source says today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.editing.canonical import canonical_link, title_key
from newsletter.editing.collected_files import CollectedItem, Collection
from newsletter.editing.keys import key_from
from newsletter.editing.proposing import by_section, lead_of, preheader_for, subject_for
from newsletter.editing.selection import day_keys
from newsletter.editing.toml_text import one_line, unwrapped
from newsletter.model.content import (
    Issue,
    IssueItem,
    Item,
    ItemDate,
    ItemStatus,
    Period,
    Picture,
    Section,
)

#: Fields that follow their source until a person changes them.
_FOLLOWED = ("title", "link", "date", "summary", "language", "source", "section")
#: News of the source, worth a person's look; the others follow our own settings.
_NEWS = frozenset({"title", "link", "date", "summary", "picture"})


@dataclass(frozen=True, slots=True)
class Round:
    """One collecting: its period and time, and what the sources gave."""

    period: Period
    collected_at: datetime
    time_zone: str
    #: What the issue may get, in page order.
    selected: tuple[Item, ...]
    #: Everything read, duplicates merged: also what lies outside the period can be an
    #: update of an item that is in the issue.
    everything: tuple[Item, ...] = ()
    #: Titles of sections in the order of the sources.
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The issue and the collection after a round, and what became of the items."""

    issue: Issue
    collection: Collection
    #: The selected items that are in the issue now, in page order, with their status.
    items: tuple[Item, ...] = ()
    #: Selected again, but a person had taken them out.
    removed: tuple[str, ...] = ()

    def count(self, status: ItemStatus) -> int:
        """Return how many of the round's items have a status."""
        return sum(item.status is status for item in self.items)


def merge(issue: Issue, before: Collection | None, round_: Round) -> Merged:
    """Return the issue with what the sources say today, nothing of a person's lost.

    A field that equals what was collected last follows its source. One that a person
    changed stays, and the item is flagged where the source has something new. Removed
    items stay removed, the order stays, new items come at the end.
    """
    return _Merge(issue, before, round_).run()


class _Merge:
    def __init__(self, issue: Issue, before: Collection | None, round_: Round) -> None:
        self.issue = issue
        self.before = before
        self.round = round_
        self.base = _renamed(dict(before.items if before else {}), issue.items)
        self.keys = _section_keys(issue.sections, before)
        self.sections = _all_sections(issue.sections, round_, self.keys)

    def run(self) -> Merged:
        by_key = {item.key: item for item in self.issue.items}
        finder = _Finder(self.base, self.issue.items)
        records = dict(self.base)
        told: dict[int, Item] = {}
        new: list[Item] = []
        removed: list[str] = []
        selected = {id(item) for item in self.round.selected}
        for item in self._incoming():
            key = finder.key_of(item)
            if key is None:
                new += [item] if id(item) in selected else []
                continue
            old = self.base.get(key)
            mine = by_key.get(key)
            is_wanted = id(item) in selected and item.status is ItemStatus.NEW
            records[key] = self._record(old, mine, item, is_wanted=is_wanted)
            if mine is None:
                removed += [key] if id(item) in selected else []
                continue
            by_key[key] = self._updated(mine, old, records[key])
            status = _status(mine, by_key[key], old, records[key])
            if status is ItemStatus.KNOWN and not by_key[key].included:
                # Still offered, still without a date: it must not look settled.
                status = item.status if item.status is ItemStatus.UNDATED else status
            told[id(item)] = replace(item, status=status)
        for item in by_section(new, self.round.sections):
            key = key_from(item.title, {*records, *by_key})
            is_dated = item.status is not ItemStatus.UNDATED
            records[key] = CollectedItem(self._tidy(item), is_dated)
            by_key[key] = _issue_item(key, records[key])
            told[id(item)] = item
        shown = tuple(told[id(one)] for one in self.round.selected if id(one) in told)
        return self._proposed(by_key, records, shown, tuple(removed))

    def _incoming(self) -> Iterator[Item]:
        """Give the selected items and then the others, each once."""
        known = {_identity(item) for item in self.round.selected}
        yield from self.round.selected
        yield from (one for one in self.round.everything if _identity(one) not in known)

    def _tidy(self, item: Item) -> Item:
        """Return the item with its texts as issue.toml would give them back."""
        picture = item.picture
        if picture and not one_line(picture.url):
            picture = None
        return replace(
            item,
            title=one_line(item.title),
            link=one_line(item.link),
            summary=unwrapped(item.summary),
            language=one_line(item.language),
            source=one_line(item.source),
            section=self.keys.get(title_key(item.section), ""),
            picture=picture
            and replace(picture, url=one_line(picture.url), alt=one_line(picture.alt)),
        )

    def _record(
        self, old: CollectedItem | None, mine: IssueItem | None, item: Item, *, is_wanted: bool
    ) -> CollectedItem:
        """Return what is known of the source now: what it does not say any more stays."""
        tidy = self._tidy(item)
        if old is None:
            return CollectedItem(tidy, mine.included if mine else True)
        kept = {
            name: getattr(old.item, name)
            for name in (*_FOLLOWED, "picture", "content", "guid")
            if not getattr(tidy, name)
        }
        found = replace(tidy, **kept)
        # Offered undated before, and now known to belong here: it goes in.
        return CollectedItem(found, old.included or is_wanted)

    def _updated(
        self, mine: IssueItem, old: CollectedItem | None, record: CollectedItem
    ) -> IssueItem:
        new, base = _values(record.item), _values(old.item) if old else {}
        current = _values(mine)
        changes: dict[str, object] = {}
        is_news = False
        for name, theirs in new.items():
            if current[name] == theirs:
                continue
            if old is not None and current[name] == base[name]:
                changes[name] = theirs
            elif old is not None and theirs != base[name] and name in _NEWS:
                is_news = True
            elif not current[name] and old is None:
                # A person wrote the item by hand and left this open.
                changes[name] = theirs
        if old is not None and mine.included == old.included:
            changes["included"] = record.included
        changed = _with_values(mine, changes)
        return replace(changed, source_changed=True) if is_news else changed

    def _proposed(
        self,
        by_key: dict[str, IssueItem],
        records: dict[str, CollectedItem],
        shown: tuple[Item, ...],
        removed: tuple[str, ...],
    ) -> Merged:
        items = tuple(by_key.values())
        if not self.issue.items:
            lead = lead_of(items)
            items = tuple(replace(one, lead=one is lead) for one in items)
        subject = subject_for(items)
        old_subject = self.before.subject if self.before else ""
        old_preheader = self.before.preheader if self.before else ""
        own_subject = _followed(self.issue.subject, old_subject, subject)
        preheader = preheader_for(items, own_subject)
        collection = Collection(
            self.round.period,
            self.round.collected_at,
            self.round.time_zone,
            subject,
            preheader,
            self.sections,
            records,
        )
        issue = replace(
            self.issue,
            items=items,
            sections=self._own_sections(items),
            subject=own_subject,
            preheader=_followed(self.issue.preheader, old_preheader, preheader),
        )
        return Merged(issue, collection, shown, removed)

    def _own_sections(self, items: Sequence[IssueItem]) -> tuple[Section, ...]:
        """Return the issue's sections and those that new items need."""
        own = {one.key for one in self.issue.sections}
        used = {item.section for item in items}
        return self.issue.sections + tuple(
            one for one in self.sections if one.key in used and one.key not in own
        )


def _identity(item: Item) -> tuple[str, ...]:
    written = item.date.isoformat() if item.date else ""
    return (canonical_link(item.link), item.title, written, item.source)


def _section_keys(own: Sequence[Section], before: Collection | None) -> dict[str, str]:
    """Return the key of each title, also of one that a person has rewritten since."""
    keys = {one.key for one in own}
    told = before.sections if before else ()
    old = {title_key(one.title): one.key for one in told if one.key in keys}
    return {**old, **{title_key(one.title): one.key for one in own}}


def _all_sections(
    own: Sequence[Section], round_: Round, keys: dict[str, str]
) -> tuple[Section, ...]:
    """Return the issue's sections, then those of the sources; new ones are added to `keys`."""
    sections = list(own)
    for title in map(one_line, [*round_.sections, *(one.section for one in round_.selected)]):
        if title and title_key(title) not in keys:
            section = Section(key_from(title, set(keys.values())), title)
            keys[title_key(title)] = section.key
            sections.append(section)
    return tuple(sections)


def _followed(mine: str, base: str, new: str) -> str:
    return new if mine == base and new else mine


# The values of one item, by field.


def _values(item: Item | IssueItem) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(item, name) for name in _FOLLOWED}
    values["date"] = _plain(item.date)
    values["picture"] = item.picture.url if item.picture else ""
    values["alt"] = item.picture.alt if item.picture else ""
    return values


def _with_values(item: IssueItem, changes: Mapping[str, object]) -> IssueItem:
    values = {**_values(item), **changes}
    url, alt = str(values.pop("picture")), str(values.pop("alt"))
    picture = None
    if url:
        old = item.picture
        picture = replace(old, alt=alt) if old and old.url == url else Picture(url, alt)
    return replace(item, **values, picture=picture)  # type: ignore[arg-type]


def _plain(written: ItemDate | None) -> ItemDate | None:
    return replace(written, instant=None) if written else None


def _issue_item(key: str, record: CollectedItem) -> IssueItem:
    item = record.item
    return IssueItem(
        key=key,
        title=item.title,
        link=item.link,
        date=_plain(item.date),
        summary=item.summary,
        picture=Picture(item.picture.url, item.picture.alt) if item.picture else None,
        language=item.language,
        source=item.source,
        section=item.section,
        included=record.included,
    )


def _status(
    mine: IssueItem, updated: IssueItem, old: CollectedItem | None, record: CollectedItem
) -> ItemStatus:
    news = old is not None and any(
        _values(old.item)[name] != _values(record.item)[name] for name in _NEWS
    )
    return ItemStatus.CHANGED if news or mine != updated else ItemStatus.KNOWN


# Which item is which.


class _Finder:
    """Finds the item of the issue that an incoming item is, each at most once."""

    def __init__(self, base: Mapping[str, CollectedItem], items: Sequence[IssueItem]) -> None:
        self.by_mark: dict[tuple[str, ...], str] = {}
        self.taken: set[str] = set()
        for key, one in base.items():
            for mark in _marks(one.item):
                self.by_mark.setdefault(mark, key)
        for item in items:
            for mark in _marks(item):
                self.by_mark.setdefault(mark, item.key)

    def key_of(self, item: Item) -> str | None:
        for mark in _marks(item):
            key = self.by_mark.get(mark)
            if key is not None and key not in self.taken:
                self.taken.add(key)
                return key
        return None


def _marks(item: Item | IssueItem) -> Iterator[tuple[str, ...]]:
    """Give what an item may be known by, the surest first."""
    guid = item.guid if isinstance(item, Item) else ""
    if guid:
        yield ("guid", item.source, guid)
    if link := canonical_link(item.link):
        # Several items can stand on one page; then the title tells them apart.
        yield ("link and title", link, title_key(item.title))
        yield ("link", link)
    for day in day_keys(item.date):
        yield ("title", title_key(item.title), day)
    if not item.link and not item.date:
        yield ("only title", title_key(item.title))


def _renamed(
    base: dict[str, CollectedItem], items: Sequence[IssueItem]
) -> dict[str, CollectedItem]:
    """Return the records under the keys that a person gave their items since."""
    own = {item.key for item in items}
    lost = {mark: key for key, one in base.items() if key not in own for mark in _marks(one.item)}
    renamed: dict[str, str] = {}
    for item in items:
        if item.key not in base:
            found = next((lost[mark] for mark in _marks(item) if mark in lost), None)
            if found is not None and found not in renamed:
                renamed[found] = item.key
    return {renamed.get(key, key): one for key, one in base.items()}
