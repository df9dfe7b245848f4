"""A template filled is what building the message slowly gives, and safe on the wire."""

from __future__ import annotations

import base64
import email
import email.policy
import html
import re
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.model import encoding
from newsletter.model.message import MessageTemplate, Stretch
from newsletter.model.places import Escape, Place, Transfer

VALUE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list(" .=_?<>&'\"\\,;:\r\n\t\x00é漢字العربية😀\u200d\u2068\u202eFrom ")),
    ),
    max_size=200,
)
#: Runs of constant text and places of a body.
RUNS = st.lists(
    st.one_of(
        st.text(st.sampled_from(list("abc é漢.<>= \n")), min_size=1, max_size=120),
        st.sampled_from(
            [
                Place("name", Escape.TEXT),
                Place("name", Escape.HTML),
                Place("link", Escape.HTML_URL),
                Place("name", Escape.HTML_URL_PART),
                Place("link", Escape.TEXT_URL),
            ]
        ),
    ),
    max_size=8,
)


def slowly(place: Place, values: dict[str, str]) -> str:
    """Return a place's value by the plainest way there is."""
    value = values[place.name]
    value = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value)
    hidden = "[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    value = re.sub(hidden, "", value).strip()
    if place.escape in {Escape.HTML_URL, Escape.TEXT_URL}:
        allowed = value.lower().startswith(("https://", "http://", "mailto:"))
        value = quote(value, safe="-._~:/?#[]@!$&'()*+,;=%") if allowed else ""
    if place.escape is Escape.HTML_URL_PART:
        value = quote(value, safe="@")
    if place.escape in {Escape.HTML, Escape.HTML_URL}:
        value = html.escape(value)
    return value


def slow_text(runs: list[str | Place], values: dict[str, str]) -> str:
    return "".join(run if isinstance(run, str) else slowly(run, values) for run in runs)


def slow_quoted_printable(runs: list[str | Place], values: dict[str, str]) -> bytes:
    """Encode character by character, with a soft break on both sides of a value."""
    lines, line = [], ""

    def soft_break() -> None:
        nonlocal line
        if line:
            lines.append(line + "=")
        line = ""

    for run in runs:
        text = run if isinstance(run, str) else slowly(run, values)
        if not isinstance(run, str):
            soft_break()
        hard_lines = text.split("\n")
        for number, hard in enumerate(hard_lines):
            raw = hard.encode()
            is_last = number == len(hard_lines) - 1
            for index, byte in enumerate(raw):
                token = chr(byte) if 32 <= byte < 127 and byte != 61 else f"={byte:02X}"
                if byte == 32 and raw[index - 1 : index] == b" ":
                    token = "=20"
                if len(line) + len(token) > 75:
                    soft_break()
                if not line and byte == 46:
                    token = "=2E"
                if not line and raw[index : index + 5] == b"From ":
                    token = "=46"
                line += token
            if not is_last:
                if line.endswith(" "):
                    line = line[:-1]
                    if len(line) + 3 > 76:
                        lines.append(line + "=")
                        line = ""
                    line += "=20"
                lines.append(line)
                line = ""
        soft_break()
    return "".join(f"{one}\r\n" for one in lines).encode()


def template(runs: list[str | Place], transfer: Transfer) -> MessageTemplate:
    encode = (
        encoding.quoted_printable_text
        if transfer is Transfer.QUOTED_PRINTABLE
        else lambda text: text.replace("\n", "\r\n").encode()
    )
    pieces = tuple(encode(run) if isinstance(run, str) else run for run in runs)
    return MessageTemplate((Stretch(transfer, pieces),))


@example(["x" * 73 + " \n"], "", "")
@example(["x" * 74 + " \n"], "", "")
@given(RUNS, VALUE, VALUE.map(lambda tail: f"https://example.org/?t={tail}") | VALUE)
def test_quoted_printable_is_byte_for_byte_what_the_slow_way_gives(
    runs: list[str | Place], name: str, link: str
) -> None:
    values = {"name": name, "link": link}

    filled = template(runs, Transfer.QUOTED_PRINTABLE).fill(values)

    assert filled == slow_quoted_printable(runs, values)


@given(RUNS, VALUE, VALUE)
def test_base64_is_what_encoding_the_whole_text_gives(
    runs: list[str | Place], name: str, link: str
) -> None:
    values = {"name": name, "link": link}

    filled = template(runs, Transfer.BASE64).fill(values)

    whole = slow_text(runs, values).replace("\n", "\r\n").encode()
    assert filled.replace(b"\r\n", b"") == base64.b64encode(whole)
    assert all(len(line) <= 76 for line in filled.split(b"\r\n"))


HEADERS = MessageTemplate(
    (
        Stretch(
            Transfer.HEADER,
            (
                b"Message-ID: <",
                Place("message_id", Escape.HEADER_ID),
                b">\r\nTo: ",
                Place("to", Escape.MAILBOX),
                b"\r\nList-Id: ",
                Place("list_id", Escape.LIST_ID),
                b"\r\nList-Unsubscribe: <",
                Place("unsubscribe_url", Escape.HEADER_URL),
                b">\r\nDate: ",
                Place("date", Escape.HEADER_WORDS),
                b"\r\n\r\n",
            ),
        ),
    )
)
READER = {
    "address": "anna@example.org",
    "name": "Anna",
    "list": "Members",
    "list_id": "members.example.org",
    "message_id": "<2016-05.abc@example.org>",
    "unsubscribe_url": "https://example.org/u/abc",
    "date": "Fri, 20 May 2016 08:00:00 +0000",
}


