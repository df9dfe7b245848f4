"""The message of an edition: its headers, its parts, its personal places."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.model.content import Edition, EditionForm, RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.model.places import Escape, Place
from newsletter.rendering.headers import feedback_id
from newsletter.rendering.message import (
    Addressing,
    Attachment,
    build_template,
    html_pieces,
    message_id,
    return_path,
)

ADDRESSING = Addressing(
    sender="news@example.org",
    sender_name="Federation of Libraries",
    reply_to="editors@example.org",
    date=datetime(2016, 5, 31, 8, 0, tzinfo=UTC),
    issue="2016-05",
    list_id="members.lists.example.org",
    list_title="Members",
    one_click=True,
    archive_url="https://example.org/archive/",
)
READER = {
    "address": "anna@example.org",
    "name": "Anna Lind",
    "list": "Members",
    "unsubscribe_url": "https://example.org/u/abc?x=1&y=2",
    "preferences_url": "https://example.org/p/abc",
    "view_url": "https://example.org/v/abc",
    "unsubscribe_mailto": "mailto:leave@example.org?subject=leave%20abc",
    "message_id": "<2016-05.0123456789@example.org>",
}
TEXT = f"Dear {MARKERS['name']},\n\nnews.\n\nLeave: {MARKERS['unsubscribe_url']}\n"
HTML = (
    '<!DOCTYPE html>\n<html lang="en"><body><p>Dear {name}</p>\n'
    '<a href="{unsubscribe_url}">Leave</a></body></html>'
).format(**MARKERS)


def rendered(
    subject: str = "News of May",
    html: str = HTML,
    text: str = TEXT,
    edition: Edition = Edition("en"),  # noqa: B008 - frozen
) -> RenderedEdition:
    return RenderedEdition(edition, "ltr", subject, "", html, text)


def parsed(message: bytes) -> EmailMessage:
    read = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def content(part: object) -> str:
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def assert_clean_on_the_wire(message: bytes) -> None:
    assert message.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", message)
    assert message.endswith(b"\r\n")
    for line in message.split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))


def test_the_headers_are_those_of_bulk_mail_each_once() -> None:
    read = parsed(build_template(rendered(), ADDRESSING).fill(READER))

    assert dict(read.items()) == {
        "From": "Federation of Libraries <news@example.org>",
        "To": "Anna Lind <anna@example.org>",
        "Reply-To": "editors@example.org",
        "Subject": "News of May",
        "Date": "Tue, 31 May 2016 08:00:00 +0000",
        "Message-ID": "<2016-05.0123456789@example.org>",
        "List-Id": "Members <members.lists.example.org>",
        "List-Unsubscribe": "<https://example.org/u/abc?x=1&y=2>, "
        "<mailto:leave@example.org?subject=leave%20abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<mailto:editors@example.org?subject=help>",
        "List-Archive": "<https://example.org/archive/>",
        "Feedback-ID": "2016-05:en:newsletter:example-org",
        "Precedence": "bulk",
        "Content-Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": read["Content-Type"],
    }
    assert len(read.keys()) == len({name.lower() for name in read})


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("news@library.example", "library-example"),
        ("news@t.co", "t-co-news"),
        ("news@a-very-long-name.of.a.federation.example", "a-very-long-nam"),
        ("news@bücher.example", "xn--bcher-kva-e"),
    ],
)
def test_the_sender_in_feedback_id_has_5_to_15_characters(sender: str, expected: str) -> None:
    addressing = Addressing(sender, datetime(2016, 5, 31, tzinfo=UTC), "2016-05")

    *_, shown = feedback_id(addressing, "fr").split(":")

    assert shown == expected


def test_without_a_page_to_leave_only_the_mailto_is_offered() -> None:
    addressing = Addressing(sender="news@example.org", date=ADDRESSING.date, issue="1")

    read = parsed(
        build_template(rendered(), addressing).fill({**READER, "list_id": "l.example.org"})
    )

    assert read["List-Unsubscribe"] == "<mailto:leave@example.org?subject=leave%20abc>"
    assert "List-Unsubscribe-Post" not in read
    assert "Reply-To" not in read
    assert read["List-Id"] == "Members <l.example.org>"


def test_the_text_comes_before_the_html() -> None:
    read = parsed(build_template(rendered(), ADDRESSING).fill(READER))

    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text, html = read.iter_parts()
    assert content(text) == (
        "Dear Anna Lind,\n\nnews.\n\nLeave: https://example.org/u/abc?x=1&y=2 \n"
    )
    assert content(html) == (
        '<!DOCTYPE html>\n<html lang="en"><body><p>Dear Anna Lind</p>\n'
        '<a href="https://example.org/u/abc?x=1&amp;y=2">Leave</a></body></html>\n'
    )


def test_the_text_edition_is_text_alone() -> None:
    edition = Edition("en", EditionForm.TEXT)

    read = parsed(build_template(rendered(html="", edition=edition), ADDRESSING).fill(READER))

    assert read.get_content_type() == "text/plain"
    assert content(read).startswith("Dear Anna Lind,\n")


def test_pictures_travel_with_the_html_that_shows_them() -> None:
    picture = Attachment("p1@example.org", "image/png", b"\x89PNG" + bytes(range(256)))

    message = build_template(rendered(), ADDRESSING, attachments=(picture,)).fill(READER)

    read = parsed(message)
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    last = list(read.walk())[-1]
    assert isinstance(last, EmailMessage)
    assert last.get_content() == picture.content
    assert last["Content-ID"] == "<p1@example.org>"
    assert last.get_content_disposition() == "inline"
    assert not read.defects
    assert_clean_on_the_wire(message)


def test_the_same_edition_gives_the_same_bytes() -> None:
    first, second = (build_template(rendered(), ADDRESSING) for _ in range(2))

    assert first.fingerprint == second.fingerprint
    assert first.fill(READER) == second.fill(READER)


@pytest.mark.parametrize(
    ("text", "transfer"), [("news " * 20, "quoted-printable"), ("新闻简报" * 20, "base64")]
)
def test_a_body_travels_in_the_smaller_encoding(text: str, transfer: str) -> None:
    read = parsed(build_template(rendered(text=text), ADDRESSING).fill(READER))

    part = next(read.iter_parts())
    assert part["Content-Transfer-Encoding"] == transfer


SCRIPTS = {
    "en": "Library news: ",
    "fr": "Nouvelles de l’été, bibliothèques ",
    "es": "Señales año ",
    "de": "Größe Bücherei ",
    "ru": "Новости библиотек ",
    "ar": "\u2068IFLA\u2069 أخبار المكتبات ",
    "zh": "图书馆新闻",
}
WORDS = st.sampled_from([*SCRIPTS.values(), "\u202e", "\r\nBcc: x@example.net", "😀", "=?q?", "."])
SUBJECT = st.lists(st.one_of(WORDS, st.text(max_size=20)), max_size=6).map("".join)


@given(SUBJECT, SUBJECT, st.lists(st.one_of(WORDS, st.text(), st.just("\n.\n")), max_size=9))
def test_any_issue_is_clean_on_the_wire_and_reads_back_equal(
    subject: str, name: str, body: list[str]
) -> None:
    text = "".join(body).replace("\r", "") + TEXT
    template = build_template(rendered(subject, html=f"<p>{text}</p>", text=text), ADDRESSING)

    message = template.fill({**READER, "name": name})

    assert_clean_on_the_wire(message)
    head = message.partition(b"\r\n\r\n")[0].decode()
    assert "?==?" not in head
    assert "Bcc" not in parsed(message)
    raw = re.search(r"^Subject: ([^\r\n]*(?:\r\n [^\r\n]*)*)", head, re.M)
    expected = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", subject)
    expected = re.sub("[\u202a-\u202e\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]", "", expected)
    if expected.strip():
        assert raw
        assert str(make_header(decode_header(raw[1].replace("\r\n", "")))) == expected.strip()
        assert parsed(message)["Subject"] == expected.strip()


@pytest.mark.parametrize(
    ("html", "escape"),
    [
        ("<p>{view_url}</p>", Escape.HTML),
        ('<a href="{view_url}">x</a>', Escape.HTML_URL),
        ("<a class='b' href='{view_url}#top'>x</a>", Escape.HTML_URL),
        ('<a href="https://example.org/?u={view_url}">x</a>', Escape.HTML_URL_PART),
        ('<a title="x > y" href="{view_url}">x</a>', Escape.HTML_URL),
        ('<img alt="{view_url}" src="https://example.org/a.png">', Escape.HTML),
        ("<a href={view_url}>x</a>", Escape.HTML_URL),
        ('<a data-x="a=b" HREF = "{view_url}">x</a>', Escape.HTML_URL),
        ('<p title="href={view_url}">x</p>', Escape.HTML),
        ('<!--[if mso]><v:rect href="{view_url}"></v:rect><![endif]-->', Escape.HTML_URL),
    ],
)
def test_a_place_is_made_safe_for_where_it_stands(html: str, escape: Escape) -> None:
    pieces = html_pieces(html.format(**MARKERS))

    assert [piece for piece in pieces if isinstance(piece, Place)] == [Place("view_url", escape)]


def test_a_name_stays_a_name_inside_markup_and_links() -> None:
    html = '<p title="{name}">{name}</p><a href="mailto:{address}?body={name}">x</a>'
    template = build_template(rendered(html=html.format(**MARKERS)), ADDRESSING)

    message = template.fill({**READER, "name": '"><script>{{7*7}}&'})

    part = list(parsed(message).iter_parts())[1]
    assert content(part).strip() == (
        '<p title="&quot;&gt;&lt;script&gt;{{7*7}}&amp;">&quot;&gt;&lt;script&gt;{{7*7}}&amp;</p>'
        '<a href="mailto:anna@example.org?body=%22%3E%3Cscript%3E%7B%7B7%2A7%7D%7D%26">x</a>'
    )


def test_a_message_has_one_name_for_all_its_attempts() -> None:
    first = message_id("secret", "2016-05", "anna@example.org", "bücher.example")

    assert first == message_id("secret", "2016-05", "anna@example.org", "bücher.example")
    assert re.fullmatch(r"<2016-05\.[0-9a-f]{20}@xn--bcher-kva\.example>", first)
    assert first != message_id("secret", "2016-05", "ben@example.org", "bücher.example")
    assert first != message_id("secret", "2016-06", "anna@example.org", "bücher.example")
    assert first != message_id("other", "2016-05", "anna@example.org", "bücher.example")


def test_a_message_cannot_be_named_without_a_secret() -> None:
    with pytest.raises(MessageError, match="NEWSLETTER_SECRET"):
        message_id("", "2016-05", "anna@example.org", "example.org")


def test_a_return_path_carries_a_token_within_64_characters() -> None:
    assert return_path("bounces@example.org", "d12-af09") == "bounces+d12-af09@example.org"
    with pytest.raises(MessageError, match="too long"):
        return_path("b" * 50 + "@example.org", "t" * 14)
    with pytest.raises(ValueError, match="cannot stand"):
        return_path("bounces@example.org", "anna@example.org")


def test_a_sender_that_is_no_address_is_refused() -> None:
    with pytest.raises(MessageError, match="newsletter"):
        build_template(rendered(), Addressing("newsletter", ADDRESSING.date, "1"))


def test_a_date_without_a_zone_is_a_mistake_of_the_caller() -> None:
    naive = datetime(2016, 5, 31)  # noqa: DTZ001

    with pytest.raises(ValueError, match="aware"):
        build_template(rendered(), Addressing("news@example.org", naive, "1"))
