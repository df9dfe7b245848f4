"""issue.toml as a person writes it, checked: every mistake with its line and a way out."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter.editing.keys import key_from
from newsletter.editing.toml_text import one_line, printable, read_date, unwrapped
from newsletter.errors import IssueFileError
from newsletter.model.content import Issue, IssueItem, Picture, QuickLink, Section

_TOP = [
    "subject",
    "preheader",
    "intro",
    "signed_by",
    "number",
    "date",
    "language",
    "sections",
    "items",
    "quick_links",
    "missing_translations",
    "required_languages",
    "waivers",
]
_SECTION = ("key", "title")
_QUICK_LINK = ("title", "link")
ITEM_KEYS = [
    "key",
    "title",
    "link",
    "date",
    "section",
    "included",
    "lead",
    "summary",
    "picture",
    "alt",
    "source",
    "language",
    "place",
    "ends",
    "source_changed",
]
_KEY = re.compile(r"[^\W_][\w-]{0,99}")
_HEADER = re.compile(r"\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class TomlSource:
    """A file's text and name, to say where a mistake stands."""

    text: str
    name: str

    def load(self) -> dict[str, Any]:
        """Return the values; IssueFileError with line and reason where it is not TOML."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise IssueFileError(f"{self.name!r} is not valid TOML: {error}") from error

    def broken(self, reason: str, key: str, table: str = "", index: int = 0) -> IssueFileError:
        """Return the error for a key, with its line where it can be found."""
        line = self._line(key, table, index)
        place = f" line {line}" if line else ""
        return IssueFileError(f"{self.name!r}{place}: {reason}")

    def _line(self, key: str, table: str, index: int) -> int:
        lines = self.text.split("\n")
        starts = header_lines(self.text, table) if table else [-1]
        start = starts[index] if index < len(starts) else -1
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        for at in range(start + 1, len(lines)):
            if wanted.match(lines[at]):
                return at + 1
            if table and _HEADER.fullmatch(lines[at]):
                break
        return start + 1


def header_lines(text: str, table: str) -> list[int]:
    """Return the lines (from 0) of [table] or [[table]], not those inside long strings."""
    return [at for at, name in _headers(text) if name == table]


def all_header_lines(text: str) -> list[int]:
    """Return the lines (from 0) at which any table begins."""
    return [at for at, _ in _headers(text)]


def _headers(text: str) -> Iterator[tuple[int, str]]:
    inside = ""
    for at, line in enumerate(text.split("\n")):
        if not inside and (header := _HEADER.fullmatch(line)):
            yield at, header[1]
        inside = _string_after(line, inside)


def _string_after(line: str, inside: str) -> str:
    """Return which kind of long string is open after the line: \"\"\", ''' or none."""
    at = 0
    while at < len(line):
        if inside:
            if inside == '"""' and line[at] == "\\":
                at += 2
                continue
            if line.startswith(inside, at):
                inside, at = "", at + 3
                continue
        elif line.startswith(('"""', "'''"), at):
            inside, at = line[at : at + 3], at + 3
            continue
        elif line[at] in "\"'":
            at = _after_short_string(line, at)
            continue
        elif line[at] == "#":
            return inside
        at += 1
    return inside


def _after_short_string(line: str, at: int) -> int:
    quote, at = line[at], at + 1
    while at < len(line) and line[at] != quote:
        at += 2 if quote == '"' and line[at] == "\\" else 1
    return at + 1


def parse_issue(source: TomlSource, slug: str, language: str) -> Issue:
    """Return the issue a file says; IssueFileError names line, reason and the nearest key."""
    values = source.load()
    reader = _Reader(source)
    reader.refuse_unknown(values, _TOP)
    sections = tuple(reader.sections(values.get("sections", [])))
    items = tuple(reader.items(values.get("items", []), sections))
    return Issue(
        slug=slug,
        subject=one_line(reader.text(values, "subject")),
        preheader=one_line(reader.text(values, "preheader")),
        intro=printable(reader.text(values, "intro")).strip("\n"),
        signed_by=one_line(reader.text(values, "signed_by")),
        number=one_line(reader.text(values, "number", allowed=(str, int))),
        date=reader.day(values, "date"),
        language=reader.text(values, "language") or language,
        sections=sections,
        items=items,
        quick_links=tuple(reader.quick_links(values.get("quick_links", []))),
        missing_translations=reader.rule(values, "missing_translations"),
        required_languages=reader.languages(values, "required_languages"),
        waivers=reader.waivers(values.get("waivers", {})),
    )