@given(st.sampled_from(sorted(READER)), VALUE)
def test_no_value_adds_a_header_or_a_line(field: str, value: str) -> None:
    try:
        filled = HEADERS.fill({**READER, field: value})
    except MessageError:
        return

    read = email.message_from_bytes(filled, policy=email.policy.default)
    assert read.keys() == ["Message-ID", "To", "List-Id", "List-Unsubscribe", "Date"]
    assert read.get_payload() == ""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", filled)
    assert all(len(line) <= 998 for line in filled.split(b"\r\n"))


def test_headers_are_written_as_they_are_meant() -> None:
    filled = HEADERS.fill(READER)

    assert filled.split(b"\r\n") == [
        b"Message-ID: <2016-05.abc@example.org>",
        b"To: Anna <anna@example.org>",
        b"List-Id: Members <members.example.org>",
        b"List-Unsubscribe: <https://example.org/u/abc>",
        b"Date: Fri, 20 May 2016 08:00:00 +0000",
        b"",
        b"",
    ]


def test_a_long_link_stays_whole_in_its_header() -> None:
    link = "https://example.org/u/" + "a" * 860

    filled = HEADERS.fill({**READER, "unsubscribe_url": link})

    assert f"List-Unsubscribe: <{link}>\r\n".encode() in filled


@pytest.mark.parametrize("link", ["", "javascript:x", "https://example.org/" + "a" * 1000])
def test_a_header_link_that_cannot_work_is_refused(link: str) -> None:
    with pytest.raises(MessageError, match="unsubscribe_url"):
        HEADERS.fill({**READER, "unsubscribe_url": link})


def test_a_missing_value_is_named() -> None:
    with pytest.raises(MessageError, match="message_id"):
        HEADERS.fill({**READER, "message_id": ""})
    with pytest.raises(MessageError, match="list_id"):
        HEADERS.fill({name: value for name, value in READER.items() if name != "list_id"})


def test_a_template_names_the_values_it_needs() -> None:
    assert HEADERS.places == READER.keys()


@given(RUNS, st.sampled_from([Transfer.BASE64, Transfer.QUOTED_PRINTABLE]), VALUE)
def test_a_frozen_template_fills_to_the_same_bytes(
    runs: list[str | Place], transfer: Transfer, name: str
) -> None:
    made = template(runs, transfer)

    thawed = MessageTemplate.from_bytes(made.to_bytes())

    values = {"name": name, "link": "https://example.org/"}
    assert thawed == made
    assert thawed.fingerprint == made.fingerprint
    assert thawed.fill(values) == made.fill(values)


def test_a_template_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2"):
        MessageTemplate.from_bytes(b'{"version": 2, "stretches": []}')


def test_a_filled_body_reads_like_one_built_by_the_email_package() -> None:
    runs: list[str | Place] = [
        "Dear ",
        Place("name", Escape.TEXT),
        ",\n\n.news: ",
        Place("link", Escape.TEXT_URL),
        "\nFrom us\n",
    ]
    values = {"name": "Zoë & Co.", "link": "https://example.org/?a=b"}
    head = Stretch(
        Transfer.HEADER,
        (
            b'Content-Type: text/plain; charset="utf-8"\r\n'
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
        ),
    )
    body = template(runs, Transfer.QUOTED_PRINTABLE).stretches
    expected = EmailMessage(policy=email.policy.SMTP)
    expected.set_content(slow_text(runs, values), cte="quoted-printable")

    filled = MessageTemplate((head, *body)).fill(values)

    read = email.message_from_bytes(filled, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert read.get_content().replace("\r\n", "\n") == expected.get_content()


def test_a_template_knows_about_how_big_its_messages_are() -> None:
    runs: list[str | Place] = ["x" * 5000 + "\n", Place("name", Escape.TEXT), "é" * 3000 + "\n"]
    for transfer in (Transfer.QUOTED_PRINTABLE, Transfer.BASE64):
        made = template(runs, transfer)

        assert made.size_bytes == pytest.approx(len(made.fill({"name": "Anna"})), rel=0.02)


@given(
    st.lists(RUNS, min_size=1, max_size=3),
    st.lists(st.sampled_from([2047, 2048, 5000]), min_size=1, max_size=4),
    VALUE,
    VALUE,
)
def test_the_pieces_joined_are_the_message_and_large_constants_are_the_same_for_all(
    runs: list[list[str | Place]], sizes: list[int], name: str, link: str
) -> None:
    large = [("large " * 1000)[:size] for size in sizes]
    mixed = [one for index, run in enumerate(runs) for one in (*run, large[index % len(large)])]
    built = template(mixed, Transfer.HEADER)
    mine, theirs = {"name": name, "link": link}, {"name": "Ana", "link": "https://x.example/"}

    pieces, others = built.filled(mine).pieces, built.filled(theirs).pieces

    assert b"".join(pieces) == slow_text(mixed, mine).replace("\n", "\r\n").encode(
        "utf-8", "replace"
    )
    assert all(
        one is other for one, other in zip(pieces, others, strict=True) if one in _large(built)
    )


def _large(built: MessageTemplate) -> list[bytes]:
    pieces = built.stretches[0].pieces
    return [one for one in pieces if isinstance(one, bytes) and len(one) >= 2048]
