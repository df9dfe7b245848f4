"""Translate an issue: show the grid, hand texts out to volunteers, take them back."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import editions
from newsletter.editing import (
    first_seen,
    handoff,
    issue_files,
    taking_back,
    text_files,
    translations,
)
from newsletter.editing.handoff import Handoff, HandoffFormat
from newsletter.editing.taking_back import Merged
from newsletter.editing.translations import Cell as Cell  # the faces show it
from newsletter.editing.translations import Row
from newsletter.errors import FileWriteError, SettingsError, TranslationFileError
from newsletter.model.languages import best_match
from newsletter.model.strays import strays

if TYPE_CHECKING:
    from newsletter.model.content import Issue
    from newsletter.workspace import Workspace

#: A translation of a whole issue is some 50 KB; what is larger is something else.
LARGEST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Every text of an issue by language, and what may keep it from being sent."""

    issue: str
    languages: tuple[str, ...]
    rows: tuple[Row, ...]
    #: Texts that no reader gets to see, each a sentence.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What a returned file brought; nothing was written unless something was taken."""

    issue: str
    language: str
    merged: Merged
    #: What looks odd about the file as a whole.
    doubt: str = ""


def show(workspace: Workspace, slug: str) -> Grid:
    """Return the grid of an issue in the newsletter's languages and those it has texts in."""
    issue = editions.read(workspace, slug)
    languages = tuple(
        dict.fromkeys((issue.language, *workspace.settings.languages, *issue.translations))
    )
    found = editions.Editions(workspace, issue)
    unsent = [one for one in issue.translations if best_match(one, found.languages) is None]
    notes = [str(one) for one in strays(issue)]
    notes += [f"{one}.toml is seen by nobody: add {one!r} to `languages`" for one in unsent]
    return Grid(slug, languages, found.grid(languages), tuple(notes))


def export(workspace: Workspace, slug: str, language: str, form: str) -> bytes:
    """Return the file a volunteer fills in.

    Raises SettingsError for a language the newsletter does not have.
    """
    issue = editions.read(workspace, slug)
    language = _known(workspace, issue, language)
    units = translations.units(issue, language)
    if not units:
        raise SettingsError(
            f"the issue is written in {language!r}: there is nothing to translate",
            hint="Name the language to translate into.",
        )
    return handoff.write(Handoff(slug, issue.language, language, units), HandoffFormat(form))


def take_back(
    workspace: Workspace, slug: str, file: Path, *, replace_conflicts: bool = False
) -> Imported:
    """Merge a returned file into the issue's texts of its language.

    Raises TranslationFileError for a file of another issue or a broken one; nothing is
    written then.
    """
    returned = handoff.read(_content(file), file.name)
    if returned.issue != slug:
        raise TranslationFileError(
            f"{file.name!r} belongs to issue {returned.issue!r}, not to {slug!r}",
            hint=f"Import it with `newsletter translations import {returned.issue} {file}`.",
        )
    with workspace.writing():
        issue = editions.read(workspace, slug)
        language = _known(workspace, issue, returned.language)
        folder = issue_files.folder_of(workspace.issues_folder, slug)
        before = text_files.read_texts(folder, language)
        merged = taking_back.merge(
            issue, language, returned.units, replace_conflicts=replace_conflicts
        )
        if merged.has_news:
            text_files.write_texts(folder, language, merged.texts, read=before)
    return Imported(slug, language, merged, returned.doubt)


def approve(workspace: Workspace, slug: str, language: str) -> str:
    """Say of every text of a language that it is right, its original being as it is now.

    Returns the newsletter's name of the language. Raises SettingsError for one that the
    issue has no texts in.
    """
    with workspace.writing():
        issue = editions.read(workspace, slug)
        name = _known(workspace, issue, language)
        texts = issue.translations.get(name)
        if texts is None:
            raise SettingsError(
                f"{slug!r} has no texts in {name!r}",
                hint=f"Run `newsletter translations export {slug} --language {name}`.",
            )
        folder = issue_files.folder_of(workspace.issues_folder, slug)
        before = text_files.read_texts(folder, name)
        text_files.write_texts(folder, name, first_seen.approved(issue, texts), read=before)
    return name


def write_file(target: Path, content: bytes) -> None:
    """Write an exported file; raises FileWriteError."""
    try:
        target.write_bytes(content)
    except OSError as error:
        raise FileWriteError(f"cannot write {str(target)!r}: {error.strerror}") from error


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise TranslationFileError(f"{file.name!r} is larger than 5 MB")
        return file.read_bytes()
    except OSError as error:
        raise TranslationFileError(
            f"cannot read {str(file)!r}: {error.strerror}", hint="Check the name of the file."
        ) from error


def _languages(workspace: Workspace, issue: Issue) -> tuple[str, ...]:
    settings = workspace.settings
    return (issue.language, settings.language, *settings.languages, *issue.translations)


def _known(workspace: Workspace, issue: Issue, language: str) -> str:
    """Return the newsletter's name of a language.

    Tools write fr_FR or zh-CN where "fr" or "zh" was handed out, people pt for pt-BR. Where
    the file of fr-FR is fr.toml, that is its name.
    """
    known = _languages(workspace, issue)
    if found := best_match(language, known):
        files = [one for one in issue.translations if one not in workspace.settings.languages]
        return found if found in issue.translations else best_match(found, files) or found
    near = difflib.get_close_matches(language, known, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    raise SettingsError(
        f"the newsletter has no language {language!r}",
        hint=f"{meant}Add it to `languages` in newsletter.toml if you want it.",
    )
