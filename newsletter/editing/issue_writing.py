"""issue.toml written: a new one with its explanations, an edited one changed in place.

In place means that a person's comments, order and spelling stay: only the values that
change are replaced, and new items come at the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from newsletter.editing.issue_toml import (
    ITEM_KEYS,
    TomlSource,
    all_header_lines,
    header_lines,
    parse_issue,
)
from newsletter.editing.toml_text import date_value, in_lines, quoted, summary_value
from newsletter.errors import IssueFileError
from newsletter.model.content import Issue, IssueItem, Section

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_HEAD = """\
# Issue {slug}. This file is yours: change texts, reorder or delete items, write your own.
# Collecting again (newsletter collect {period}) keeps everything that you changed.
# See it: newsletter preview {slug}     What the sources said themselves: collected.json

subject = {subject}
# The line that mail programs show after the subject.
preheader = {preheader}
# One to three sentences before the news, in Markdown.
intro = {intro}
signed_by = {signed_by}
language = {language}
# number = "12"
# date = {date}        The day in the masthead; without it, the last day of the period.
"""
_ITEMS_HEAD = """
# The news, in the order in which readers meet them. `included = false` leaves one out,
# `lead = true` puts one on top. Long texts may have line breaks anywhere; an empty line
# begins a new paragraph.
"""
_UNDATED = "  # undated: set included = true if it belongs in this issue"
_CHANGED = "  # the source says something new: compare collected.json, then delete this line"
#: What may be left out of a new item's table where it is empty.
_OPTIONAL = frozenset({"lead", "alt", "language", "place", "ends", "source_changed"})


def new_text(issue: Issue, period: str, last_day: str) -> str:
    """Return the text of a new issue.toml, with comments that explain it."""
    head = _HEAD.format(
        slug=issue.slug,
        period=period,
        subject=quoted(issue.subject),
        preheader=quoted(issue.preheader),
        intro=in_lines(issue.intro),
        signed_by=quoted(issue.signed_by),
        language=quoted(issue.language),
        date=last_day,
    )
    sections = "".join(_section_text(one) for one in issue.sections)
    items = "".join(_item_text(one) for one in issue.items)
    return head + sections + _ITEMS_HEAD + items


def edited_text(source: TomlSource, old: Issue, new: Issue) -> str:
    """Return the text of an issue.toml with the differences of two issues put in.

    Raises IssueFileError where the file is written in a way that cannot be changed
    safely; the result is read back and must be exactly the new issue.
    """
    if _plain(old) == _plain(new):
        return source.text
    text = _replaced(source, old, new)
    text = _with_new_keys(text, old, new)
    text = _with_sections(text, new.sections[len(old.sections) :])
    known = {item.key for item in old.items}
    added = [item for item in new.items if item.key not in known]
    if added:
        text = text.rstrip("\n") + "\n" + "".join(_item_text(one) for one in added)
    read_back = parse_issue(TomlSource(text, source.name), new.slug, new.language)
    if _plain(read_back) != _plain(new):
        raise IssueFileError(
            f"{source.name!r} is written in a way that collecting cannot add to",
            hint="Write each item as [[items]] with one key a line; nothing was changed.",
        )
    return text


def _plain(issue: Issue) -> tuple[object, ...]:
    """Return what the file says of an issue; the rest comes from elsewhere."""
    tables = [_values(item) for item in issue.items]
    return (issue.subject, issue.preheader, issue.intro, issue.sections, tables)


def _values(item: IssueItem) -> dict[str, str]:
    """Return every key of an item with its TOML value."""
    return {
        "key": quoted(item.key),
        "title": quoted(item.title),
        "link": quoted(item.link),
        "date": date_value(item.date),
        "section": quoted(item.section),
        "included": str(item.included).lower(),
        "lead": str(item.lead).lower(),
        "summary": summary_value(item.summary),
        "picture": quoted(item.picture.url if item.picture else ""),
        "alt": quoted(item.picture.alt if item.picture else ""),
        "source": quoted(item.source),
        "language": quoted(item.language),
        "place": quoted(item.place),
        "ends": date_value(item.ends),
        "source_changed": str(item.source_changed).lower(),
    }


def _section_text(section: Section) -> str:
    return f"\n[[sections]]\nkey = {quoted(section.key)}\ntitle = {quoted(section.title)}\n"


def _item_text(item: IssueItem) -> str:
    lines = ["", "[[items]]"]
    for key, value in _values(item).items():
        is_shown = key not in _OPTIONAL or (key == "alt" and item.picture is not None)
        if not is_shown and value in {'""', "false"}:
            continue
        note = _UNDATED if key == "date" and not item.included else ""
        lines.append(f"{key} = {value}{note}")
    return "\n".join(lines) + "\n"


def _document(source: TomlSource) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(source.text)
    except TOMLKitError as error:
        raise IssueFileError(f"{source.name!r} is not valid TOML: {error}") from error


def _toml_value(value: str) -> Any:
    import tomlkit

    return tomlkit.parse(f"value = {value}\n").item("value")


def _replaced(source: TomlSource, old: Issue, new: Issue) -> str:
    """Return the text with the values that stand in it already and change."""
    import tomlkit

    document = _document(source)
    for key, value in _top_changes(old, new).items():
        if key in document:
            document[key] = _toml_value(value)
    after = {item.key: item for item in new.items}
    for index, before in enumerate(old.items):
        for key, value in _changes(before, after[before.key]).items():
            table = document["items"][index]
            if key in table:
                table[key] = _toml_value(value)
                _drop_stale_note(table[key])
    return tomlkit.dumps(document)


def _drop_stale_note(value: Any) -> None:
    """Take our own "undated" away from a date that is known now."""
    trivia = getattr(value, "trivia", None)
    if trivia is not None and trivia.comment == _UNDATED.strip():
        trivia.comment = trivia.comment_ws = ""


def _top_changes(old: Issue, new: Issue) -> dict[str, str]:
    names = ("subject", "preheader", "intro")
    return {
        name: in_lines(getattr(new, name)) if name == "intro" else quoted(getattr(new, name))
        for name in names
        if getattr(old, name) != getattr(new, name)
    }


def _changes(old: IssueItem, new: IssueItem) -> dict[str, str]:
    before, after = _values(old), _values(new)
    return {key: after[key] for key in ITEM_KEYS if before[key] != after[key]}


def _with_new_keys(text: str, old: Issue, new: Issue) -> str:
    """Return the text with keys that a table lacks, right under its header."""
    lines = text.split("\n")
    tables = TomlSource(text, "").load()
    headers = header_lines(text, "items")
    after = {item.key: item for item in new.items}
    for index in range(len(old.items) - 1, -1, -1):
        changes = _changes(old.items[index], after[old.items[index].key])
        missing = _missing(changes, tables["items"][index])
        if missing and index < len(headers):
            lines[headers[index] + 1 : headers[index] + 1] = missing
    missing = _missing(_top_changes(old, new), tables)
    if missing:
        first = next((at for at, line in enumerate(lines) if line and line[0] != "#"), 0)
        lines[first:first] = missing
    return "\n".join(lines)


def _missing(changes: Mapping[str, str], table: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} = {value}{_CHANGED if key == 'source_changed' else ''}"
        for key, value in changes.items()
        if key not in table
    ]


def _with_sections(text: str, sections: Sequence[Section] | Iterable[Section]) -> str:
    """Return the text with new sections after the last one it has."""
    added = "".join(_section_text(one) for one in sections)
    if not added:
        return text
    lines = text.split("\n")
    headers = header_lines(text, "sections")
    if not headers:
        return text.rstrip("\n") + "\n" + added
    at = next((line for line in all_header_lines(text) if line > headers[-1]), len(lines))
    while not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#"):
        # What stands between two tables belongs to the one that follows.
        at -= 1
    return "\n".join([*lines[:at], *added.rstrip("\n").split("\n"), *lines[at:]])
