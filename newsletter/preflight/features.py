"""The CSS and HTML features an edition's final HTML uses, each with the first place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from newsletter.preflight.pages import Page, shortened

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LOGICAL = re.compile(r"(margin|padding)-(inline|block)(-start|-end)?")
_FAMILIES = (
    (re.compile(r"inset(-.*)?"), "css-inset"),
    (re.compile(r"border-(start|end)-(start|end)-radius"), "css-border-radius-logical"),
    (re.compile(r"border-(inline|block)"), "css-border-inline-block"),
    (re.compile(r"border-(inline|block)-\w+"), "css-border-inline-block-individual"),
    (re.compile(r"border-(inline|block)-.*"), "css-border-inline-block-longhand"),
    (re.compile(r"(inline|block)-size"), "css-block-inline-size"),
    (re.compile(r"grid(-.*)?"), "css-grid-template"),
    (re.compile(r"(row-|column-)?gap"), "css-gap"),
    (re.compile(r"columns?(-.*)?"), "css-column-layout-properties"),
    (re.compile(r"left|right|top|bottom"), "css-left-right-top-bottom"),
    (re.compile(r"--.*"), "css-variables"),
    (re.compile(r"flex(-.*)?"), "css-display-flex"),
)
_VALUES = (
    (re.compile(r"\b(?:rgba|hsla)\(|\brgb\([^)]*/"), "css-rgba"),
    (re.compile(r"\bvar\("), "css-variables"),
    (re.compile(r"\bcalc\("), "css-unit-calc"),
    (re.compile(r"\bclamp\("), "css-function-clamp"),
    (re.compile(r"(?<![-\w])min\("), "css-function-min"),
    (re.compile(r"(?<![-\w])max\("), "css-function-max"),
    (re.compile(r"\blight-dark\("), "css-function-light-dark"),
    (re.compile(r"\b(?:ok)?l(?:ch|ab)\("), "css-modern-color"),
    (re.compile(r"\blinear-gradient\("), "css-linear-gradient"),
    (re.compile(r"\bradial-gradient\("), "css-radial-gradient"),
    (re.compile(r"\bconic-gradient\("), "css-conic-gradient"),
    (re.compile(r"\b(?:fit|min|max)-content\b"), "css-intrinsic-size"),
    (re.compile(r"\bsystem-ui\b"), "css-sytem-ui"),
    (re.compile(r"!important"), "css-important"),
)
_UNIT = re.compile(r"(?<![\w#.])-?\d*\.?\d+(rem|vh|vw|vmin|vmax|ch|ex|cm|mm|pc|pt|em|px|%)")
_DISPLAYS = {"flex": "css-display-flex", "grid": "css-display-grid", "none": "css-display-none"}
_SEMANTIC = re.compile(
    r"article|aside|details|figcaption|figure|footer|header|main|mark|nav|section|summary|time"
)
_TAGS = {"ul": "html-lists", "ol": "html-lists", "dl": "html-lists", "map": "html-image-maps"}
_ATTRIBUTE = re.compile(
    r"align|valign|background|dir|lang|hidden|height|width|role|srcset|cellpadding|cellspacing"
    r"|target|required|popover|aria-(describedby|hidden|label|labelledby|live)"
)
#: Selectors that only one program's own markup matches; that program knows what follows.
_FOR_ONE_PROGRAM = re.compile(r"\bu\s*\+|data-ogs|ExternalClass|#outlook|MessageViewBody|-webkit-")
_PICTURES = {"jpeg": "jpg", "tif": "tiff", "heic": "heif"}


def used(page: Page) -> dict[str, str]:
    """Return each feature's name at Can I email -> the first place where it is used.

    What stands inside a media query is left out: it only applies where queries do, and a
    mail that needs it is broken for Gmail's other accounts anyway.
    """
    found: dict[str, str] = {}
    for element in page.root.iter():
        if isinstance(element.tag, str):
            place = f"<{element.tag}>"
            for feature in _of_element(element):
                found.setdefault(feature, place)
            for feature in of_declarations(element.get("style") or ""):
                found.setdefault(feature, f"{place} near {shortened(_near(element), 40)!r}")
    for style in page.root.iter("style"):
        for feature, place in of_stylesheet(style.text or ""):
            found.setdefault(feature, place)
    return found


def _near(element: HtmlElement) -> str:
    return element.text_content() or element.get("alt") or ""


def of_declarations(style: str) -> Iterator[str]:
    """Yield the features of the declarations of one rule."""
    for name, value in declarations(style):
        yield from of_property(name)
        display = value.removesuffix("!important").strip().removeprefix("inline-")
        if name == "display" and display in _DISPLAYS:
            yield _DISPLAYS[display]
        yield from (feature for pattern, feature in _VALUES if pattern.search(value))
        yield from (f"css-unit-{_unit(unit[1])}" for unit in _UNIT.finditer(value))


def declarations(style: str) -> Iterator[tuple[str, str]]:
    """Yield (property, value) in lower case, quotes and brackets respected."""
    for piece in _pieces(_without_comments(style)):
        name, colon, value = piece.partition(":")
        if colon and name.strip():
            yield name.strip().lower(), value.strip().lower()


def _pieces(style: str) -> Iterator[str]:
    """Yield what stands between semicolons outside quotes and brackets, in one pass."""
    start = depth = 0
    quote = ""
    for found in re.finditer(r"""["'();]""", style):
        sign = found[0]
        if quote or sign in "\"'":
            quote = "" if sign == quote else quote or sign
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            yield style[start : found.start()]
            start = found.end()
    yield style[start:]


