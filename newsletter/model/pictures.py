"""The pictures in what an edition says: which there are, and the same with others in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from newsletter.model.content import Picture, PictureUse
from newsletter.model.editions import EditionContent, EditionItem

#: Returns how a picture is shown; None: not at all.
Shows = Callable[[Picture, PictureUse], Picture | None]


def told_with_pictures(content: EditionContent) -> Iterator[tuple[Picture, PictureUse]]:
    """Yield each picture that an edition shows, with the way it shows it."""
    if content.lead and content.lead.picture:
        yield content.lead.picture, PictureUse.LEAD
    told = [item for section in content.sections for item in section.items]
    for item in (*told, *content.events):
        if item.picture:
            yield item.picture, PictureUse.SIDE


def with_pictures(content: EditionContent, shows: Shows) -> EditionContent:
    """Return what the edition says with each picture as `shows` gives it.

    An item whose picture cannot be shown is told as one without; so are those that are
    told by their titles only.
    """

    def shown(item: EditionItem, use: PictureUse) -> EditionItem:
        if item.picture is None:
            return item
        return replace(item, picture=shows(item.picture, use))

    sections = tuple(
        replace(
            section,
            items=tuple(shown(item, PictureUse.SIDE) for item in section.items),
            more=tuple(replace(item, picture=None) for item in section.more),
        )
        for section in content.sections
    )
    return replace(
        content,
        lead=content.lead and shown(content.lead, PictureUse.LEAD),
        sections=sections,
        events=tuple(shown(item, PictureUse.SIDE) for item in content.events),
    )
