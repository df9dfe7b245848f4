"""Import people from a file into a list: show what it would do, or do it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO

from newsletter.audience.importing import PeopleFile, open_people
from newsletter.audience.list_keys import parse_list_key
from newsletter.errors import ImportFileError
from newsletter.model.people import ImportedPerson, Judgement, LeftAlone, RefusedRow
from newsletter.store.importing import Import
from newsletter.store.people import People
from newsletter.workspace import Workspace

#: Rows named one by one; beyond, they are only counted: memory must not grow with a file.
MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True)
class ReadFile:
    """How one file was understood."""

    name: str
    encoding: str
    delimiter: str
    #: What was taken for what: "email" -> the heading of its column.
    mapping: dict[str, str]


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do."""

    list_key: str
    #: False: it was only tried.
    really: bool = False
    #: The list is new; `similar_list` is one that it may have been meant for.
    makes_list: bool = False
    similar_list: str = ""
    files: list[ReadFile] = field(default_factory=list)
    counts: Counter[Judgement] = field(default_factory=Counter)
    #: Rows of somebody who had come before in the file.
    repeated: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    refused_count: int = 0
    left_alone: list[LeftAlone] = field(default_factory=list)
    #: People who are imported although something about them looks odd.
    warnings: list[RefusedRow] = field(default_factory=list)

    @property
    def people(self) -> int:
        """Return how many different people the file holds."""
        return sum(self.counts.values())


def import_subscribers(
    workspace: Workspace,
    file: str | Path | IO[bytes],
    list_key: str,
    *,
    now: datetime,
    really: bool,
    encoding: str = "",
) -> ImportReport:
    """Return what importing the file into the list does; without `really`, nothing is written.

    Bad rows are named and the rest is imported. Who unsubscribed or is suppressed is
    never brought back. Raises ImportFileError for a file that holds no list of people.
    """
    report = ImportReport(parse_list_key(list_key), really)
    with ExitStack() as opened:
        stream, name = opened.enter_context(_opened(file))
        files = _files(stream, name, encoding)
        # A file that cannot be used must not leave an empty database behind.
        first = [one for one in (next(files, None),) if one]
        store = opened.enter_context(workspace.open_store(create=really))
        lists = People(store).list_keys()
        report.makes_list = report.list_key not in lists
        if report.makes_list:
            report.similar_list = next(iter(difflib.get_close_matches(report.list_key, lists)), "")
        batch = Import(store, report.list_key)
        for people_file in chain(first, files):
            report.files.append(_described(people_file))
            mark = people_file.name if people_file.name != name else ""
            batch.add(_kept(people_file.people(file=mark), report))
        _refuse_nobody(report, name)
        report.counts = batch.write(now=now, how=f"import {name}") if really else batch.judge()
        report.repeated = batch.repeated()
        report.left_alone = list(batch.left_alone(MOST_NAMED))
    return report


@contextmanager
def _opened(file: str | Path | IO[bytes]) -> Iterator[tuple[IO[bytes], str]]:
    if not isinstance(file, str | Path):
        yield file, "standard input"
        return
    path = Path(file)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ImportFileError(
            f"cannot read {str(path)!r}: {error.strerror}", hint="Check the name of the file."
        ) from error
    with stream:
        yield stream, path.name


def _files(stream: IO[bytes], name: str, encoding: str) -> Iterator[PeopleFile]:
    try:
        yield from open_people(stream, name, encoding=encoding)
    except ImportFileError as error:
        raise ImportFileError(f"{name!r}: {error}") from error


def _described(file: PeopleFile) -> ReadFile:
    return ReadFile(file.name, file.form.encoding, file.form.delimiter, file.mapping)


def _kept(
    rows: Iterator[ImportedPerson | RefusedRow], report: ImportReport
) -> Iterator[ImportedPerson]:
    """Pass the people on, and keep the refused rows and the warnings in the report."""
    for row in rows:
        if isinstance(row, RefusedRow):
            report.refused_count += 1
            if len(report.refused) < MOST_NAMED:
                report.refused.append(row)
            continue
        if row.address.warning and len(report.warnings) < MOST_NAMED:
            text = f"{row.address.address!r}: {row.address.warning}"
            report.warnings.append(RefusedRow(row.line, text, row.file))
        yield row


def _refuse_nobody(report: ImportReport, name: str) -> None:
    if not report.files:
        raise ImportFileError(f"{name!r} holds no list of people")
