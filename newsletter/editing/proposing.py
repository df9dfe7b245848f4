"""What a new issue proposes by itself: the order, one lead, a subject and a preheader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newsletter.model.content import IssueItem, Item, ItemDate, ItemStatus

#: Phones show some 40 characters of a subject, desktops 60 to 70.
SUBJECT_LENGTH = 70
#: visual.md 4.1: the lead's title and one more, 90 to 130 characters.
PREHEADER_LENGTHS = (90, 130)


def by_section(items: Iterable[Item], sections: Sequence[str]) -> list[Item]:
    """Return items by section in the given order, the newest first, the undated last."""
    order = {title: place for place, title in enumerate(sections)}

    def place(item: Item) -> tuple[int, bool, int]:
        is_undated = item.status is ItemStatus.UNDATED
        return (order.get(item.section, len(order)), is_undated, -_day_number(item.date))

    return sorted(items, key=place)


def _day_number(written: ItemDate | None) -> int:
    if written is None or written.year is None:
        return 0
    return written.year * 10_000 + (written.month or 0) * 100 + (written.day or 0)


def lead_of(items: Sequence[IssueItem]) -> IssueItem | None:
    """Return the first item with a picture and a summary, else the first; None of none."""
    included = [item for item in items if item.included]
    whole = [item for item in included if item.picture and item.summary]
    return next(iter([*whole, *included]), None)


def _told(items: Sequence[IssueItem]) -> list[str]:
    """Return the titles as readers meet them: the lead's first."""
    included = [item for item in items if item.included and item.title]
    return [item.title for item in sorted(included, key=lambda item: not item.lead)]


def subject_for(items: Sequence[IssueItem]) -> str:
    """Return the lead's title, cut at a word where mail programs would cut it."""
    titles = _told(items)
    return shortened(titles[0], SUBJECT_LENGTH) if titles else ""


def preheader_for(items: Sequence[IssueItem], subject: str) -> str:
    """Return titles of 90 to 130 characters together, without the one the subject tells.

    An issue of one item has its summary there.
    """
    shortest, longest = PREHEADER_LENGTHS
    told = subject.rstrip("…")
    titles = [one for one in _told(items) if not (told and one.startswith(told))]
    text = ""
    for title in titles:
        if len(text) >= shortest:
            break
        text = f"{text} · {title}" if text else title
    if not text:
        text = next((one.summary for one in items if one.included and one.summary), "")
    return shortened(" ".join(text.split()), longest)


def shortened(text: str, length: int) -> str:
    """Return the text cut at a word, with an ellipsis, where it is longer."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at_word = cut if text[length - 1] == " " else cut.rpartition(" ")[0]
    return (at_word if len(at_word) > length // 2 else cut).rstrip(" ,;:·-\u2013") + "…"
