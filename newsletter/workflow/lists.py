"""Set what a list is called, and the edition of its people who chose none."""

from __future__ import annotations

from newsletter.audience.list_keys import parse_list_key
from newsletter.audience.row_values import clean_cell, read_language
from newsletter.errors import SettingsError
from newsletter.model.languages import best_match, printable
from newsletter.model.people import MailingList
from newsletter.store.people import People
from newsletter.workspace import Workspace


def set_list(
    workspace: Workspace,
    list_key: str,
    *,
    title: str | None = None,
    language: str | None = None,
    form: str | None = None,
) -> MailingList:
    """Change what is given of a list and return it; an empty text takes a wish back.

    Mailings that are prepared already keep what they have. Raises ListNotFoundError and
    SettingsError for a language that the newsletter has not.
    """
    key = parse_list_key(list_key)
    with workspace.open_store(create=False) as store:
        return People(store).change_list(
            key,
            title=None if title is None else " ".join(printable(clean_cell(title)).split()),
            language=_language(workspace, language) if language else language,
            form=form,
        )


def _language(workspace: Workspace, written: str) -> str:
    found, settings = read_language(written), workspace.settings
    known = dict.fromkeys((settings.language, *settings.languages))
    # Without `languages` each issue says itself which it has.
    if not found or (settings.languages and best_match(found, known) is None):
        raise SettingsError(
            f"the newsletter has no language {written!r}",
            hint=f"It has {', '.join(known)}; add more to `languages` in newsletter.toml.",
        )
    return found
