"""Lists of people from files: CSV of any maker, packed exports, Sympa dumps; row by row."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cached_property
from typing import IO, BinaryIO, cast

from newsletter.audience import sympa
from newsletter.audience.columns import recognise
from newsletter.audience.csv_files import ADDRESS_CELL, Row, detect_form, read_rows, sample_rows
from newsletter.audience.people_rows import PersonReader
from newsletter.errors import ImportFileError
from newsletter.model.people import ImportedPerson, RefusedRow

#: A packed list of a million people is 60 MB; more than this is a trap (a zip bomb).
MOST_UNPACKED_BYTES = 1 << 30
#: What a pipe or an archive holds is kept in memory up to here, then in a temporary file.
SPOOL_BYTES = 8 << 20


class PeopleFile:
    """One file of people, understood; reading it gives people and refused rows in order."""

    def __init__(self, stream: BinaryIO, name: str, *, encoding: str = "") -> None:
        self.name = name
        self._stream = stream
        self.form = detect_form(stream, encoding)
        self._is_sympa = sympa.is_dump(stream, self.form.encoding)
        self._sample = [] if self._is_sympa else sample_rows(stream, self.form)
        self.columns = sympa.COLUMNS if self._is_sympa else recognise(self._sample)

    @cached_property
    def mapping(self) -> dict[str, str]:
        """Return what was taken for what: "email" -> the heading of its column."""
        headings: tuple[str, ...] = sympa.KEYS if self._is_sympa else ()
        for row in self._sample:
            if row.line == self.columns.header_line:
                headings = tuple(row.cells)
        return self.columns.described(headings)

    def people(self, *, file: str = "") -> Iterator[ImportedPerson | RefusedRow]:
        """Return each row's person, or why it gives none; `file` is what they are marked with."""
        reader = PersonReader(self.columns, self.name, file)
        return map(reader.read, self._rows())

    def _rows(self) -> Iterator[Row]:
        self._stream.seek(0)
        if self._is_sympa:
            return sympa.read_members(self._stream, self.form.encoding)
        rows = read_rows(self._stream, self.form)
        header_line = self.columns.header_line
        if header_line:
            return (row for row in rows if row.line > header_line)
        return _one_address_each(rows)


def open_people(stream: IO[bytes], name: str, *, encoding: str = "") -> Iterator[PeopleFile]:
    """Return the files of people in a file: itself, or those that are packed in it.

    Each must be read before the next is asked for. Raises ImportFileError for what is
    no list of people.
    """
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        seekable = stream if stream.seekable() else _spooled(stream, spool)
        if not zipfile.is_zipfile(seekable):
            seekable.seek(0)
            yield PeopleFile(cast("BinaryIO", seekable), name, encoding=encoding)
            return
        try:
            yield from _unpacked(seekable, encoding)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise ImportFileError(f"{name!r} cannot be unpacked: {error}") from error


def _unpacked(stream: IO[bytes], encoding: str) -> Iterator[PeopleFile]:
    with zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
        if any(name.startswith(("xl/", "content.xml")) for name in names):
            raise ImportFileError("this is a workbook, not a CSV file")
        members = [
            member
            for member in archive.infolist()
            if member.filename.lower().endswith((".csv", ".txt", ".tsv"))
            and not member.filename.startswith("__MACOSX/")
        ]
        if not members:
            raise ImportFileError("no CSV file is packed in it")
        if sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
            raise ImportFileError("unpacked, it would be larger than 1 GB")
        for member in members:
            with (
                archive.open(member) as packed,
                tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool,
            ):
                if member.file_size:
                    opened = cast("BinaryIO", _spooled(packed, spool))
                    yield PeopleFile(opened, member.filename, encoding=encoding)


def _spooled(stream: IO[bytes], spool: IO[bytes]) -> IO[bytes]:
    shutil.copyfileobj(stream, spool)
    spool.seek(0)
    return spool


def _one_address_each(rows: Iterator[Row]) -> Iterator[Row]:
    """Return a bare list's rows, a line of nothing but addresses taken apart."""
    for row in rows:
        cells = [cell for cell in row.cells if cell.strip()]
        if len(cells) > 1 and all(map(ADDRESS_CELL.fullmatch, cells)):
            for cell in cells:
                yield Row(row.line, [cell])
        else:
            yield row
