"""Sympa's member.dump: blocks of "key value" lines with a blank line between them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

from newsletter.audience.columns import Columns, Role
from newsletter.audience.csv_files import SAMPLE_BYTES, Row
from newsletter.audience.encodings import RESCUE

#: The keys that become cells, in this order; the others are Sympa's own business.
KEYS = ("email", "gecos", "reception", "date")
COLUMNS = Columns(0, {Role.NAME: 1, Role.STATUS: 2}, consent=((3, "subscribed"),), width=4)
_KEY_LINE = re.compile(
    r"(?:date|update_date|gecos|email|reception|visibility|startdate|enddate|subscribed|included"
    r"|id|attrib|custom_attribute|bounce\w*|inclusion\w*|topics|suspend)(?: .*)?"
)


def is_dump(stream: BinaryIO, encoding: str) -> bool:
    """Say whether the file is such a dump; the stream stands at its beginning afterwards."""
    stream.seek(0)
    head = stream.read(SAMPLE_BYTES).decode(encoding, errors=RESCUE)
    stream.seek(0)
    lines = [line.strip() for line in head.splitlines()[:12] if line.strip()]
    return (
        len(lines) > 1
        and all(map(_KEY_LINE.fullmatch, lines))
        and any(line.startswith("email ") for line in lines)
    )


def read_members(stream: BinaryIO, encoding: str) -> Iterator[Row]:
    """Return a row for each block, numbered by the block's first line."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors=RESCUE)
    block: dict[str, str] = {}
    first_line = 1
    try:
        for number, line in enumerate(text, 1):
            key, _, value = line.strip().partition(" ")
            if key:
                first_line = first_line if block else number
                block.setdefault(key, value.strip())
            elif block:
                yield _row(first_line, block)
                block = {}
        if block:
            yield _row(first_line, block)
    finally:
        with suppress(ValueError):  # Somebody stopped reading, and the file is closed by now.
            text.detach()


def _row(line: int, block: dict[str, str]) -> Row:
    values = {key: block.get(key, "") for key in KEYS}
    if values["date"].isdigit():
        values["date"] = datetime.fromtimestamp(int(values["date"][:11]), UTC).isoformat()
    return Row(line, list(values.values()))
