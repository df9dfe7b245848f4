"""The folder of an issue, issues/<slug>/: read it, find it, write it without losing a word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from newsletter.editing import collected_files, guarded_files
from newsletter.editing.collected_files import Collection
from newsletter.editing.guarded_files import GuardedFile, name_of
from newsletter.editing.issue_toml import TomlSource, parse_issue
from newsletter.editing.issue_writing import edited_text, new_text
from newsletter.editing.text_files import is_language_file, parse_texts
from newsletter.errors import IssueFileError, IssueNotFoundError
from newsletter.model.content import Issue, IssueItem, IssueTexts

ISSUE_FILE = "issue.toml"
COLLECTED_FILE = "collected.json"
SNAPSHOT_FOLDER = "snapshot"
#: A name that cannot leave the folder of issues, on any system.
_SLUG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*")


@dataclass(frozen=True, slots=True)
class IssueFiles:
    """The two files of an issue as they were read together, to be replaced together."""

    slug: str
    issue_file: GuardedFile
    collected_file: GuardedFile
    #: As issue.toml says; an empty issue where there is none yet.
    issue: Issue
    #: None: never collected.
    collection: Collection | None

    @property
    def exists(self) -> bool:
        """Say whether the issue was there."""
        return self.issue_file.exists

    def save(self, issue: Issue, collection: Collection) -> None:
        """Write issue.toml and then collected.json, each whole or not at all.

        In this order: killed between the two, the next merge sees the new texts in
        issue.toml as equal to what the source says, and nothing as removed by a person.
        """
        if self.exists:
            text = edited_text(_source(self.issue_file), self.issue, issue)
        else:
            last_day = collection.period.end - timedelta(microseconds=1)
            text = new_text(issue, collection.period.name, last_day.date().isoformat())
        if not self.exists or text != self.issue_file.text:
            self.issue_file.replace(text)
        self.collected_file.replace(collected_files.as_text(collection))


def folder_of(issues_folder: Path, slug: str) -> Path:
    """Return the folder of an issue, which may not exist; never one outside."""
    if not _SLUG.fullmatch(slug):
        raise IssueNotFoundError(f"{slug!r} is not the name of an issue")
    return issues_folder / slug


def open_files(issues_folder: Path, slug: str, *, language: str = "en") -> IssueFiles:
    """Return the files of an issue to be merged into; neither needs to exist."""
    folder = folder_of(issues_folder, slug)
    issue_file = guarded_files.read(folder / ISSUE_FILE)
    collected_file = guarded_files.read(folder / COLLECTED_FILE)
    issue = Issue(slug, language=language)
    if issue_file.exists:
        issue = parse_issue(_source(issue_file), slug, language)
    collection = collected_files.from_file(collected_file)
    return IssueFiles(slug, issue_file, collected_file, issue, collection)


def read_issue(issues_folder: Path, slug: str, *, language: str = "en") -> Issue:
    """Return an issue with its translations, whole texts and picture sizes.

    `language` is that of an issue which does not say its own. Raises
    IssueNotFoundError, naming the nearest, and IssueFileError with line and reason.
    """
    files = open_files(issues_folder, slug, language=language)
    if not files.exists:
        near = difflib.get_close_matches(slug, slugs(issues_folder), n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise IssueNotFoundError(
            f"there is no issue {slug!r}",
            hint=f"{hint}Run `newsletter issues` to see the issues there are.",
        )
    folder = files.issue_file.path.parent
    issue = replace(files.issue, translations=_translations(folder, files.issue))
    if files.collection is None:
        return issue
    last_day = (files.collection.period.end - timedelta(microseconds=1)).date()
    items = tuple(_completed(item, files.collection) for item in issue.items)
    return replace(issue, items=items, date=issue.date or last_day)


def slugs(issues_folder: Path) -> list[str]:
    """Return the names of the issues there are, in order."""
    if not issues_folder.is_dir():
        return []
    return sorted(
        folder.name
        for folder in issues_folder.iterdir()
        if _SLUG.fullmatch(folder.name) and (folder / ISSUE_FILE).is_file()
    )


def _source(file: GuardedFile) -> TomlSource:
    return TomlSource(file.text, name_of(file.path))


def _completed(item: IssueItem, collection: Collection) -> IssueItem:
    """Return the item with what is too long or too dull for a file edited by hand."""
    record = collection.items.get(item.key)
    if record is None:
        return item
    picture, known = item.picture, record.item.picture
    if picture and known and picture.url == known.url:
        picture = replace(known, alt=picture.alt)
    return replace(item, picture=picture, content=record.item.content)


def _translations(folder: Path, issue: Issue) -> Mapping[str, IssueTexts]:
    found: dict[str, IssueTexts] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == ISSUE_FILE:
            continue
        if not is_language_file(path.name):
            raise IssueFileError(
                f"{name_of(path)!r} is neither issue.toml nor named by a language",
                hint="Name it by its language, as fr.toml or zh-Hans.toml, or move it away.",
            )
        keys = [item.key for item in issue.items]
        found[path.stem] = parse_texts(_source(guarded_files.read(path)), keys)
    return found
