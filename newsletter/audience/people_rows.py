"""One row of a list -> one person, or the reason why there is none."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping

from newsletter.audience.addresses import AddressReader, clean_name
from newsletter.audience.columns import Columns, Role
from newsletter.audience.csv_files import ADDRESS_CELL, Row
from newsletter.audience.row_values import (
    CAME_BACK,
    LEFT,
    WAITS,
    WRITTEN_TO,
    Standing,
    clean_cell,
    join_names,
    most_careful,
    read_attributes,
    read_language,
    read_status,
    read_suppression,
    says_no,
)
from newsletter.errors import AddressError
from newsletter.model.people import ImportedPerson, RefusedRow

#: Mailchimp packs one file for each standing: subscribed_members_export_0a1b.csv.
_FILE_STANDING = re.compile(
    r"(?:.*/)?(?P<word>subscribed|unsubscribed|nonsubscribed|cleaned)(?:[_-].*|\.csv)",
    re.IGNORECASE,
)
#: What databases and careful people write where there is no name: nobody is greeted so.
_NO_NAMES = frozenset({"null", "(null)", "\\n", "n/a", "#n/a", "undefined", "-", "--", "?", "."})
_FORMS = {"text": "text", "plain": "text", "light": "light", "full": "full", "html": ""}


class PersonReader:
    """Reads the rows of one file."""

    def __init__(self, columns: Columns, file_name: str, mark: str = "") -> None:
        self._columns = columns
        self._email = columns.email
        self._width = columns.width if columns.header_line else sys.maxsize
        self._mark = mark
        self._read_address = AddressReader().read
        found = _FILE_STANDING.fullmatch(file_name)
        self._standing = (found and read_status(found["word"])) or WRITTEN_TO
        roles = columns.roles
        self._cells = _CellReader(columns) if roles or columns.fields or columns.consent else None
        self._judges = [
            (at, _READ_STANDING[role]) for role, at in roles.items() if role in _READ_STANDING
        ]

    def read(self, row: Row) -> ImportedPerson | RefusedRow:
        """Return the row's person, or why it gives none."""
        line, cells = row
        if len(cells) > self._width and any(cells[self._width :]):
            return self._too_wide(line, cells)
        try:
            cell = cells[self._email]
            address = self._read_address(clean_cell(cell) if cell.startswith("'") else cell)
        except IndexError:
            return RefusedRow(line, "the row ends before the column of addresses", self._mark)
        except AddressError as error:
            return RefusedRow(line, str(error), self._mark)
        status, suppression = self._careful(cells) if self._judges else self._standing
        name, language, form, fields, consent = self._cells.read(cells) if self._cells else _NOTHING
        return ImportedPerson(
            line,
            address,
            address.name if not name or name == address.address else name,
            language,
            form,
            fields,
            consent,
            status,
            suppression,
            self._mark,
        )

    def _too_wide(self, line: int, cells: list[str]) -> ImportedPerson | RefusedRow:
        """Take only the address of a row whose cells cannot be told apart any more."""
        candidates = [cell for cell in cells if ADDRESS_CELL.fullmatch(cell)]
        if len(candidates) != 1:
            reason = f"the row has {len(cells)} cells under {self._width} headings"
            return RefusedRow(line, reason, self._mark)
        try:
            address = self._read_address(clean_cell(candidates[0]))
        except AddressError as error:
            return RefusedRow(line, str(error), self._mark)
        warning = f"more cells than the {self._width} headings: only the address was taken"
        status, suppression = self._careful(cells)
        return ImportedPerson(
            line,
            address._replace(warning=warning),
            status=status,
            suppression=suppression,
            file=self._mark,
        )

    def _careful(self, cells: list[str]) -> Standing:
        """Return the most careful of all that the row and the file say of a person."""
        said = [judge(cells[at]) for at, judge in self._judges if at < len(cells)]
        return most_careful([self._standing, *said])


#: What the other cells of a row say of a person: name, language, form, fields, consent.
_Known = tuple[str, str, str, Mapping[str, str], Mapping[str, str]]
_NOTHING: _Known = ("", "", "", {}, {})


class _CellReader:
    """Reads the cells beside the address; asked once per row, so it looks nothing up twice."""

    def __init__(self, columns: Columns) -> None:
        at = columns.roles.get
        self._columns = columns
        self._name, self._first = at(Role.NAME), at(Role.FIRST_NAME)
        self._last = at(Role.LAST_NAME)
        self._language, self._form = at(Role.LANGUAGE), at(Role.FORM)
        self._status, self._attributes = at(Role.STATUS), at(Role.ATTRIBUTES)

    def read(self, cells: list[str]) -> _Known:
        """Return what the cells say; what is not understood is kept as a field."""
        fields = _named(cells, self._columns.fields)
        if self._attributes is not None:
            fields = self._with_attributes(cells, fields)
        written = _cell(cells, self._language)
        language = read_language(written)
        if written and not language:
            fields[self._columns.headings[Role.LANGUAGE]] = written
        form = self._read_form(cells, fields) if self._form is not None else ""
        word = _cell(cells, self._status) if self._status is not None else ""
        if word and read_status(word) is None:
            fields[self._columns.headings[Role.STATUS]] = word
        if not written and "language" in fields:
            language = read_language(fields["language"])
        consent = _named(cells, self._columns.consent) if self._columns.consent else {}
        return self._read_name(cells), language, form, fields, consent

    def _read_name(self, cells: list[str]) -> str:
        if whole := _cell(cells, self._name):
            return "" if whole.casefold() in _NO_NAMES else clean_name(whole)
        if self._first is None and self._last is None:
            return ""
        halves = (_cell(cells, at) for at in (self._first, self._last))
        return join_names(*("" if half.casefold() in _NO_NAMES else half for half in halves))

    def _read_form(self, cells: list[str], fields: dict[str, str]) -> str:
        word = _cell(cells, self._form)
        if word and word.casefold() not in _FORMS:
            fields[self._columns.headings[Role.FORM]] = word
        return _FORMS.get(word.casefold(), "")

    def _with_attributes(self, cells: list[str], fields: dict[str, str]) -> dict[str, str]:
        """Take the members of a JSON cell for columns; columns of the file come first."""
        cell = _cell(cells, self._attributes)
        if not cell:
            return fields
        found = read_attributes(cell)
        return (
            {self._columns.headings[Role.ATTRIBUTES]: cell} if found is None else found
        ) | fields


def _cell(cells: list[str], at: int | None) -> str:
    return "" if at is None or at >= len(cells) else clean_cell(cells[at])


def _named(cells: list[str], columns: tuple[tuple[int, str], ...]) -> dict[str, str]:
    count = len(cells)
    return {name: value for at, name in columns if at < count and (value := clean_cell(cells[at]))}


_READ_STANDING: dict[Role, Callable[[str], Standing]] = {
    Role.STATUS: lambda cell: read_status(clean_cell(cell)) or WRITTEN_TO,
    Role.SUPPRESSION: lambda cell: read_suppression(clean_cell(cell)),
    Role.OPTED_OUT: lambda cell: WRITTEN_TO if says_no(cell) else LEFT,
    # An empty cell says nothing; only a no does.
    Role.OPTED_IN: lambda cell: LEFT if cell.strip() and says_no(cell) else WRITTEN_TO,
    Role.CONFIRMED: lambda cell: WAITS if cell.strip() and says_no(cell) else WRITTEN_TO,
    Role.BOUNCED: lambda cell: WRITTEN_TO if says_no(cell) else CAME_BACK,
}
