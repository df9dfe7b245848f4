"""The rules of a newsletter's languages: what is missing, what has to be complete."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import SettingsError
from newsletter.model.content import Issue, ItemTexts
from newsletter.model.languages import best_match

#: BCP 47 as it is used in names of files and in HTML: fr, pt-BR, zh-Hans.
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class TranslationSettings:
    """What happens to texts that are not translated; an issue may say otherwise."""

    #: fallback: shown in the next language of the chain; leave-out: not in that edition.
    missing: str = "fallback"
    #: Languages that have to be complete before a send.
    required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that there is not."""
        if self.missing not in {"fallback", "leave-out"}:
            raise SettingsError(
                f"'translations.missing' is {self.missing!r}",
                hint='Write "fallback" or "leave-out".',
            )


def check_languages(languages: Sequence[str], rules: Mapping[str, Sequence[str]]) -> None:
    """Refuse codes that are none, and rules about languages that the newsletter has not.

    A slip of the pen in a rule would go unnoticed until readers get the wrong words.
    Raises SettingsError, naming the value. A newsletter of one language may name others
    in its rules: the issues say which they have.
    """
    for code in languages:
        _check_code(code, "language" if code == languages[0] else "languages")
    for key, codes in rules.items():
        for code in codes:
            _check_code(code, key)
            if len(languages) > 1 and best_match(code, languages) is None:
                raise SettingsError(
                    f"{code!r} in {key!r} of newsletter.toml is no language of the newsletter",
                    hint=f"It has {', '.join(dict.fromkeys(languages))}; add more to `languages`.",
                )


def _check_code(code: str, key: str) -> None:
    if not _CODE.fullmatch(code):
        raise SettingsError(
            f"{code!r} in {key!r} of newsletter.toml is not the code of a language",
            hint="Write codes as fr, pt-BR or zh-Hans.",
        )


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
