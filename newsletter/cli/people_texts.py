"""What the people commands say: for readers and, as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.model.people import (
        LeftAlone,
        ListCount,
        MailingList,
        RefusedRow,
        SubscriberRecord,
    )
    from newsletter.workflow.import_subscribers import ImportReport, ReadFile
    from newsletter.workflow.subscribers import Addition

#: Rows named on the screen; --json names all.
MOST_SHOWN = 50
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def people(count: int) -> str:
    """Return "1 person" or "12 people"."""
    return "1 person" if count == 1 else f"{count:,} people"


def import_report(report: ImportReport) -> str:
    """Return what an import did, or would do, in lines."""
    lines = [_read(file) for file in report.files]
    done = "Imported into" if report.really else "An import would change"
    lines += ["", f"{done} the list {report.list_key!r}{_new_list(report)}:"]
    for name in ("new", "changed", "unchanged", "unsubscribed", "suppressed", "left alone"):
        count = sum(number for what, number in report.counts.items() if what.value == name)
        lines.append(f"  {name:<13}{count:>9,}{_explained(name) if count else ''}")
    lines.append(f"  {'refused rows':<13}{report.refused_count:>9,}")
    if report.repeated:
        lines.append(f"  {'repeated rows':<13}{report.repeated:>9,}   somebody who had come before")
    lines += _named(
        "Refused", [_row(one, one.reason) for one in report.refused], report.refused_count
    )
    left = [_row(one, f"{one.address}: {one.reason}") for one in report.left_alone]
    lines += _named("Left alone", left, len(left))
    odd = [_row(one, one.reason) for one in report.warnings]
    lines += _named("Look at these (they are imported all the same)", odd, len(odd))
    if not report.really:
        lines += ["", "Nothing was written. Add --really to import."]
    return "\n".join(lines)


def import_json(report: ImportReport) -> str:
    """Return an import's report as one JSON object."""
    return _dump(
        {
            "version": 1,
            "list": report.list_key,
            "really": report.really,
            "makes_list": report.makes_list,
            "files": [
                {
                    "name": one.name,
                    "encoding": one.encoding,
                    "delimiter": one.delimiter,
                    "columns": one.mapping,
                }
                for one in report.files
            ],
            **{
                name: sum(n for what, n in report.counts.items() if what.value == name)
                for name in ("new", "changed", "unchanged", "unsubscribed", "suppressed")
            },
            "left_alone_count": sum(n for what, n in report.counts.items() if what == "left alone"),
            "left_alone": [one._asdict() for one in report.left_alone],
            "refused_count": report.refused_count,
            "refused": [one._asdict() for one in report.refused],
            "repeated": report.repeated,
            "warnings": [one._asdict() for one in report.warnings],
        }
    )


def addition(added: Addition, list_key: str) -> str:
    """Return what adding one person did."""
    address = added.record.subscriber.address
    sentences = {
        "added": f"{address} was added to {list_key!r}",
        "already": f"{address} is on {list_key!r} already",
        "rejoined": f"{address} is on {list_key!r} again",
        "had left": f"{address} had left {list_key!r} and was not added;"
        " if they asked to come back, add --rejoin",
        "unconfirmed": f"{address} is on {list_key!r} but never confirmed;"
        " if they asked for it since, add --rejoin",
        "suppressed": f"{address} is suppressed and was not added;"
        f" `newsletter subscribers show {address}` says why",
    }
    new = " (a new list)" if added.makes_list else ""
    return sentences[added.outcome] + new


def record(one: SubscriberRecord) -> str:
    """Return all that is kept of one person, in lines."""
    person = one.subscriber
    lines = [person.address]
    known = {"name": person.name, "language": person.language, "edition": person.form}
    lines += [f"  {what + ':':<13}{value}" for what, value in known.items() if value]
    for subscription in one.subscriptions:
        how = f" ({subscription.how})" if subscription.how else ""
        lines.append(
            f"  {subscription.mailing_list + ':':<13}{subscription.status},"
            f" since {subscription.since:%Y-%m-%d}{how}"
        )
    if not one.subscriptions:
        lines.append("  on no list")
    if one.suppression:
        note = f" ({one.suppression.note})" if one.suppression.note else ""
        since = f"since {one.suppression.since:%Y-%m-%d}"
        lines.append(f"  {'suppressed:':<13}{one.suppression.reason}, {since}{note}")
    lines += [
        f"  {name + ':':<13}{' '.join(value.split())}" for name, value in person.fields.items()
    ]
    return "\n".join(lines)


