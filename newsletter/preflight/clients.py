"""What Gmail, Outlook, Apple Mail and Yahoo make of the features an edition uses.

The table is Can I email's (client-support.json, with its date and notice), refreshed by
scripts/refresh-client-support.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from newsletter.preflight import Candidate, Check, Finding, warning
from newsletter.preflight.features import used

#: Features that leave a hole or a mess where they are missing, and what to do instead. All
#: others (round corners, shadows, dark mode, web fonts) leave a plainer but whole mail.
HARMFUL = (
    (
        r"css-(display-(flex|grid)|flex-\w+|grid-template|gap|align-items|justify-content|position"
        r"|left-right-top-bottom|inset|z-index|float|transform|column-\S+|clip-path|mask-image"
        r"|writing-mode|shape-outside)",
        "Lay it out with tables.",
    ),
    (
        r"css-((margin|padding|border)-(inline|block)\S*|border-radius-logical|(block-)?inline-size)",
        "Write left and right; the renderer turns them for right-to-left editions.",
    ),
    (
        r"css-(unit-(rem|vh|vw|vmin|vmax|ch|calc)|intrinsic-size|function-(clamp|min|max))",
        "Write pixels.",
    ),
    (
        r"css-(rgba|modern-color|function-light-dark)",
        "Write the colour as #rrggbb, without transparency.",
    ),
    (r"css-(variables|nesting|at-import)", "Write the plain value itself."),
    (
        r"image-(webp|avif|svg|heif|tiff|bmp|apng|hdr|ico|mp4|base64)|html-(svg|picture)",
        "Use a JPEG or PNG, with an address of its own.",
    ),
    (
        r"html-(video|audio|object|form|select|textarea|dialog|popover|marquee|image-maps|hidden"
        r"|progress|meter|bdi|link|base|ruby|input-\w+|button-\w+)|css-pseudo-element-(before|after)",
        "Do without it, and link to a page where it is needed.",
    ),
    (
        r"css-(background-image|(linear|radial|conic)-gradient)|html-background",
        "Give a plain background-color too, and put no text on the picture.",
    ),
)


@dataclass(frozen=True, slots=True)
class Support:
    """One feature that is used, and the programs that lack it or have it in part."""

    feature: str
    title: str
    where: str
    missing: tuple[str, ...]
    partly: tuple[str, ...]


@cache
def table() -> Mapping[str, Any]:
    """Return the shipped table, with its `date`, `source` and `notice`."""
    shipped = files("newsletter.preflight") / "client-support.json"
    read: Mapping[str, Any] = json.loads(shipped.read_text(encoding="utf-8"))
    return read


def support(candidate: Candidate) -> tuple[Support, ...]:
    """Return every known feature that some edition uses, with who lacks it."""
    places: dict[str, list[str]] = {}
    for page in candidate.pages:
        for feature, place in used(page).items():
            places.setdefault(feature, []).append(f"{page.where}, {place}")
    known = table()["features"]
    return tuple(
        Support(
            feature,
            known[feature]["title"],
            where[0] if len(where) == 1 else f"{where[0]} and {len(where) - 1} more editions",
            _named(known[feature].get("no", ())),
            _named(known[feature].get("partly", ())),
        )
        for feature, where in sorted(places.items())
        if feature in known
    )


def _named(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return programs as people know them: "Gmail (iOS, Android)"."""
    platforms: dict[str, list[str]] = {}
    for key in keys:
        family, platform = table()["clients"][key]
        platforms.setdefault(family, []).append(platform)
    return tuple(f"{family} ({', '.join(names)})" for family, names in platforms.items())


def unsupported(candidate: Candidate) -> Iterator[Finding]:
    """Find features whose lack leaves a hole or a mess in a program that many readers have."""
    for one in support(candidate):
        mend = mend_of(one.feature)
        if one.missing and mend:
            yield warning(
                "client-support",
                f"{one.title} is not supported by {', '.join(one.missing)}",
                where=one.where,
                mend=mend,
            )


def mend_of(feature: str) -> str:
    """Return what to write instead of a harmful feature; "" for a harmless one."""
    return next((mend for pattern, mend in HARMFUL if re.fullmatch(pattern, feature)), "")


CHECKS: tuple[Check, ...] = (unsupported,)
