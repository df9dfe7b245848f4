"""CSV as it comes: any encoding, any separator, broken quotation marks; a row at a time."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from newsletter.audience.encodings import RESCUE, contains, detect_encoding, known_encoding

#: Commonest first: a tie goes to the first.
DELIMITERS = (",", ";", "\t", "|")
#: Enough to see the shape of a file; the first rows of an export are like the rest.
SAMPLE_BYTES, SAMPLE_ROWS = 65_536, 100
#: A cell that is one address, or a name with one: evidence, not validation.
ADDRESS_CELL = re.compile(r"\s*(?:[^@<>]*<)?[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]{2,}>?\s*")


class Row(NamedTuple):
    """One record: the number of its first line, and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a file's text was read."""

    encoding: str
    delimiter: str
    #: Excel's `sep=;` stands in the first line.
    names_separator: bool = False
    #: There are quotation marks in the file.
    has_quotes: bool = True


def detect_form(stream: BinaryIO, encoding: str = "") -> TextForm:
    """Return how to read the file; the stream stands at its beginning afterwards.

    Raises ImportFileError where the file is no text at all.
    """
    encoding = known_encoding(encoding) if encoding else detect_encoding(stream)
    has_quotes = contains(stream, b'"')
    stream.seek(0)
    sample = _text(stream.read(SAMPLE_BYTES), encoding)
    stream.seek(0)
    named = re.match(r"sep=(.)\r?\n", sample)
    if named:
        return TextForm(encoding, named[1], names_separator=True, has_quotes=has_quotes)
    return TextForm(encoding, _delimiter(sample), has_quotes=has_quotes)


def read_rows(stream: BinaryIO, form: TextForm) -> Iterator[Row]:
    """Return the records of the file, the blank ones left out.

    A quotation mark that is opened and never closed would swallow the people on the
    following lines: such a line is read without quotation marks, the others anew.
    """
    text = io.TextIOWrapper(stream, encoding=form.encoding, errors=RESCUE, newline="")
    try:
        yield from _Records(text, form).read() if form.has_quotes else _lines(text, form)
    finally:
        with suppress(ValueError):  # Somebody stopped reading, and the file is closed by now.
            text.detach()


def _lines(text: Iterable[str], form: TextForm) -> Iterator[Row]:
    """Return the records of a text without quotation marks: each line is one."""
    skipped = 1 if form.names_separator else 0
    for line, cells in enumerate(_reader(text, form.delimiter), 1):
        if any(cells) and line > skipped:
            yield Row(line, cells)


def sample_rows(stream: BinaryIO, form: TextForm) -> list[Row]:
    """Return the first records; the stream stands at its beginning afterwards."""
    stream.seek(0)
    head = io.BytesIO(stream.read(SAMPLE_BYTES))
    is_whole = not stream.read(1)
    stream.seek(0)
    rows = list(read_rows(head, form))
    return (rows if is_whole or len(rows) < 2 else rows[:-1])[:SAMPLE_ROWS]


class _Records:
    """The records of a text, with the lines of the current one kept to be read anew."""

    def __init__(self, text: Iterable[str], form: TextForm) -> None:
        self._lines = iter(text)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._delimiter = form.delimiter
        self._skip = 1 if form.names_separator else 0
        self._width = 0

    def read(self) -> Iterator[Row]:
        reader = _reader(self._feed(), self._delimiter)
        line, taken = 1, self._taken
        while True:
            taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                if not self._again:
                    return
                # The last line of the file had swallowed others, which now come by themselves.
                reader = _reader(self._feed(), self._delimiter)
                continue
            except csv.Error:
                cells = self._first_line_alone()
            if len(taken) > 1 and self._has_swallowed(cells):
                cells = self._first_line_alone()
            if line > self._skip and any(cells):
                self._width = self._width or len(cells)
                yield Row(line, cells)
            line += len(taken)

    def _feed(self) -> Iterator[str]:
        again, taken = self._again, self._taken
        while True:
            if again:
                line = again.popleft()
            else:
                line = next(self._lines, "")
                if not line:
                    return
            taken.append(line)
            yield line

    def _has_swallowed(self, cells: list[str]) -> bool:
        """Say whether a cell holds a line that is a row of this file by itself."""
        parts = [part for cell in cells if "\n" in cell for part in cell.splitlines()]
        for alone in csv.reader(parts, delimiter=self._delimiter, quoting=csv.QUOTE_NONE):
            if len(alone) >= max(self._width, 1) and any(map(ADDRESS_CELL.fullmatch, alone)):
                return True
        return False

    def _first_line_alone(self) -> list[str]:
        """Return the first line's cells without quotation marks; the others come again."""
        first, *others = self._taken
        self._again.extendleft(reversed(others))
        del self._taken[1:]
        return [cell.strip().strip('"') for cell in first.rstrip("\r\n").split(self._delimiter)]


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # A space before a quotation mark is common, and does not make the mark a letter.
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)


def _delimiter(sample: str) -> str:
    """Return the separator by which most rows have one clean address and the same width."""
    lines = sample.splitlines(keepends=True)[: SAMPLE_ROWS * 2]
    if len(lines) > 1 and not sample.endswith(("\n", "\r")):
        lines.pop()
    return max(DELIMITERS, key=lambda delimiter: _evidence(lines, delimiter))


def _evidence(lines: list[str], delimiter: str) -> tuple[int, float, int]:
    rows = [row.cells for row in _Records(lines, TextForm("", delimiter)).read()][:SAMPLE_ROWS]
    widths = [len(cells) for cells in rows]
    with_address = sum(1 for cells in rows if any(map(ADDRESS_CELL.fullmatch, cells)))
    common = max(set(widths), key=widths.count, default=0)
    share = widths.count(common) / len(widths) if widths else 0.0
    return with_address, share, common


def _text(head: bytes, encoding: str) -> str:
    return head.decode(encoding, errors=RESCUE)