def record_line(one: SubscriberRecord) -> str:
    """Return one person on one line, with tabs between: address, name, language, form, lists."""
    person = one.subscriber
    on = [f"{sub.mailing_list} {sub.status}" for sub in one.subscriptions]
    if one.suppression:
        on.append(f"suppressed: {one.suppression.reason}")
    return "\t".join([person.address, person.name, person.language, person.form, ", ".join(on)])


def record_json(one: SubscriberRecord) -> str:
    """Return one person as a JSON object."""
    return _dump({"version": 1, **_record(one)})


def records_json(records: Iterable[SubscriberRecord]) -> Iterator[str]:
    """Return the lines of one JSON object with many people, a person a line."""
    yield '{"version": 1, "subscribers": ['
    waiting = ""
    for one in records:
        if waiting:
            yield f"{waiting},"
        waiting = json.dumps(_record(one), ensure_ascii=False)
    if waiting:
        yield waiting
    yield "]}"


def lists(counts: Sequence[ListCount]) -> str:
    """Return the lists with their counts, in columns."""
    if not counts:
        return "There is no list yet: `newsletter subscribers import FILE --list NAME` makes one."
    width = max(len("list"), *(len(one.mailing_list.key) for one in counts))
    head = f"{'list':<{width}}  confirmed  unconfirmed  unsubscribed  suppressed"
    has_wishes = any(_wishes(one.mailing_list) for one in counts)
    lines = [f"{head}  edition" if has_wishes else head]
    lines += [
        f"{one.mailing_list.key:<{width}}  {one.confirmed:>9,}  {one.unconfirmed:>11,}"
        f"  {one.unsubscribed:>12,}  {one.suppressed:>10,}  {_wishes(one.mailing_list)}".rstrip()
        for one in counts
    ]
    return "\n".join(lines)


def list_settings(one: MailingList) -> str:
    """Return what is set of a list, in lines."""
    return "\n".join(
        [
            one.key,
            f"  title:     {one.title or 'none'}",
            f"  language:  {one.language or 'as the newsletter'}",
            f"  form:      {one.form or 'full'}",
        ]
    )


def _wishes(one: MailingList) -> str:
    return " ".join(wish for wish in (one.language, one.form) if wish)


def lists_json(counts: Sequence[ListCount]) -> str:
    """Return the lists as one JSON object."""
    return _dump(
        {
            "version": 1,
            "lists": [
                {
                    "key": one.mailing_list.key,
                    "title": one.mailing_list.title,
                    "language": one.mailing_list.language,
                    "form": one.mailing_list.form,
                    "confirmed": one.confirmed,
                    "unconfirmed": one.unconfirmed,
                    "unsubscribed": one.unsubscribed,
                    "suppressed": one.suppressed,
                }
                for one in counts
            ],
        }
    )


def _record(one: SubscriberRecord) -> dict[str, Any]:
    person, suppression = one.subscriber, one.suppression
    return {
        "address": person.address,
        "name": person.name,
        "language": person.language,
        "form": person.form,
        "fields": dict(person.fields),
        "suppressed": suppression.reason if suppression else None,
        "subscriptions": [
            {
                "list": sub.mailing_list,
                "status": sub.status,
                "since": sub.since.isoformat(),
                "how": sub.how,
            }
            for sub in one.subscriptions
        ],
    }


def _read(file: ReadFile) -> str:
    columns = ", ".join(f"{role} = {heading!r}" for role, heading in file.mapping.items())
    separator = _SEPARATORS.get(file.delimiter, repr(file.delimiter))
    return f"{file.name}: read as {file.encoding}, {separator} between the cells; {columns}"


def _new_list(report: ImportReport) -> str:
    if not report.makes_list:
        return ""
    meant = f"; did you mean {report.similar_list!r}?" if report.similar_list else ""
    return f" (a new list{meant})"


def _explained(name: str) -> str:
    return {
        "unsubscribed": "   because the file says that they left",
        "suppressed": "   because the file says that mail came back or is unwanted",
        "left alone": "   because they left, are suppressed or never confirmed",
    }.get(name, "")


def _row(one: RefusedRow | LeftAlone, text: str) -> str:
    place = f"{one.file}, line {one.line}" if one.file else f"line {one.line}"
    return f"  {place}: {text}"


def _named(title: str, rows: Sequence[str], count: int) -> list[str]:
    if not rows:
        return []
    more = count - len(rows[:MOST_SHOWN])
    rest = [f"  … and {more:,} more; --json names them"] if more else []
    return ["", f"{title}:", *rows[:MOST_SHOWN], *rest]


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
