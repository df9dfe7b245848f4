"""One edition as plain text, made from the model and not from the HTML."""

from __future__ import annotations

import re

from newsletter.model.editions import EditionContent
from newsletter.rendering import wrapping
from newsletter.rendering.html import Setting, shared_values
from newsletter.rendering.languages import fill
from newsletter.rendering.templates import templates_of

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
    text = templates_of(setting.theme).render("issue.txt.j2", values)
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _HOLES.sub("\n\n\n", lines).strip("\n") + "\n"
