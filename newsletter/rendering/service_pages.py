"""The public page in a reader's language and the theme's look: a theme may have its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from newsletter.errors import TemplateError
from newsletter.model.identity import Identity
from newsletter.model.languages import best_match, direction_of
from newsletter.model.public import Situation
from newsletter.rendering import stylesheets
from newsletter.rendering.languages import Language, fill, known_languages, open_language
from newsletter.rendering.templates import templates_of
from newsletter.rendering.themes import Theme, open_theme

_TEMPLATE, _STYLE = "pages/unsubscribe.html.j2", "pages/page.css"
#: Situation -> key of its title, of its text, of what stands before the button, of the button.
_WORDS: dict[Situation, tuple[str, str, str, str]] = {
    Situation.LEAVE: ("leave", "leave_text", "", "leave"),
    Situation.LEFT: ("left", "left_text", "undo_text", "undo"),
    Situation.AWAY: ("left", "left_text", "away_text", ""),
    Situation.BACK: ("back", "back_text", "", "leave"),
    Situation.SAMPLE: ("sample", "sample_text", "", ""),
    Situation.BROKEN: ("broken", "broken_text", "", ""),
    Situation.BUSY: ("busy", "busy_text", "", ""),
}
#: Where a person has to help.
_ASKS_TO_WRITE = frozenset({Situation.AWAY, Situation.BROKEN, Situation.BUSY})
#: Compiled templates are kept for one theme at a time, and a server has many threads.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Saying:
    """What a page is to say, and of whom."""

    situation: Situation
    #: Masked: the page may be opened by others.
    address: str = ""
    list_title: str = ""


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A finished page."""

    situation: Situation
    language: str
    html: str


def proof(situation: Situation) -> str:
    """Return what stands at the end of every such page, whatever the theme makes of it."""
    return f"<!-- newsletter page: {situation} -->"


def render_page(
    saying: Saying,
    identity: Identity,
    *,
    theme: str,
    theme_folders: Sequence[Path],
    languages: Sequence[str],
) -> ServicePage:
    """Return the page in the first of these languages that has all its words.

    A theme with a mistake, or without words for the page, costs the reader nothing: the
    shipped one is taken. Readers must be able to leave whatever staff are just changing.
    """
    with _ONE_AT_A_TIME:
        for opened, language in _candidates(theme, theme_folders, (*languages, "en")):
            try:
                return _rendered(saying, identity, opened, language)
            except TemplateError:
                continue
    raise TemplateError(f"no theme has the page {_TEMPLATE!r}")


def _candidates(
    theme: str, folders: Sequence[Path], languages: Sequence[str]
) -> Iterator[tuple[Theme, str]]:
    """Return theme and language in the order to be tried; the reader's language matters more."""
    themes = []
    for name, places in ((theme, folders), ("default", folders[-1:])):
        try:
            themes.append(open_theme(name, places))
        except TemplateError:
            continue
    for language in dict.fromkeys(filter(None, languages)):
        for opened in themes:
            if best_match(language, known_languages(opened)):
                yield opened, language


def _rendered(saying: Saying, identity: Identity, theme: Theme, code: str) -> ServicePage:
    language = open_language(theme, code)
    title, text, before, button = (
        _words(language, key, saying) for key in _WORDS[saying.situation]
    )
    values = {
        "situation": saying.situation,
        "language": code,
        "direction": direction_of(code),
        "identity": identity,
        "css": _css(theme, language),
        "title": title,
        "text": text,
        "before_button": before,
        "button": button,
        "wish": "back" if saying.situation is Situation.LEFT else "leave",
        "write": _write(language, identity) if saying.situation in _ASKS_TO_WRITE else "",
    }
    html = templates_of(theme).render(_TEMPLATE, values)
    return ServicePage(saying.situation, code, f"{html.rstrip()}\n{proof(saying.situation)}\n")


def _words(language: Language, key: str, saying: Saying) -> str:
    """Return the words with address and list in them, each kept whole in any direction."""
    address = Markup('<bdi dir="ltr">{}</bdi>').format(saying.address)
    title = Markup("<bdi>{}</bdi>").format(saying.list_title)
    return fill(_plain(language, key), {"address": address, "list": title}, escape) if key else ""


def _write(language: Language, identity: Identity) -> str:
    """Return how to reach a person; empty where there is no way."""
    shown = _address(identity.contact or identity.reply_to or identity.mail_from)
    if not shown:
        return ""
    target = shown if shown.startswith(("https://", "http://")) else f"mailto:{shown}"
    link = Markup('<a href="{}" dir="ltr">{}</a>').format(target, shown)
    return fill(_plain(language, "write"), {"contact": link}, escape)


def _address(written: str) -> str:
    return written.rpartition("<")[2].rstrip("> ").strip()


def _plain(language: Language, key: str) -> str:
    pages: Mapping[str, object] = language.table.get("pages", {})
    if not isinstance(words := pages.get(key), str):
        raise TemplateError(f"the language {language.code!r} of the theme lacks {key!r} of [pages]")
    return words


def _css(theme: Theme, language: Language) -> Markup:
    variables = {**theme.options.get("css", {}), **language.css}
    css = stylesheets.filled(theme.text(_STYLE), variables, file=_STYLE)
    return Markup(stylesheets.compact(css).replace("</", "<\\/"))  # noqa: S704 - a theme's own file
