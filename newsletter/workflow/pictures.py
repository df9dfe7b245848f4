"""The pictures of an issue: fetch them, and tell what each weighs and why one is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from newsletter.editions import Editions
from newsletter.model.content import Edition
from newsletter.pictures.of_issue import PictureState

if TYPE_CHECKING:
    from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of an issue, in the order of its items."""

    issue: str
    #: Each with the title of its item.
    pictures: tuple[tuple[str, PictureState], ...]
    #: What all pictures of the edition in the newsletter's own language weigh.
    size_bytes: int
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        rows = [{"item": title, **asdict(one)} for title, one in self.pictures]
        return {"version": 1, "issue": self.issue, "size_bytes": self.size_bytes, "pictures": rows}


def _silent(_url: str, _done: int, _total: int) -> None:
    """Show nothing."""


def get_pictures(
    workspace: Workspace,
    slug: str,
    *,
    again: bool = False,
    watch: Callable[[str, int, int], None] = _silent,
) -> Pictures:
    """Fetch the pictures that are missing, with `again` all of them, and return what there is.

    Raises IssueNotFoundError and FileWriteError.
    """
    editions = Editions.of(workspace, slug)
    states = editions.get_pictures(again=again, retry=True, watch=watch)
    return Pictures(
        issue=slug,
        pictures=tuple((editions.title_of(one.url), one) for one in states),
        size_bytes=editions.picture_bytes(Edition(editions.issue.language)) if states else 0,
        notes=editions.picture_notes if states else (),
    )
