"""CSS into style attributes: premailer, its recipe, and what it would lose."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from newsletter.rendering.stylesheets import Rule, rules

_STYLE = re.compile(r"<style(?P<attributes>[^>]*)>(?P<css>.*?)</style>", re.DOTALL | re.IGNORECASE)
#: What Outlook for Windows alone reads is not inlined, and keeps its !important.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r""" style=(?:"[^"]*"|'[^']*')""")
_KEPT = re.compile(r"data-premailer\s*=\s*[\"']?ignore", re.IGNORECASE)
#: premailer would copy these to attributes of old HTML: `text-align:start` into align="start".
_NO_ATTRIBUTES = ["align", "valign", "width", "height", "bgcolor"]
#: cssutils cannot read these (run with 2.15), and drops the declaration or the whole rule.
_NEW_FORMS = re.compile(
    r"\b(?:rgb|hsl)a?\(\s*[\d.%]+(?:deg)?\s+[\d.%]|:(?:is|where|has)\(|\b(?:oklch|lab|lch|color-mix)\(",
    re.IGNORECASE,
)
#: Selectors for states, and for what mail clients put around a mail: nothing to inline into.
_CLIENT_SELECTOR = re.compile(
    r"\[data-|\bu\s*\+|#MessageViewBody|\.ExternalClass|::|"
    r":(?:root|hover|active|focus|focus-within|focus-visible|visited|link|target|before|after)\b",
    re.IGNORECASE,
)


def inline(html: str) -> str:
    """Return the document with the rules of its style element moved to style attributes.

    A style element marked `data-premailer="ignore"` is kept as it stands. Nothing is
    fetched, whatever the document links to.
    """
    inlined = str(
        _premailer()(
            html,
            allow_network=False,
            allow_loading_external_files=False,
            disable_validation=True,
            disable_leftover_css=True,
            strip_important=False,
            align_floating_images=False,
            disable_basic_attributes=_NO_ATTRIBUTES,
            preserve_internal_links=True,
            remove_classes=False,
            cssutils_logging_level=logging.CRITICAL + 1,
        ).transform(pretty_print=False)
    )
    inlined = _STYLE_ATTRIBUTE.sub(
        lambda found: found[0].replace("; ", ";").replace(", ", ","), inlined
    )
    return inlined.replace("<style></style>", "")


def _premailer() -> Callable[..., Any]:
    """Return premailer's class, imported without a way into the network.

    It imports requests for what we never let it do. An empty module in its place makes
    that certain, and spares 40 ms, an eighth of a cold preview.
    """
    if "premailer" not in sys.modules and "requests" not in sys.modules:
        sys.modules["requests"] = ModuleType("requests")
        try:
            from premailer import Premailer
        finally:
            del sys.modules["requests"]
    else:
        from premailer import Premailer
    found: Callable[..., Any] = Premailer
    return found


def lost_rules(html: str) -> list[str]:
    """Return, for each rule that inlining would lose, a sentence that names it.

    `html` is the document before inlining.
    """
    lost = []
    for style in _STYLE.finditer(_COMMENT.sub("", html)):
        if _KEPT.search(style["attributes"]):
            continue
        lost += [
            f"{_named(rule)}: {reason}" for rule in rules(style["css"]) if (reason := _loss(rule))
        ]
    return lost


def _loss(rule: Rule) -> str:
    """Return why premailer 3.10 would lose the rule or part of it; "" where it would not."""
    if rule.is_at_rule:
        return "rules that begin with @ cannot be inlined; move it to head.css"
    if _NEW_FORMS.search(rule.head):
        return "this form of selector cannot be read; write the selectors out"
    if _CLIENT_SELECTOR.search(rule.head):
        return "it matches nothing in the mail itself; move it to head.css"
    for name, value in rule.declarations:
        if _NEW_FORMS.search(value):
            return f"the value of {name} is in a form that cannot be read; write the old form"
        if "!important" in value:
            return f"{name} is !important, which says nothing in a style attribute"
    return ""


def _named(rule: Rule) -> str:
    body = f" {{ {rule.body} }}" if rule.body else ""
    text = re.sub(r"\s+", " ", f"{rule.head}{body}")
    return text if len(text) <= 80 else f"{text[:79]}…"
