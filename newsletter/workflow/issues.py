"""The issues there are, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from newsletter.editing import issue_files
from newsletter.errors import IssueFileError
from newsletter.model.mailing import Mailing, MailingState

if TYPE_CHECKING:
    from newsletter.editing.issue_files import IssueFiles
    from newsletter.workspace import Workspace


class IssueState(StrEnum):
    """How far an issue has come."""

    #: Being written; nobody has it yet.
    DRAFT = "draft"
    #: A mailing of it is open.
    SENDING = "sending"
    #: Its mailings are finished.
    SENT = "sent"
    #: A file of it is broken; the reason says where.
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """One line of `newsletter issues`."""

    slug: str
    state: IssueState
    subject: str = ""
    #: Of the period, both included; empty for an issue that was never collected.
    first_day: str = ""
    last_day: str = ""
    items: int = 0
    #: Offered or left out: in the file, but not in the issue.
    left_out: int = 0
    #: Items whose source said something new after a person had edited them.
    source_changed: int = 0
    languages: tuple[str, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the row for programs."""
        return {
            "issue": self.slug,
            "state": str(self.state),
            "subject": self.subject,
            "first_day": self.first_day or None,
            "last_day": self.last_day or None,
            "items": self.items,
            "left_out": self.left_out,
            "source_changed": self.source_changed,
            "languages": list(self.languages),
            "reason": self.reason,
        }


def list_issues(workspace: Workspace) -> list[ListedIssue]:
    """Return every issue with its state, in the order of their names; a broken one is a row too."""
    from newsletter.store.mailings import Mailings

    names = issue_files.slugs(workspace.issues_folder)
    if not names:
        return []
    with workspace.open_store(create=False) as store:
        mailings = Mailings(store)
        states = {name: _state(mailings.of_issue(name)) for name in names}
    return [_listed(workspace, name, states[name]) for name in names]


def _state(mailings: Sequence[Mailing]) -> IssueState:
    states = {mailing.state for mailing in mailings} - {MailingState.CANCELLED}
    if not states:
        return IssueState.DRAFT
    return IssueState.SENT if states == {MailingState.FINISHED} else IssueState.SENDING


def _listed(workspace: Workspace, name: str, state: IssueState) -> ListedIssue:
    language = workspace.settings.language
    try:
        files = issue_files.open_files(workspace.issues_folder, name, language=language)
        issue = issue_files.read_issue(workspace.issues_folder, name, language=language)
    except IssueFileError as error:
        return ListedIssue(name, IssueState.BROKEN, reason=str(error))
    first, last = _days(files)
    included = [item for item in issue.items if item.included]
    return ListedIssue(
        name,
        state,
        issue.subject,
        first,
        last,
        len(included),
        len(issue.items) - len(included),
        sum(item.source_changed for item in issue.items),
        (issue.language, *issue.translations),
    )


def _days(files: IssueFiles) -> tuple[str, str]:
    if files.collection is None:
        return "", ""
    period = files.collection.period
    last = (period.end - timedelta(microseconds=1)).date()
    return period.start.date().isoformat(), last.isoformat()
