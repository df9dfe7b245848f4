"""Fill an issue for a period: read the sources, choose, complete, merge, keep what they said."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from newsletter import __version__
from newsletter.editing import earlier_issues, issue_files
from newsletter.editing.canonical import canonical_link
from newsletter.editing.issue_files import IssueFiles
from newsletter.editing.merging import Merged, Round, merge
from newsletter.editing.periods import issue_slug, parse_period
from newsletter.editing.selection import (
    Ran,
    Selected,
    Standing,
    merge_duplicates,
    select,
    standing_of,
)
from newsletter.editions import Editions
from newsletter.errors import IssueNotFoundError, NewsletterError, NothingFoundError, SettingsError
from newsletter.model.content import Item, ItemStatus, Period, Reading
from newsletter.model.sources import Source
from newsletter.model.zones import zone_named
from newsletter.sources import articles, read_source
from newsletter.sources.fetching import Fetcher, Fetches, user_agent
from newsletter.sources.http_cache import HttpCache
from newsletter.sources.listing.item_pictures import without_ornaments
from newsletter.sources.local_copies import keep_copies, read_copy
from newsletter.sources.promise import VERSION, failure_as_json, item_as_json
from newsletter.sources.snapshots import Recorder, Replayer

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

_Given = TypeVar("_Given")
_Answer = TypeVar("_Answer")
#: Sources and articles read at once; the fetcher asks each host one thing at a time.
_AT_ONCE = 8
#: More article pages than this are not read for one issue: a page of a hundred undated
#: entries would cost its site a hundred requests, and the editor a minute.
MOST_ARTICLES = 80


@dataclass(frozen=True, slots=True)
class Options:
    """How to collect."""

    #: Names of sources; empty: all.
    only_sources: tuple[str, ...] = ()
    #: Rebuild from what was kept, without the network.
    from_snapshot: bool = False
    #: Show what would be; write nothing.
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """One step done: a source or an article page."""

    step: str
    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be read, and why."""

    source: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collecting found and what became of it."""

    slug: str
    folder: Path
    period: Period
    #: Of the period, or offered because undated; in page order, each with its status.
    items: tuple[Item, ...]
    selected: Selected
    #: Taken out of the issue by a person before, and left out.
    removed: int = 0
    #: Source -> the rule that won.
    rules: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    is_new: bool = True
    is_written: bool = False

    def count(self, status: ItemStatus) -> int:
        """Return how many items have a status."""
        return sum(item.status is status for item in self.items)

    def require_items(self) -> None:
        """Raise NothingFoundError, saying what there was, where the period is empty."""
        if self.selected.items:
            return
        parts = [f"{self.selected.outside} outside the period"]
        if self.selected.already_ran:
            parts.append(f"{self.selected.already_ran} in an earlier issue")
        if self.selected.offered_before:
            parts.append(f"{self.selected.offered_before} undated, offered before")
        if self.failures:
            count = len(self.failures)
            parts.append(f"{count} {'source' if count == 1 else 'sources'} failed")
        raise NothingFoundError(
            f"no source has an item for {self.period.name!r} ({', '.join(parts)}); "
            "nothing was written"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the promised object of `collect`."""
        rules = dict(self.rules)
        different = set(rules.values())
        return {
            "version": VERSION,
            "period": self.period.name,
            "start": self.period.start.isoformat(),
            "end": self.period.end.isoformat(),
            "issue": self.slug,
            "rule": different.pop() if len(different) == 1 else None,
            "rules": rules,
            "items": [item_as_json(item) for item in self.items],
            "outside": self.selected.outside,
            "undated": self.selected.undated,
            "already_ran": self.selected.already_ran,
            "offered_before": self.selected.offered_before,
            "merged": self.selected.merged,
            "removed": self.removed,
            "failures": [failure_as_json(one.source, one.reason) for one in self.failures],
            "notes": list(self.notes),
        }


def _silent(_step: Progress) -> None:
    """Show nothing."""


def collect(
    workspace: Workspace,
    period_text: str,
    *,
    now: datetime,
    progress: Callable[[Progress], None] = _silent,
    options: Options | None = None,
) -> Collected:
    """Collect the items of a period into its issue and return what was found.

    A source that fails is reported and does not stop the others. Nothing is written
    in a dry run, or where there is no item for the period: `require_items` says so.
    Raises PeriodError, SettingsError, WorkspaceBusyError, IssueFileError.
    """
    options = options or Options()
    lock: AbstractContextManager[None] = nullcontext() if options.dry_run else workspace.writing()
    with lock:
        return _Collecting(workspace, period_text, now, progress, options).run()


