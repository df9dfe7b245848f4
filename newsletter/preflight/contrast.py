"""Whether every text stands out from its ground, light and dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml.html import HtmlElement

from newsletter.preflight import Candidate, Check, Finding, warning
from newsletter.preflight.features import blocks, declarations
from newsletter.preflight.pages import Page, own_texts, shortened, squeezed

#: Ratios that WCAG AA asks of text, and of large text: 24 px, or 18.66 px and bold.
ENOUGH, ENOUGH_LARGE = 4.5, 3.0
LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_LINK: Colour = (0, 0, 238)
_NAMED = {
    "white": WHITE,
    "black": BLACK,
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "orange": (255, 165, 0),
    "purple": (128, 0, 128),
    "navy": (0, 0, 128),
    "teal": (0, 128, 128),
    "maroon": (128, 0, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "darkgray": (169, 169, 169),
    "darkgrey": (169, 169, 169),
}
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)")
_SIZES = {"h1": 32.0, "h2": 24.0, "h3": 18.72, "small": 13.3}
_DARK = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark")


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's own text looks; None is a colour that cannot be told."""

    colour: Colour | None = BLACK
    ground: Colour | None = WHITE
    size_px: float = 16.0
    is_bold: bool = False

    @property
    def is_large(self) -> bool:
        """Say whether WCAG counts the text as large."""
        return self.size_px >= LARGE_PX or (self.is_bold and self.size_px >= LARGE_BOLD_PX)


Declarations = Mapping[str, str]


def contrast(candidate: Candidate) -> Iterator[Finding]:
    """Find texts that are too pale for their ground, each pair of colours once an edition."""
    for page in candidate.pages:
        yield from _faint(page, {}, "")
        dark = dark_rules(page)
        if dark:
            yield from _faint(page, dark, " in the dark")


def _faint(
    page: Page, overrides: Mapping[HtmlElement, Declarations], when: str
) -> Iterator[Finding]:
    seen: set[tuple[Colour, Colour]] = set()
    for element, look in looks(page, overrides):
        if look.colour is None or look.ground is None or (look.colour, look.ground) in seen:
            continue
        wanted = ENOUGH_LARGE if look.is_large else ENOUGH
        reached = ratio(look.colour, look.ground)
        if reached < wanted:
            seen.add((look.colour, look.ground))
            says = squeezed(" ".join(own_texts(element, page.hidden)))
            yield warning(
                "contrast",
                f"{_hex(look.colour)} on {_hex(look.ground)}{when} has a contrast of "
                f"{reached:.1f}; {wanted:g} is needed to be read",
                where=f"{page.where}, text {shortened(says, 50)!r}",
                mend="Make the text darker or its ground lighter in the theme (in the dark, the "
                "other way round).",
            )


def looks(
    page: Page, overrides: Mapping[HtmlElement, Declarations]
) -> Iterator[tuple[HtmlElement, Look]]:
    """Yield each element that shows text of its own, with its look."""
    known: dict[HtmlElement, Look] = {}
    for element in page.root.iter():
        if not isinstance(element.tag, str):
            continue
        parent = element.getparent()
        inherited = known.get(parent, Look()) if parent is not None else Look()
        known[element] = look = _look(element, inherited, overrides.get(element, {}))
        if any(squeezed(text) for text in own_texts(element, page.hidden)) and _is_shown(
            page, element
        ):
            yield element, look


def _is_shown(page: Page, element: HtmlElement) -> bool:
    return element not in page.hidden and element.tag not in {"title", "style", "head"}


def _look(element: HtmlElement, inherited: Look, override: Declarations) -> Look:
    style = dict(declarations(element.get("style") or ""))
    colour: Colour | None = inherited.colour
    if element.tag == "a" and "href" in element.attrib:
        colour = _LINK
    if element.tag == "font" and element.get("color"):
        colour = parsed(element.get("color") or "")
    ground = inherited.ground
    if element.get("bgcolor"):
        ground = parsed(element.get("bgcolor") or "")
    for chosen in (style, override):
        if "color" in chosen:
            colour = inherited.colour if "inherit" in chosen["color"] else parsed(chosen["color"])
        ground = _ground(chosen, ground)
    return Look(colour, ground, _size(element, style, inherited), _bold(element, style, inherited))


def _ground(style: Declarations, inherited: Colour | None) -> Colour | None:
    value = style.get("background-color", style.get("background", ""))
    if "url(" in style.get("background", "") + style.get("background-image", ""):
        return None
    if not value or re.match(r"transparent|none|inherit|initial", value):
        return inherited
    return parsed(value)


def _size(element: HtmlElement, style: Declarations, inherited: Look) -> float:
    found = re.search(
        r"(\d+(?:\.\d+)?)(px|pt|em|rem|%)", style.get("font-size") or style.get("font", "")
    )
    if not found:
        return _SIZES.get(str(element.tag), inherited.size_px)
    number = float(found[1])
    return {
        "px": number,
        "pt": number * 4 / 3,
        "em": number * inherited.size_px,
        "rem": number * 16,
        "%": number * inherited.size_px / 100,
    }[found[2]]


def _bold(element: HtmlElement, style: Declarations, inherited: Look) -> bool:
    weight = style.get("font-weight", "") or style.get("font", "").partition(" ")[0]
    if re.match(r"bold|[6-9]00", weight):
        return True
    if re.match(r"normal|[1-5]00", weight):
        return False
    return bool(re.fullmatch(r"h[1-6]|b|strong|th", str(element.tag))) or inherited.is_bold


def dark_rules(page: Page) -> dict[HtmlElement, Declarations]:
    """Return what the rules for the dark change of each element."""
    from cssselect import SelectorError

    changed: dict[HtmlElement, dict[str, str]] = {}
    for style in page.root.iter("style"):
        for prelude, body in blocks(style.text or ""):
            if not _DARK.match(prelude):
                continue
            for selector, rule in blocks(body):
                try:
                    matching = page.root.cssselect(selector, translator="html")
                except (SelectorError, NotImplementedError):
                    continue
                for element in matching:
                    changed.setdefault(element, {}).update(declarations(rule))
    return {element: dict(rules) for element, rules in changed.items()}


def parsed(value: str) -> Colour | None:
    """Return the colour of a CSS value; None where it is not a plain one."""
    text = value.strip().lower().removesuffix("!important").strip()
    if found := _HEX.search(text):
        digits = found[1] if len(found[1]) == 6 else "".join(one * 2 for one in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.search(text):
        red, green, blue = (min(255, int(found[number])) for number in (1, 2, 3))
        return red, green, blue
    return _NAMED.get(text)


def ratio(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)


CHECKS: tuple[Check, ...] = (contrast,)
