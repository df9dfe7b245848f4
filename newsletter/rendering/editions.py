"""Issue -> message, the first half: an edition rendered once, personal places still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from newsletter.model.content import EditionForm, RenderedEdition
from newsletter.model.editions import EditionContent
from newsletter.model.identity import Identity
from newsletter.model.message import MARKERS
from newsletter.rendering import bidi, remembered
from newsletter.rendering.themes import Theme, open_theme


def render_edition(
    content: EditionContent,
    identity: Identity,
    *,
    theme: str = "default",
    theme_folders: Sequence[Path],
    markers: Mapping[str, str] = MARKERS,
    cache: Path | None = None,
) -> RenderedEdition:
    """Return the edition as HTML and text, with a marker at each personal place.

    The same content, identity and theme give the same bytes. `theme_folders` are
    searched in order; the last is the shipped one. `cache` is a folder in which what was
    rendered is kept, and found again while nothing has changed. Raises TemplateError
    for a mistake in the theme, naming file and line.
    """
    opened = open_theme(theme, theme_folders)
    key = remembered.key(content, identity, markers, opened.files()) if cache else ""
    if cache and (known := remembered.recall(cache, key)):
        return known
    rendered = _rendered(content, identity, opened, markers)
    if cache:
        remembered.keep(cache, key, rendered)
    return rendered


def _rendered(
    content: EditionContent, identity: Identity, theme: Theme, markers: Mapping[str, str]
) -> RenderedEdition:
    from newsletter.rendering import html, plaintext
    from newsletter.rendering.languages import open_language

    language = open_language(theme, content.language, identity.time_zone)
    setting = html.Setting(theme, language, identity, markers)
    document = ""
    lost: tuple[str, ...] = ()
    if content.edition.form is not EditionForm.TEXT:
        document, lost = html.render(content, setting)
    return RenderedEdition(
        edition=content.edition,
        direction=content.direction,
        subject=_one_line(str(content.subject), content.subject.direction),
        preheader=str(content.preheader),
        html=document,
        text=plaintext.render(content, setting),
        lost_rules=lost,
    )


def _one_line(subject: str, direction: str) -> str:
    """Return a subject without line breaks, the runs of the other direction isolated."""
    return bidi.isolated(" ".join(subject.split()), direction)
