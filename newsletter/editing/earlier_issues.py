"""What the other issues of a newsletter tell: when the last one ended, and what ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from newsletter.editing.canonical import canonical_link, title_key
from newsletter.editing.issue_files import IssueFiles, open_files, slugs
from newsletter.editing.selection import Ran, Standing, day_keys, offer_mark, standing_of
from newsletter.model.content import Period


def other_issues(issues_folder: Path, slug: str) -> list[IssueFiles]:
    """Return every issue but one; a broken one is an error, for nobody knows what it told."""
    return [open_files(issues_folder, other) for other in slugs(issues_folder) if other != slug]


def last_end(issues: Sequence[IssueFiles]) -> datetime | None:
    """Return when the last collected issue ended; None where there is none."""
    return max((one.collection.period.end for one in issues if one.collection), default=None)


def ran_before(issues: Sequence[IssueFiles], period: Period) -> Ran:
    """Return what was included in the issues before the period's, and what they offered.

    An issue that begins earlier is before; so is one written by hand without a period.
    """
    before = [one for one in issues if _is_before(one, period)]
    items = [item for one in before for item in one.issue.items if item.included]
    links = {canonical_link(item.link) for item in items} - {""}
    titles = {(title_key(item.title), day) for item in items for day in day_keys(item.date)}
    offered = {
        offer_mark(record.item)
        for one in before
        if one.collection
        for record in one.collection.items.values()
        if standing_of(record.item.date, one.collection.period) is Standing.OPEN
    }
    return Ran(frozenset(links), frozenset(titles), frozenset(offered))


def _is_before(issue: IssueFiles, period: Period) -> bool:
    if issue.collection is None:
        return True
    other = issue.collection.period
    return (other.start, other.end) < (period.start, period.end)
