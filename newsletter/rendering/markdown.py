"""The editor's intro: Markdown to HTML and to plain text, without raw HTML or pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from newsletter.rendering.bidi import other, runs

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: What an intro does not need: headings would break the order of the mail's own.
_NOT_FOR_INTROS = ["image", "heading", "lheading", "code", "fence", "html_block", "html_inline"]


def to_html(markdown: str, direction: str) -> Markup:
    """Return the Markdown as HTML, runs of the other direction isolated."""
    parser = _parser()

    def text(tokens: Sequence[Token], at: int, _options: Any, _environment: Any) -> str:
        return str(spans(tokens[at].content, direction))

    parser.add_render_rule("text", lambda _renderer, *rest: text(*rest))
    # markdown-it escapes what it does not know, and raw HTML is off.
    return Markup(parser.render(markdown).strip())  # noqa: S704


def to_text(markdown: str) -> str:
    """Return the Markdown as plain text, each link's address in angle brackets after its words."""
    blocks: list[str] = []
    prefix = ""
    for token in _parser().parse(markdown):
        if token.type == "list_item_open":
            prefix = f"{token.info}. " if token.info else "- "
        elif token.type == "inline":
            blocks.append(prefix + _inline_text(token.children or []))
            prefix = ""
    return "\n\n".join(blocks)


def spans(text: str, direction: str) -> Markup:
    """Return escaped text with each run against `direction` in a span of its own direction.

    Gmail drops <bdi> (caniemail, 2026-06); `dir` on a span works everywhere but GMX web.
    """
    pieces = [
        Markup('<span dir="{}">{}</span>').format(other(direction), piece)
        if against
        else escape(piece)
        for piece, against in runs(text, direction)
    ]
    return Markup("").join(pieces)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable(_NOT_FOR_INTROS)


def _inline_text(children: Sequence[Token]) -> str:
    parts: list[str] = []
    addresses: list[str] = []
    for token in children:
        if token.type == "link_open":
            addresses.append(str(token.attrs.get("href", "")).removeprefix("mailto:"))
        elif token.type == "link_close":
            address = addresses.pop()
            if not "".join(parts).endswith(address):
                parts.append(f" <{address}>")
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append(" " if token.type == "softbreak" else "\n")
        else:
            parts.append(token.content)
    return "".join(parts)
