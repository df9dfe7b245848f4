"""The filters of a theme's templates: texts made safe and whole, in HTML and in plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from newsletter.model.content import Picture
from newsletter.model.editions import EditionContent, EditionItem, LocalText
from newsletter.model.languages import is_same
from newsletter.rendering import bidi, binding, markdown, wrapping


@pass_context
def text(context: Context, value: LocalText | str) -> Markup:
    """Return a text as HTML, runs of the other direction isolated."""
    bound = binding.bound(str(value), _language(context, value))
    return markdown.spans(bound, _direction(context, value))


@pass_context
def attrs(context: Context, value: LocalText | EditionItem) -> Markup:
    """Return lang and dir for a text that is not in the edition's language, else nothing."""
    if not value.language or is_same(value.language, _content(context).language):
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(value.language, value.direction)


@pass_context
def home(context: Context, value: LocalText | EditionItem) -> Markup:
    """Return the edition's own lang and dir, for its words inside a text that has others."""
    content = _content(context)
    if not value.language or is_same(value.language, content.language):
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(content.language, content.direction)


@pass_context
def against(context: Context, value: LocalText | EditionItem) -> str:
    """Return " rtl" or " ltr", a class, for a text that runs against the edition."""
    runs_against = value.language and value.direction != _content(context).direction
    return f" {value.direction}" if runs_against else ""


@pass_context
def intro(context: Context, value: LocalText) -> Markup:
    """Return the editor's Markdown as HTML."""
    bound = binding.bound(str(value), _language(context, value))
    return markdown.to_html(bound, _direction(context, value))


def cut(value: LocalText | str, columns: int) -> LocalText:
    """Return the text shortened at a word, in the language it is in."""
    local = _local(value)
    return replace(local, text=wrapping.cut(local.text, columns))


def sized(picture: Picture, width: int) -> int | None:
    """Return the height that the picture has at this width, None where it is not known."""
    if not picture.width or not picture.height:
        return None
    return max(1, round(picture.height * width / picture.width))


def at_most(picture: Picture, width: int) -> int:
    """Return the width to show the picture at: never more than it has."""
    return min(width, picture.width or width)


@pass_context
def wrap(context: Context, value: LocalText | str, first: str = "", rest: str = "") -> str:
    """Return plain text in lines, each closed in itself where directions meet."""
    local = _local(value)
    direction = _content(context).direction
    own = local.direction if local.language else direction
    lines = wrapping.wrap(local.text, first=first, rest=rest).split("\n")
    if own == direction == "ltr" and local.text.isascii():
        return "\n".join(lines)
    return "\n".join(_directed(line, own, direction) for line in lines)


def plain(value: LocalText) -> LocalText:
    """Return the editor's Markdown as plain text."""
    return replace(value, text=markdown.to_text(value.text))


def underline(value: LocalText | str, sign: str) -> str:
    """Return the text's lines with a line of signs below, as wide as the text."""
    widest = max(wrapping.width(line) for line in str(value).split("\n"))
    return f"{value}\n{sign * min(widest, wrapping.COLUMNS)}"


#: Name in templates -> filter.
FILTERS: dict[str, Callable[..., Any]] = {
    "text": text,
    "attrs": attrs,
    "home": home,
    "against": against,
    "markdown": intro,
    "cut": cut,
    "sized": sized,
    "at_most": at_most,
    "wrap": wrap,
    "plain": plain,
    "underline": underline,
}


def _content(context: Context) -> EditionContent:
    content: EditionContent = context["content"]
    return content


def _local(value: LocalText | str) -> LocalText:
    return value if isinstance(value, LocalText) else LocalText(str(value))


def _direction(context: Context, value: LocalText | str) -> str:
    if isinstance(value, LocalText) and value.language:
        return value.direction
    return _content(context).direction


def _language(context: Context, value: LocalText | str) -> str:
    if isinstance(value, LocalText) and value.language:
        return value.language
    return _content(context).language


def _directed(line: str, own: str, direction: str) -> str:
    """Return a line with its foreign runs isolated, and itself if it runs against the edition."""
    if line.strip().startswith(("http://", "https://", "mailto:")):
        return line  # an address must stay fit to be copied
    isolated = bidi.isolated(line, own)
    return isolated if own == direction else f"{bidi.ISOLATE}{isolated}{bidi.END_ISOLATE}"
