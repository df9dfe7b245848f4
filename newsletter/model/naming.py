"""Names and addresses of the newsletter as every edition and header can carry them."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.errors import SettingsError
from newsletter.model.languages import printable


def check_lines(values: Mapping[str, str]) -> None:
    """Refuse a name with line breaks, or with characters that no reader should meet.

    It stands in headers, above the text part's line and in links; folding it in silence
    would hide a slip of the pen. Raises SettingsError, naming the setting.
    """
    for key, text in values.items():
        if text.splitlines() not in ([], [text]):
            raise SettingsError(
                f"{key!r} of newsletter.toml has a line break: {text[:60]!r}",
                hint=f'Write it on one line: {key} = "{" ".join(text.split())[:60]}"',
            )
        if printable(text) != text:
            raise SettingsError(
                f"{key!r} of newsletter.toml holds a character that cannot be shown: {text[:60]!r}",
                hint=f'Type it anew: {key} = "{printable(text)[:60]}"',
            )


def in_one_line(address: str) -> str:
    """Return a postal address of several lines as one, with commas between."""
    lines = (line.strip(" \t,") for line in printable(address).splitlines())
    return ", ".join(filter(None, lines))