def _without_comments(css: str) -> str:
    return _COMMENT.sub(" ", css)


def _unit(unit: str) -> str:
    return "percent" if unit == "%" else unit


def of_property(name: str) -> Iterator[str]:
    """Yield the names under which Can I email may know a property."""
    if logical := _LOGICAL.fullmatch(name):
        kind = f"{logical[2]}-start-end" if logical[3] else "inline-block"
        yield f"css-{logical[1]}-{kind}"
        return
    for pattern, feature in _FAMILIES:
        if pattern.fullmatch(name):
            yield feature
            return
    yield f"css-{name}"


def of_stylesheet(css: str) -> Iterator[tuple[str, str]]:
    """Yield (feature, place) of a style block; inside @ blocks only the @ rule itself counts."""
    for prelude, body in blocks(_without_comments(css)):
        place = f"<style> {shortened(prelude, 40)!r}"
        if prelude.startswith("@"):
            yield f"css-at-{_at_rule(prelude)}", place
            continue
        if _FOR_ONE_PROGRAM.search(prelude):
            continue
        yield from ((feature, place) for feature in of_selector(prelude))
        if "{" in body:
            yield "css-nesting", place
        yield from ((feature, place) for feature in of_declarations(body))


def _at_rule(prelude: str) -> str:
    name = re.split(r"[\s({;]", prelude[1:], maxsplit=1)[0].lower()
    for feature in ("prefers-color-scheme", "prefers-reduced-motion", "orientation", "hover"):
        if name == "media" and feature in prelude:
            return f"media-{feature}"
    return name


def of_selector(selector: str) -> Iterator[str]:
    """Yield the pseudo-classes and pseudo-elements of a selector."""
    for element in re.findall(r"::([\w-]+)|:(before|after|first-line|first-letter)\b", selector):
        yield f"css-pseudo-element-{element[0] or element[1]}"
    for name in re.findall(r"(?<!:):([\w-]+)", selector):
        if name not in {"before", "after", "first-line", "first-letter"}:
            yield f"css-pseudo-class-{name}"


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield (what stands before the brace, what stands inside) of each outermost rule."""
    start = depth = opened = 0
    for brace in re.finditer(r"[{};]", css):
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                opened = brace.start()
        elif brace[0] == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : brace.start()]
                start = brace.end()
        elif depth == 0:
            yield css[start : brace.start()].strip(), ""
            start = brace.end()


def _of_element(element: HtmlElement) -> Iterator[str]:
    tag = str(element.tag)
    if tag == "input":
        yield f"html-input-{element.get('type') or 'text'}"
    elif tag == "button":
        yield f"html-button-{element.get('type') or 'submit'}"
    else:
        yield "html-semantics" if _SEMANTIC.fullmatch(tag) else _TAGS.get(tag, f"html-{tag}")
    for name in element.attrib:
        if _ATTRIBUTE.fullmatch(str(name)):
            yield f"html-{name}"
    source = element.get("src") or ""
    if source.startswith("data:"):
        yield "image-base64"
        kind = source[5:].partition(";")[0].partition("/")[2].partition("+")[0]
        yield f"image-{_PICTURES.get(kind, kind)}"
    elif tag in {"img", "source"} and source:
        kind = _suffix(source)
        yield f"image-{_PICTURES.get(kind, kind)}"


def _suffix(source: str) -> str:
    try:
        return PurePosixPath(urlsplit(source).path).suffix.lower().lstrip(".")
    except ValueError:
        return ""
