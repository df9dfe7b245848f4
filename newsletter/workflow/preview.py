"""Render an issue as its readers will get it, and write a page that shows it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.editions import Editions
from newsletter.errors import EmptyEditionError, FileWriteError, LanguageNotFoundError
from newsletter.model.content import Edition, EditionForm, Issue
from newsletter.model.identity import Identity
from newsletter.model.languages import best_match
from newsletter.model.message import MARKERS

if TYPE_CHECKING:
    from newsletter.rendering.previews import FilledEdition
    from newsletter.workspace import Workspace

#: Who reads the preview; addresses under .example reach nobody (RFC 2606).
_NAME, _ADDRESS = "Sample Reader", "reader@library.example"
_LIST = ("sample", "Sample list")
_SENDER = "newsletter@library.example"
#: The Date of a preview of an issue without a date: any fixed moment, so that bytes repeat.
_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class PreviewedEdition:
    """One edition as it was written to the folder, with its sizes."""

    key: str
    subject: str
    html_bytes: int
    text_bytes: int
    message_bytes: int
    #: All its pictures, and those of them that come beside the message.
    picture_bytes: int = 0
    fetched_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Previewed:
    """Where the preview is, and what it holds."""

    issue: str
    #: The page that shows every edition.
    page: Path
    editions: tuple[PreviewedEdition, ...]
    #: What a person should know: sentences.
    notes: tuple[str, ...] = ()


def preview(workspace: Workspace, slug: str, *, languages: Sequence[str] = ()) -> Previewed:
    """Write issues/<slug>/out/: each edition as HTML, text and message, and index.html.

    The same issue and settings give the same bytes. Without `languages` every language
    of the newsletter is shown. Nothing is written where one edition fails.
    """
    from newsletter.rendering.previews import preview_files

    identity = workspace.settings.identity
    shown = replace(identity, mail_from=identity.mail_from or _SENDER)
    editions = Editions.of(workspace, slug, identity=shown)
    issue = editions.issue
    wanted = [_known(editions, one) for one in languages] or list(editions.languages)
    filled, notes = [], []
    for edition in _editions(wanted):
        try:
            filled.append(_filled(editions, edition))
        except EmptyEditionError as failure:
            if languages or edition.language == issue.language:
                raise
            notes.append(f"{failure}; it is not shown")
    notes += editions.picture_notes
    if not identity.mail_from:
        notes.append(f"MAIL_FROM is not set: the messages are shown as from {_SENDER}")
    folder = workspace.issues_folder / slug / "out"
    _write(folder, preview_files(issue.subject or slug, filled))
    return Previewed(slug, folder / "index.html", tuple(_told(one) for one in filled), tuple(notes))


def _known(editions: Editions, language: str) -> str:
    found = best_match(language, editions.languages)
    if found is None:
        raise LanguageNotFoundError(
            f"the newsletter has no language {language!r}",
            hint=f"Its languages are {', '.join(editions.languages)}; add more to `languages` "
            "in newsletter.toml.",
        )
    return found


def _editions(languages: Iterable[str]) -> list[Edition]:
    forms = (EditionForm.FULL, EditionForm.LIGHT)
    return [Edition(language, form) for language in languages for form in forms]


def _filled(editions: Editions, edition: Edition) -> FilledEdition:
    """Return an edition filled for a sample reader, with the message as it would be sent."""
    from html import escape

    from newsletter.rendering.addressing import addressing_of
    from newsletter.rendering.message import build_template
    from newsletter.rendering.previews import LOCAL_PICTURES, FilledEdition

    issue, identity = editions.issue, editions.identity
    rendered = editions.render(edition)
    sent = datetime.combine(issue.date or _ANY_DAY, time(9), tzinfo=UTC)
    values = _values(identity, issue, edition)
    template = build_template(
        rendered,
        addressing_of(identity, issue.slug, sent),
        attachments=editions.attachments(edition),
    )
    shown = editions.html_with_local_pictures(edition, LOCAL_PICTURES)
    in_html = {name: escape(value) for name, value in values.items()}
    return FilledEdition(
        rendered=rendered,
        html=_with(shown, in_html),
        text=_with(rendered.text, values),
        message=template.fill(values),
        picture_bytes=editions.picture_bytes(edition),
        fetched_bytes=editions.fetched_bytes(edition),
    )


def _values(identity: Identity, issue: Issue, edition: Edition) -> dict[str, str]:
    """Return a sample reader's personal values, made as a real reader's are."""
    from newsletter.rendering.personal import ListName, personal_values

    personal = personal_values(_NAME, ListName(*_LIST), edition, identity, slug=issue.slug)
    domain = identity.mail_from.rpartition("@")[2].rstrip("> ")
    return {
        **personal,
        "address": _ADDRESS,
        "message_id": f"preview.{issue.slug}.{edition.key}@{domain}",
    }


def _with(text: str, values: Mapping[str, str]) -> str:
    for name, marker in MARKERS.items():
        text = text.replace(marker, values[name])
    return text


def _told(one: FilledEdition) -> PreviewedEdition:
    return PreviewedEdition(
        key=one.key,
        subject=one.rendered.subject,
        html_bytes=len(one.html.encode()),
        text_bytes=len(one.text.encode()),
        message_bytes=len(one.message),
        picture_bytes=one.picture_bytes,
        fetched_bytes=one.fetched_bytes,
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file whole or not at all; a file that is the same already stays untouched."""
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and path.read_bytes() == content:
                continue
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                temporary.write_bytes(content)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileWriteError(f"cannot write {str(error.filename)!r}: {error.strerror}") from error