class _Collecting:
    """One run of `collect`, its settings read and its period known."""

    def __init__(
        self,
        workspace: Workspace,
        period_text: str,
        now: datetime,
        progress: Callable[[Progress], None],
        options: Options,
    ) -> None:
        self.workspace, self.progress, self.options = workspace, progress, options
        settings = workspace.settings
        self.sources = _chosen(settings.sources, options.only_sources)
        folder = workspace.issues_folder
        #: "Yesterday" on a page is the day before the newsletter's today.
        self.zone = zone_named(settings.time_zone)
        today = now.astimezone(self.zone).date().isoformat()
        others = earlier_issues.other_issues(folder, today)
        self.period = parse_period(
            period_text,
            time_zone=settings.time_zone,
            now=now,
            last_issue_end=earlier_issues.last_end(others),
        )
        self.slug = issue_slug(self.period)
        others = earlier_issues.other_issues(folder, self.slug)
        self.ran: Ran = earlier_issues.ran_before(others, self.period)
        self.files: IssueFiles = issue_files.open_files(
            folder, self.slug, language=settings.language
        )
        self.folder = issue_files.folder_of(folder, self.slug)
        self.now, self.fetcher = self._fetcher(now)

    def _fetcher(self, now: datetime) -> tuple[datetime, Fetches]:
        """Return the network, or the snapshot and the time it was taken at."""
        snapshot = self.folder / issue_files.SNAPSHOT_FOLDER
        if self.options.from_snapshot:
            if not (snapshot / "index.json").is_file():
                raise IssueNotFoundError(
                    f"issue {self.slug!r} has no snapshot to rebuild it from",
                    hint=f"Run `newsletter collect {self.period.name}` once with the network.",
                )
            taken = self.files.collection.collected_at if self.files.collection else now
            return taken, Replayer(snapshot)
        settings = self.workspace.settings
        network = Fetcher(
            agent=user_agent(__version__, settings.website or settings.public_url),
            typed=[source.url for source in self.sources if source.url],
            now=lambda: datetime.now(self.zone),
            cache=None if self.options.dry_run else HttpCache(self.workspace.cache_folder / "http"),
        )
        return now, Recorder(network)

    def run(self) -> Collected:
        """Read, choose, complete, merge and write."""
        readings, failures = self._read_all()
        everything = [item for reading in readings for item in reading.items]
        single = merge_duplicates(everything, self.period)
        completed, notes = self._complete(single)
        selected = select(completed, self.period, self.ran)
        selected = replace(selected, merged=len(everything) - len(single) + selected.merged)
        merged = merge(
            self.files.issue,
            self.files.collection,
            Round(
                self.period,
                self.now,
                self.workspace.settings.time_zone,
                selected.items,
                tuple(completed),
                tuple(dict.fromkeys(one.section for one in self.sources if one.section)),
            ),
        )
        is_written = bool(selected.items) and not self.options.dry_run
        if is_written:
            self._save(merged)
            notes += self._get_pictures()
        return Collected(
            slug=self.slug,
            folder=self.folder,
            period=self.period,
            items=merged.items,
            selected=selected,
            removed=len(merged.removed),
            rules={reading.source: reading.rule for reading in readings},
            failures=tuple(failures),
            notes=(*(note for one in readings for note in one.notes), *notes),
            is_new=not self.files.exists,
            is_written=is_written,
        )

    def _save(self, merged: Merged) -> None:
        if isinstance(self.fetcher, Recorder):
            snapshot = self.folder / issue_files.SNAPSHOT_FOLDER
            self.fetcher.save(snapshot)
            keep_copies(
                self.sources,
                snapshot,
                root=self.workspace.root,
                fetched_at=self.now.astimezone(self.zone),
            )
        self.files.save(merged.issue, merged.collection)

    def _get_pictures(self) -> tuple[str, ...]:
        """Fetch the pictures of the issue, as a person has it; return what went wrong."""
        if self.options.from_snapshot:
            return ()
        editions = Editions.of(self.workspace, self.slug)
        editions.get_pictures(
            retry=True,
            watch=lambda url, done, total: self.progress(Progress("pictures", url, done, total)),
        )
        return editions.picture_notes

    def _read_all(self) -> tuple[list[Reading], list[Failure]]:
        answers = self._at_once("sources", self.sources, self._read_one, lambda one: one.name)
        readings = [answer for answer in answers if isinstance(answer, Reading)]
        return readings, [answer for answer in answers if isinstance(answer, Failure)]

    def _read_one(self, source: Source) -> Reading | Failure:
        try:
            fetched_at = self.now.astimezone(self.zone)
            reading = self._copied(source) or read_source(
                source, self.fetcher, fetched_at=fetched_at, root=self.workspace.root
            )
        except NewsletterError as error:
            reason = getattr(error, "reason", str(error))
            return Failure(source.name, reason, error.hint)
        items = tuple(
            replace(
                item,
                source=item.source or source.name,
                section=source.section or item.section,
                language=item.language or source.language or reading.language,
            )
            for item in reading.items
        )
        return replace(reading, source=source.name, items=items)

    def _copied(self, source: Source) -> Reading | None:
        """Return what a local source said when the issue was collected, to rebuild it."""
        if not (self.options.from_snapshot and source.path):
            return None
        return read_copy(source, self.folder / issue_files.SNAPSHOT_FOLDER)

    def _complete(self, items: Sequence[Item]) -> tuple[list[Item], list[str]]:
        """Return the items with what their own pages add, where the issue may get them."""
        wanted = [item for item in items if self._lacks_something(item)][:MOST_ARTICLES]
        answers = self._at_once(
            "articles",
            wanted,
            lambda item: articles.enrich(item, self.fetcher, now=self.now),
            lambda item: item.title,
        )
        found = {id(item): answer for item, answer in zip(wanted, answers, strict=True)}
        completed = [found[id(one)].item if id(one) in found else one for one in items]
        return without_ornaments(completed), _told_once(
            answer.note for answer in answers if answer.note
        )

    def _lacks_something(self, item: Item) -> bool:
        if item.source in {one.name for one in self.sources if not one.read_articles}:
            return False
        is_open = standing_of(item.date, self.period) is not Standing.OUTSIDE
        if articles.is_complete(item) or not is_open or self.ran.has(item):
            return False
        if self.ran.has_offered(item):
            return False
        return self.options.from_snapshot or canonical_link(item.link) not in self._known_links()

    def _known_links(self) -> frozenset[str]:
        """Return the links whose pages were read when the issue was collected before."""
        if self.files.collection is None:
            return frozenset()
        items = [one.item for one in self.files.collection.items.values()]
        return frozenset(canonical_link(item.link) for item in items if item.summary)

    def _at_once(
        self,
        step: str,
        wanted: Sequence[_Given],
        work: Callable[[_Given], _Answer],
        name: Callable[[_Given], str],
    ) -> list[_Answer]:
        """Do the work for all in threads, report each as it ends, return the answers in order."""
        threads = ThreadPoolExecutor(max_workers=_AT_ONCE)
        try:
            futures = {threads.submit(work, one): one for one in wanted}
            for done, future in enumerate(as_completed(futures), start=1):
                self.progress(Progress(step, name(futures[future]), done, len(futures)))
            return [future.result() for future in futures]
        finally:
            # Ctrl-C waits neither for what has not begun nor for a server that does not answer.
            threads.shutdown(wait=False, cancel_futures=True)


def _told_once(notes: Iterable[str]) -> list[str]:
    """Return notes of article pages, those with one reason as one line."""
    by_reason: dict[str, list[str]] = {}
    for note in notes:
        link, _, reason = note.partition(": ")
        by_reason.setdefault(reason, []).append(link)
    return [
        f"{links[0]}: {reason}"
        if len(links) == 1
        else f"{links[0]} and {len(links) - 1} more pages: {reason}"
        for reason, links in by_reason.items()
    ]


def _chosen(sources: Sequence[Source], names: Iterable[str]) -> list[Source]:
    """Return the sources that were asked for; SettingsError names the nearest for an unknown."""
    if not sources:
        raise SettingsError(
            "newsletter.toml names no source",
            hint="Add one: `newsletter sources add URL`.",
        )
    known = {source.name: source for source in sources}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known)}."
            raise SettingsError(f"there is no source {name!r}", hint=hint)
    return [known[name] for name in names] or list(sources)