class _Reader:
    """Takes values out of the tables of one file and says where one is wrong."""

    def __init__(self, source: TomlSource) -> None:
        self.source = source

    def refuse_unknown(
        self, table: Mapping[str, Any], known: Sequence[str], where: str = "", index: int = 0
    ) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise self.source.broken(f"unknown key {key!r}; {hint}", key, where, index)

    def text(
        self,
        table: Mapping[str, Any],
        key: str,
        where: str = "",
        index: int = 0,
        allowed: tuple[type, ...] = (str,),
    ) -> str:
        value = table.get(key, "")
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise self.source.broken(
                f"{key!r} must be text in quotes, not {_shown(value)}", key, where, index
            )
        return str(value)

    def flag(self, table: Mapping[str, Any], key: str, index: int, *, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.source.broken(
                f"{key!r} must be true or false, not {_shown(value)}", key, "items", index
            )
        return value

    def day(self, table: Mapping[str, Any], key: str) -> date | None:
        value = table.get(key)
        found = None if value is None else self._date(value, key, "", 0)
        day = found.as_date() if found else None
        if found and day is None:
            raise self.source.broken(f"{key!r} must be a whole day, as 2016-05-31", key)
        return day

    def _date(self, value: Any, key: str, where: str, index: int) -> Any:
        try:
            return read_date(value)
        except ValueError as error:
            raise self.source.broken(
                f'{key!r} must be a date (2016-05-20, "2016-05" or ""), not {_shown(value)}',
                key,
                where,
                index,
            ) from error

    def tables(self, value: Any, key: str, known: Sequence[str]) -> list[Mapping[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.source.broken(f"{key!r} must be written as [[{key}]]", key, key)
        for index, table in enumerate(value):
            self.refuse_unknown(table, known, key, index)
        return value

    def sections(self, value: Any) -> list[Section]:
        found: dict[str, Section] = {}
        for index, table in enumerate(self.tables(value, "sections", _SECTION)):
            title = one_line(self.text(table, "title", "sections", index))
            key = self._key(table, title, "sections", index)
            if key in found:
                raise self.source.broken(
                    f"the section {key!r} stands twice", "key", "sections", index
                )
            found[key] = Section(key, title)
        return list(found.values())

    def _key(self, table: Mapping[str, Any], title: str, where: str, index: int) -> str:
        key = self.text(table, "key", where, index) or key_from(title)
        if not _KEY.fullmatch(key):
            raise self.source.broken(
                f"the key {key!r} may hold letters, digits and hyphens only", "key", where, index
            )
        return key

    def quick_links(self, value: Any) -> list[QuickLink]:
        return [
            QuickLink(
                one_line(self.text(table, "title", "quick_links", index)),
                one_line(self.text(table, "link", "quick_links", index)),
            )
            for index, table in enumerate(self.tables(value, "quick_links", _QUICK_LINK))
        ]

    def rule(self, table: Mapping[str, Any], key: str) -> str:
        value = self.text(table, key)
        if value not in {"", "fallback", "leave-out"}:
            raise self.source.broken(f'{key!r} must be "fallback" or "leave-out"', key)
        return value

    def languages(self, table: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.source.broken(f'{key!r} must be a list, as ["fr", "ar"]', key)
        return tuple(value)

    def waivers(self, value: Any) -> Mapping[str, str]:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            raise self.source.broken(
                "'waivers' must be a table of check = \"who: why\"", "waivers", "waivers"
            )
        return dict(value)

    def items(self, value: Any, sections: Sequence[Section]) -> list[IssueItem]:
        found: dict[str, IssueItem] = {}
        for index, table in enumerate(self.tables(value, "items", ITEM_KEYS)):
            item = self._item(table, index, sections)
            if item.key in found:
                if table.get("key"):
                    raise self.source.broken(
                        f"the item {item.key!r} stands twice", "key", "items", index
                    )
                item = _with_key(item, _free(item.key, found))
            found[item.key] = item
        return list(found.values())

    def _item(self, table: Mapping[str, Any], index: int, sections: Sequence[Section]) -> IssueItem:
        def text(key: str, tidy: Callable[[str], str] = one_line) -> str:
            return tidy(self.text(table, key, "items", index))

        title = text("title")
        url, alt = text("picture"), text("alt")
        ends = table.get("ends")
        return IssueItem(
            key=self._key(table, title, "items", index),
            title=title,
            link=text("link"),
            date=self._date(table.get("date", ""), "date", "items", index),
            summary=text("summary", unwrapped),
            picture=Picture(url, alt) if url else None,
            language=text("language"),
            source=text("source"),
            section=self._section(text("section"), index, sections),
            lead=self.flag(table, "lead", index, default=False),
            included=self.flag(table, "included", index, default=True),
            source_changed=self.flag(table, "source_changed", index, default=False),
            place=text("place"),
            ends=None if ends is None else self._date(ends, "ends", "items", index),
        )

    def _section(self, name: str, index: int, sections: Sequence[Section]) -> str:
        """Return the key of a section that was named by key or title."""
        keys = {
            **{one.title: one.key for one in sections},
            **{one.key: one.key for one in sections},
        }
        if not name or name in keys:
            return keys.get(name, "")
        near = difflib.get_close_matches(name, keys, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "add it as [[sections]]"
        raise self.source.broken(f"there is no section {name!r}; {hint}", "section", "items", index)


def _with_key(item: IssueItem, key: str) -> IssueItem:
    from dataclasses import replace

    return replace(item, key=key)


def _free(key: str, taken: Mapping[str, object]) -> str:
    number = 2
    while f"{key}-{number}" in taken:
        number += 1
    return f"{key}-{number}"


def _shown(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return repr(value)[:60]
