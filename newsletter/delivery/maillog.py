"""What a Postfix log says became of messages, by their Message-ID."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

#: "Nov 24 07:33:15 host" as syslogd writes it, or RFC 3339 as newer systems do.
_RFC3339 = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))\s")
_SYSLOG = re.compile(r"^(\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d)\s")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Short queue ids are hexadecimal, long ones have letters of both cases.
_LINE = re.compile(r"postfix[\w/.-]*/(\w+)\[\d+\]: ([0-9A-Za-z]{6,}): (.*)$")
_MESSAGE_ID = re.compile(r"message-id=(<[^>]*>)")
_ACTIVE = re.compile(r"from=<[^>]*>, size=\d+, nrcpt=\d+ \(queue active\)")
_STATUS = re.compile(r"to=<[^>]*>.*\bstatus=(\w+) \((.*)\)\s*$")


@dataclass(frozen=True, slots=True)
class Trace:
    """What the log tells of one message."""

    queue_id: str
    #: The server took it into its queue, that is: it had said 250, or was about to.
    was_queued: bool = False
    #: "sent", "deferred", "bounced", "expired"; empty: nothing yet.
    status: str = ""
    words: str = ""

    @property
    def has_failed(self) -> bool:
        """Say whether the server has given the message up."""
        return self.status in {"bounced", "expired"}


@dataclass(frozen=True, slots=True)
class MailLog:
    """A log, read once."""

    #: Message-ID -> what became of it; the last attempt counts.
    traces: Mapping[str, Trace] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Say whether what happened at that moment would stand in this log."""
        second = moment.replace(microsecond=0)  # traditional logs know no more
        return bool(self.first and self.last and self.first <= second <= self.last)


def read(lines: Iterable[str], wanted: frozenset[str], *, now: datetime, zone: tzinfo) -> MailLog:
    """Return what the log says about these Message-IDs.

    `zone` is that of the machine that wrote it: traditional logs name none, and no year.
    """
    queue_ids: dict[str, str] = {}
    traces: dict[str, Trace] = {}
    first: datetime | None = None
    last: datetime | None = None
    for line in lines:
        if moment := _moment(line, now, zone):
            first, last = first or moment, moment
        if found := _LINE.search(line):
            _take(found[2], found[3], wanted, queue_ids, traces)
    known = {queue_ids[key]: trace for key, trace in traces.items() if trace.was_queued}
    return MailLog(known, first, last)


def _take(
    queue_id: str,
    said: str,
    wanted: frozenset[str],
    queue_ids: dict[str, str],
    traces: dict[str, Trace],
) -> None:
    """Add what one line says; whoever came later has the last word."""
    if named := _MESSAGE_ID.search(said):
        if named[1] in wanted:
            queue_ids[queue_id] = named[1]
            traces[queue_id] = Trace(queue_id)
        else:
            # The number is used again for somebody else's message.
            traces.pop(queue_id, None)
        return
    if queue_id not in traces:
        return
    if _ACTIVE.search(said):
        before = traces[queue_id]
        traces[queue_id] = Trace(queue_id, True, before.status, before.words)
    elif status := _STATUS.search(said):
        traces[queue_id] = Trace(queue_id, True, status[1], status[2])


def _moment(line: str, now: datetime, zone: tzinfo) -> datetime | None:
    if found := _RFC3339.match(line):
        try:
            return datetime.fromisoformat(found[1])
        except ValueError:
            return None
    if not (found := _SYSLOG.match(line)) or found[1] not in _MONTHS:
        return None
    month, day = _MONTHS.index(found[1]) + 1, int(found[2])
    hour, minute, second = (int(part) for part in found.group(3, 4, 5))
    try:
        moment = datetime(now.year, month, day, hour, minute, second, tzinfo=zone)
        # A line from December read in January is of last year.
        return moment if moment <= now else moment.replace(year=now.year - 1)
    except ValueError:
        return None
