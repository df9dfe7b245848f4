"""The rules of a newsletter's languages: what is missing, what has to be complete."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import SettingsError
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
