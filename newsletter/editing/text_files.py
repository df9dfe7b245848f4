"""issues/<slug>/<lang>.toml: the texts of an issue in another language, read and written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from newsletter.editing import guarded_files
from newsletter.editing.guarded_files import name_of
from newsletter.editing.issue_toml import TomlSource
from newsletter.editing.toml_text import (
    in_lines,
    one_line,
    printable,
    quoted,
    summary_value,
    unwrapped,
)
from newsletter.errors import IssueFileError
from newsletter.model.content import IssueTexts, ItemTexts

_TOP = ("subject", "preheader", "intro", "of", "sections", "quick_links", "items")
_ITEM = ("title", "summary", "alt", "link", "content", "place", "of")
#: BCP 47 as it is used in file names: fr, pt-BR, zh-Hans.
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\.toml")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def is_language_file(name: str) -> bool:
    """Say whether a file is named by a language."""
    return _LANGUAGE.fullmatch(name) is not None


def parse_texts(source: TomlSource, item_keys: Sequence[str]) -> IssueTexts:
    """Return the texts of one language; IssueFileError names line, reason and nearest key.

    Texts of an item that the issue does not have any more are kept: the item may
    come back, and a translation is somebody's work.
    """
    values = source.load()
    _refuse_unknown(source, values, _TOP, "")
    names = {
        table: {
            key: one_line(_text(source, titles, key, table))
            for titles in [_table(source, values, table)]
            for key in titles
        }
        for table in ("sections", "quick_links")
    }
    items = _table(source, values, "items")
    found = {}
    for key, table in items.items():
        where = f"items.{key}"
        if not isinstance(table, dict):
            near = difflib.get_close_matches(key, item_keys, n=1)
            hint = f"; write [items.{near[0]}]" if near else ""
            raise source.broken(f"{where!r} must be a table{hint}", key, "items")
        _refuse_unknown(source, table, _ITEM, where)
        texts = {name: _text(source, table, name, where) for name in _ITEM}
        texts["summary"] = unwrapped(texts["summary"])
        for name in ("title", "alt", "link", "place", "of"):
            texts[name] = one_line(texts[name])
        found[key] = ItemTexts(**texts)
    return IssueTexts(
        subject=one_line(_text(source, values, "subject")),
        preheader=one_line(_text(source, values, "preheader")),
        intro=printable(_text(source, values, "intro")).strip("\n"),
        sections=names["sections"],
        items=found,
        quick_links=names["quick_links"],
        of=_text(source, values, "of"),
    )


def read_texts(folder: Path, language: str) -> IssueTexts:
    """Return the texts of one language of an issue; empty ones where there is no file."""
    file = guarded_files.read(folder / f"{language}.toml")
    return parse_texts(TomlSource(file.text, name_of(file.path)), ())


def write_texts(folder: Path, language: str, texts: IssueTexts, *, read: IssueTexts) -> None:
    """Write the texts of one language in place of those that were `read` before.

    Raises IssueFileError where the file says something else by now.
    """
    name = f"{language}.toml"
    if not is_language_file(name):
        raise IssueFileError(f"{language!r} is not the name of a language")
    file = guarded_files.read(folder / name)
    if parse_texts(TomlSource(file.text, name_of(file.path)), ()) != read:
        raise IssueFileError(
            f"{name_of(file.path)!r} was changed by somebody else in the meantime",
            hint="Run the command again; nothing was changed.",
        )
    file.replace(_as_text(language, texts, _comments(file.text)))


def _comments(text: str) -> str:
    """Return the comment at the head of a file, where people write who translates."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        lines.append(line)
    return "\n".join(lines)


def _as_text(language: str, texts: IssueTexts, comment: str) -> str:
    head = comment or (
        f"# This issue in {language!r}. What is empty falls back to another language.\n"
        "# `of` is a fingerprint of the original: where the original changes, it shows as stale."
    )
    lines = [
        head,
        "",
        f"subject = {quoted(texts.subject)}",
        f"preheader = {quoted(texts.preheader)}",
        f"intro = {in_lines(texts.intro)}",
    ]
    lines += [f"of = {quoted(texts.of)}"] if texts.of else []
    for table, titles in (("sections", texts.sections), ("quick_links", texts.quick_links)):
        lines += ["", f"[{table}]"] if titles else []
        lines += [f"{_key(key)} = {quoted(title)}" for key, title in titles.items()]
    for key, item in texts.items.items():
        lines += ["", f"[items.{_key(key)}]", f"title = {quoted(item.title)}"]
        lines.append(f"summary = {summary_value(item.summary)}")
        optional = {"alt": quoted(item.alt), "link": quoted(item.link), "place": quoted(item.place)}
        optional |= {"content": in_lines(item.content), "of": quoted(item.of)}
        lines += [f"{name} = {value}" for name, value in optional.items() if value != '""']
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else quoted(key)


def _table(source: TomlSource, values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = values.get(key, {})
    if not isinstance(table, dict):
        raise source.broken(f"{key!r} must be a table, written as [{key}]", key)
    return table


def _text(source: TomlSource, table: Mapping[str, Any], key: str, where: str = "") -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise source.broken(f"{key!r} must be text in quotes, not {value!r:.60}", key, where)
    return value


def _refuse_unknown(
    source: TomlSource, table: Mapping[str, Any], known: Sequence[str], where: str
) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise source.broken(f"unknown key {key!r}; {hint}", key, where)
