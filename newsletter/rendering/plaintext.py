"""One edition as plain text, made from the model and not from the HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from newsletter.model.editions import EditionContent, LocalText
from newsletter.rendering import bidi, markdown, wrapping
from newsletter.rendering.html import Setting, cut, shared_values
from newsletter.rendering.languages import fill
from newsletter.rendering.templates import Templates

_HOLES = re.compile(r"\n{4,}")


def render(content: EditionContent, setting: Setting) -> str:
    """Return the edition's text, in lines of at most 72 columns."""
    language = setting.language

    def label(key: str, **fields: str) -> str:
        return fill(language.label(key), fields, str)

    values = {
        **shared_values(content, setting),
        "label": label,
        "personal": setting.personal,
        "columns": wrapping.COLUMNS,
    }
    text = Templates(setting.theme, _filters(content)).render("issue.txt.j2", values)
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _HOLES.sub("\n\n\n", lines).strip("\n") + "\n"


def _filters(content: EditionContent) -> dict[str, Callable[..., Any]]:
    return {
        "wrap": lambda text, first="", rest="": _wrapped(text, content.direction, first, rest),
        "underline": _underlined,
        "cut": cut,
        "markdown": lambda text: LocalText(markdown.to_text(str(text)), text.language),
    }


def _wrapped(text: LocalText | str, direction: str, first: str, rest: str) -> str:
    """Return the text in lines, each closed in itself where directions meet."""
    local = text if isinstance(text, LocalText) else LocalText(str(text))
    own = local.direction if local.language else direction
    lines = wrapping.wrap(local.text, first=first, rest=rest).split("\n")
    if own == direction == "ltr" and local.text.isascii():
        return "\n".join(lines)
    return "\n".join(_directed(line, own, direction) for line in lines)


def _directed(line: str, own: str, direction: str) -> str:
    """Return a line with its foreign runs isolated, and itself if it runs against the edition."""
    if line.strip().startswith(("http://", "https://", "mailto:")):
        return line  # an address must stay fit to be copied
    isolated = bidi.isolated(line, own)
    return isolated if own == direction else f"{bidi.ISOLATE}{isolated}{bidi.END_ISOLATE}"


def _underlined(text: LocalText | str, sign: str) -> str:
    """Return the text's lines with a line of signs below, as wide as the text."""
    lines = str(text).split("\n")
    widest = max(wrapping.width(line) for line in lines)
    return f"{text}\n{sign * min(widest, wrapping.COLUMNS)}"
