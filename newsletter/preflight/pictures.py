"""The pictures of items: those that cannot be had, that do not show everywhere, that weigh."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.preflight import Candidate, Check, Finding, Pictured, warning
from newsletter.preflight.pages import shortened

#: Outlook on Windows shows none (caniemail.com, image-webp and image-avif).
_NOT_EVERYWHERE = {"image/webp": "a WebP", "image/avif": "an AVIF"}
#: Two minutes at 64 kbit/s for one picture.
HEAVY_BYTES = 1_000_000


def missing(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures that readers will not see; their items stand without."""
    for one in candidate.pictures:
        if one.failure:
            yield warning(
                "picture-missing",
                f"the picture {shortened(one.url, 100)!r} is not shown: {one.failure}",
                where=_where(one),
                mend="Name another picture in issue.toml or none; to try this one again, run "
                f"`newsletter pictures {candidate.issue.slug} --again`.",
            )


def unsaid(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures of items without a word for those who do not see them."""
    shown = {one.url for one in candidate.pictures if not one.failure}
    silent = [
        repr(shortened(item.title, 40))
        for item in candidate.issue.items
        if item.picture and item.picture.url in shown and not item.picture.alt.strip()
    ]
    if silent:
        count = "1 picture has" if len(silent) == 1 else f"{len(silent)} pictures have"
        more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
        yield warning(
            "alt-empty",
            f"{count} no alternative text: who does not see pictures learns nothing of them",
            where=f"item {', '.join(silent[:3])}{more}",
            mend="Write `alt`: a sentence that says what it shows. For ornaments, waive this.",
        )


def kinds(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures left where they are that some programs do not show."""
    for one in candidate.pictures:
        kind = _NOT_EVERYWHERE.get(one.media_type)
        if kind and not one.failure:
            yield warning(
                "picture-kind",
                f"{shortened(one.url, 100)!r} is {kind} picture: Outlook on Windows shows none",
                where=_where(one),
                mend="Set public_url, or embed = true under [pictures]: then it is converted.",
            )


def heavy(candidate: Candidate) -> Iterator[Finding]:
    """Find pictures left where they are that are far too big for what is seen of them."""
    for one in candidate.pictures:
        if one.media_type and not one.failure and one.size_bytes > HEAVY_BYTES:
            yield warning(
                "picture-heavy",
                f"{shortened(one.url, 100)!r} has {one.size_bytes / 1_000_000:.1f} MB",
                where=_where(one),
                mend="Set public_url, or embed = true under [pictures]: then it is scaled.",
            )


def budget(candidate: Candidate) -> Iterator[Finding]:
    """Find editions whose pictures cost their readers more than newsletter.toml allows."""
    allowed = candidate.picture_budget
    for key, total in candidate.picture_bytes.items():
        if allowed and total > allowed:
            yield warning(
                "picture-budget",
                f"the pictures have {total / 1000:.0f} KB; the budget is {allowed / 1000:.0f} KB",
                where=f"edition {key!r}",
                mend="Leave pictures out, or raise pictures_kb of [budgets] in newsletter.toml.",
            )


def _where(one: Pictured) -> str:
    return f"item {shortened(one.title)!r}" if one.title else "issue.toml"


CHECKS: tuple[Check, ...] = (missing, unsaid, kinds, heavy, budget)
