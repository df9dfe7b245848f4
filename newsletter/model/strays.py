"""Translations that nobody gets to see, because no item has their key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.model.content import Issue, ItemTexts


@dataclass(frozen=True, slots=True)
class Stray:
    """Texts of an item that the issue does not have: it is gone, or its key was mistyped."""

    language: str
    key: str
    #: The item that is meant, where one much like it has no title in that language.
    meant: str = ""

    def __str__(self) -> str:
        did = f"; did you mean {self.meant!r}?" if self.meant else ""
        return f"{self.language}.toml has texts of {self.key!r}, which no item has as its key{did}"


def strays(issue: Issue) -> Iterator[Stray]:
    """Yield the translations that nobody gets to see, in order."""
    keys = {one.key for one in issue.items}
    for language, texts in sorted(issue.translations.items()):
        waiting = [key for key in keys if not texts.items.get(key, ItemTexts()).title]
        for key in texts.items:
            if key not in keys:
                near = difflib.get_close_matches(key, sorted(waiting), n=1, cutoff=0.75)
                yield Stray(language, key, near[0] if near else "")
