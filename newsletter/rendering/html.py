"""One edition as HTML: what its templates see, and the finished document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from newsletter.model.content import Edition, EditionForm
from newsletter.model.editions import EditionContent, archive_url
from newsletter.model.identity import Identity
from newsletter.model.languages import direction_of
from newsletter.model.message import MARKERS
from newsletter.rendering import stylesheets
from newsletter.rendering.bidi import END_ISOLATE, ISOLATE
from newsletter.rendering.inlining import inline, lost_rules
from newsletter.rendering.languages import Language, fill, name_of
from newsletter.rendering.templates import templates_of
from newsletter.rendering.themes import Theme

#: Personal values that only a public page gives a meaning.
_ONLY_PUBLIC = ("preferences_url", "view_url")
_BLANKS = re.compile(r"[ \t]*\n\s*")


@dataclass(frozen=True)
class Setting:
    """Everything but the content that an edition is rendered with."""

    theme: Theme
    language: Language
    identity: Identity
    #: Personal value -> the marker that stands for it.
    markers: Mapping[str, str]

    @property
    def personal(self) -> dict[str, str]:
        """Return the markers, "" for those that mean nothing without public pages.

        On a public page there are none: it is nobody's.
        """
        public = bool(self.identity.public_url)
        return {
            name: "" if name in _ONLY_PUBLIC and not public else self.markers.get(name, "")
            for name in MARKERS
        }


def render(content: EditionContent, setting: Setting) -> tuple[str, tuple[str, ...]]:
    """Return the finished document and a sentence for each CSS rule that inlining lost."""
    name = "issue.html.j2"
    templates = templates_of(setting.theme)
    if content.edition.form is EditionForm.LIGHT and templates.has("light.html.j2"):
        name = "light.html.j2"
    document = templates.render(name, values(content, setting))
    return _BLANKS.sub("\n", inline(document)).strip() + "\n", tuple(lost_rules(document))


def values(content: EditionContent, setting: Setting) -> dict[str, Any]:
    """Return the names that a theme's HTML templates know."""
    language = setting.language
    right_to_left = content.direction == "rtl"

    def label(key: str, **fields: str) -> str:
        return fill(language.label(key), fields, escape)

    return {
        **shared_values(content, setting),
        "label": label,
        "personal": _marked_up(setting.personal, content.direction),
        "css": lambda name: _css(setting, name),
        "dark_css": lambda name: Markup(stylesheets.compact(stylesheets.dark(_css(setting, name)))),  # noqa: S704
        "whole_texts": _whole_texts(content),
        "start": "right" if right_to_left else "left",
        "end": "left" if right_to_left else "right",
        "forward": "←" if right_to_left else "→",
        # One sign for both: inside right-to-left text it is drawn mirrored (Unicode Annex 9, L4);
        # an arrow is not.
        "chevron": "›",
    }


def shared_values(content: EditionContent, setting: Setting) -> dict[str, Any]:
    """Return the names that HTML and text templates have in common."""
    return {
        "content": content,
        "identity": setting.identity,
        "options": setting.theme.options,
        "language": setting.language,
        "others": _others(content, setting),
    }


def _whole_texts(content: EditionContent) -> Mapping[str, Markup]:
    """Return the items' whole texts for a light edition; other editions have none."""
    if content.edition.form is not EditionForm.LIGHT:
        return {}
    from newsletter.rendering.wholetexts import budget_of, whole_texts

    return whole_texts(content.items, budget_of(content))


def _css(setting: Setting, name: str) -> Markup:
    """Return a stylesheet of the theme, ready for mail; "" where there is none."""
    path = setting.theme.find(name)
    if path is None:
        return Markup("")
    variables = {**setting.theme.options.get("css", {}), **setting.language.css}
    css = stylesheets.filled(setting.theme.text(name), variables, file=str(path))
    css = stylesheets.compact(stylesheets.physical(css, setting.language.direction))
    return Markup(css.replace("</", "<\\/"))  # noqa: S704 - a theme's own file


def _marked_up(personal: Mapping[str, str], direction: str) -> dict[str, str]:
    """Return the markers with those that are shown isolated inside right-to-left text."""
    if direction == "ltr" or not personal["address"]:
        return dict(personal)
    shown = {"address": Markup('<span dir="ltr">{}</span>').format(personal["address"])}
    free = {name: f"{ISOLATE}{personal[name]}{END_ISOLATE}" for name in ("name", "list")}
    return {**personal, **free, **shown}


def _others(content: EditionContent, setting: Setting) -> list[dict[str, str]]:
    """Return the issue's other languages with their own names and addresses."""
    public_url = setting.identity.public_url
    if not public_url:
        return []
    is_light = content.edition.form is EditionForm.LIGHT
    form = EditionForm.LIGHT if is_light else EditionForm.FULL  # text has no page of its own
    return [
        {
            "code": code,
            "direction": direction_of(code),
            "name": name_of(setting.theme, code),
            "url": archive_url(public_url, content.slug, Edition(code, form)),
        }
        for code in content.other_languages
    ]
