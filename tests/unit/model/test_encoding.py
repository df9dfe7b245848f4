"""Text in seven bits: what every reader's mail program decodes again."""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
import re
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.model import encoding

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list(' .=_?<>"\\,;:\r\n\t\x00é漢字العربية😀\u200d\u2068\u202eFrom ')),
    ),
    max_size=300,
)


@given(NASTY.map(lambda text: text.replace("\r", "")))
def test_quoted_printable_decodes_to_the_same_text(text: str) -> None:
    encoded = encoding.quoted_printable_text(text)

    expected = text.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    assert quopri.decodestring(encoded) == expected


@given(NASTY.map(lambda text: text.replace("\r", "")))
def test_quoted_printable_is_safe_on_the_wire(text: str) -> None:
    encoded = encoding.quoted_printable_text(text)

    assert encoded.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\t\0]", encoded)
    assert not encoded or encoded.endswith(b"\r\n")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith(b" ")
        assert b"  " not in line


def test_a_long_line_is_broken_only_between_characters_of_the_encoding() -> None:
    encoded = encoding.quoted_printable(("é" * 100).encode())

    lines = [line.removesuffix(b"=") for line in encoded.split(b"\r\n")]
    assert len(lines) > 1
    assert all(re.fullmatch(rb"(=[0-9A-F]{2})+", line) for line in lines)


@given(st.binary(max_size=400))
def test_base64_lines_decode_to_the_same_bytes(raw: bytes) -> None:
    encoded = encoding.base64_lines(raw)

    assert base64.b64decode(encoded) == raw
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@given(NASTY)
def test_a_subject_survives_the_email_parser(text: str) -> None:
    subject = encoding.clean_header(text)
    written = encoding.unstructured(subject, len("Subject: "))

    read = email.message_from_string(f"Subject: {written}\r\n\r\n", policy=email.policy.default)

    assert read["Subject"] == subject
    assert read.keys() == ["Subject"]


@given(NASTY)
def test_a_subject_has_no_adjacent_encoded_words_and_no_long_line(text: str) -> None:
    written = encoding.unstructured(encoding.clean_header(text), len("Subject: "))

    assert "?==?" not in written
    assert written.isascii()
    assert all(len(line) <= 76 for line in f"Subject: {written}".split("\r\n"))
    assert all(len(word) <= 75 for word in re.findall(r"=\?utf-8\?.*?\?=", written))


def test_a_long_subject_in_ascii_is_folded_between_words() -> None:
    words = " ".join(f"word{number}" for number in range(40))

    written = encoding.unstructured(words, len("Subject: "))

    lines = f"Subject: {written}".split("\r\n")
    assert len(lines) == 4
    assert all(line.startswith(" word") for line in lines[1:])
    assert "".join(lines) == f"Subject: {words}"


def test_a_subject_of_one_endless_word_is_encoded_to_fit() -> None:
    written = encoding.unstructured("x" * 500, len("Subject: "))

    assert written.startswith("=?utf-8?q?xxx")
    assert all(len(line) <= 76 for line in f"Subject: {written}".split("\r\n"))


@given(NASTY)
def test_a_name_cannot_add_a_recipient_a_header_or_a_line(name: str) -> None:
    written = encoding.mailbox(name, "reader@example.org", 4)

    read = email.message_from_string(f"To: {written}\r\n\r\nx", policy=email.policy.default)

    assert read.keys() == ["To"]
    header = read["To"]
    assert isinstance(header, AddressHeader)
    assert [one.addr_spec for one in header.addresses] == ["reader@example.org"]
    # Python 3.11 keeps the blank between two encoded words of a phrase; decode_header is right.
    words = written.replace("\r\n", "").removesuffix(" <reader@example.org>")
    decoded = str(make_header(decode_header(words))) if "=?" in words else parseaddr(written)[0]
    assert decoded == re.sub(" +", " ", encoding.clean(name))
    assert all(len(line) <= 76 for line in f"To: {written}".split("\r\n"))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "a@example.org"),
        ("Anna Lind", "Anna Lind <a@example.org>"),
        ("Lind, Anna", '"Lind, Anna" <a@example.org>'),
        ("Evil <victim@example.net>,", '"Evil <victim@example.net>," <a@example.org>'),
        ('Anna "Anni" Lind', '"Anna \\"Anni\\" Lind" <a@example.org>'),
        ("Zoë", "=?utf-8?q?Zo=C3=AB?= <a@example.org>"),
        ("李雷", "=?utf-8?b?5p2O6Zu3?= <a@example.org>"),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@example.org>"),
    ],
)
def test_a_name_is_written_in_its_plainest_safe_form(name: str, written: str) -> None:
    assert encoding.mailbox(name, "a@example.org", 4) == written


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("o'neil+news@example.org", "o'neil+news@example.org"),
        ("a b@example.org", '"a b"@example.org'),
        ('"a b"@example.org', '"a b"@example.org'),
        ("x@bücher.example", "x@xn--bcher-kva.example"),
        ("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_written_as_a_server_takes_it(address: str, written: str) -> None:
    assert encoding.addr_spec(address) == written


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@example.org",
        "a@",
        "a",
        "a@b c",
        "a@b>",
        "a@b,c@d e",
        "a@" + "x" * 400,
        "a@ü..de",
        "a@" + "ü" * 80,
    ],
)
def test_what_is_no_address_is_refused_by_name(address: str) -> None:
    with pytest.raises(MessageError):
        encoding.addr_spec(address)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("https://example.org/?a=1&b=2", "https://example.org/?a=1&b=2"),
        ("https://example.org/ü x", "https://example.org/%C3%BC%20x"),
        ("https://example.org/>\r\nBcc: a@b", "https://example.org/%3E%20Bcc:%20a@b"),
        ("javascript:alert(1)", ""),
        (" data:text/html,x", ""),
        ("mailto:a@example.org?subject=x", "mailto:a@example.org?subject=x"),
    ],
)
def test_an_address_of_the_web_is_plain_and_harmless(text: str, safe: str) -> None:
    assert encoding.url(text) == safe


def test_values_lose_what_can_hide_or_reorder_text() -> None:
    assert encoding.clean("A\u202enna\x00\r\nBcc: x\u2066y ") == "Anna Bcc: xy"


def test_our_own_headers_keep_their_isolates() -> None:
    assert encoding.clean_header("\u2068IFLA\u2069 \u202eخبر") == "\u2068IFLA\u2069 خبر"
