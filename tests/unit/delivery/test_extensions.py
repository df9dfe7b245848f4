"""What a server offers is read from its answer to EHLO, however it writes it."""

from __future__ import annotations

import pytest

from newsletter.delivery.extensions import Extensions, read_extensions
from newsletter.delivery.parsing import ReplyParser


def offered(*lines: str) -> Extensions:
    parser = ReplyParser()
    said = ["mail.example.org Hello", *lines]
    parser.feed("".join(f"250-{line}\r\n" for line in said[:-1]).encode())
    parser.feed(f"250 {said[-1]}\r\n".encode())
    return read_extensions(parser.replies.popleft())


def test_everything_a_sender_needs_is_found() -> None:
    found = offered(
        "PIPELINING",
        "SIZE 35882577",
        "8BITMIME",
        "STARTTLS",
        "ENHANCEDSTATUSCODES",
        "AUTH PLAIN LOGIN XOAUTH2",
        "SMTPUTF8",
        "CHUNKING",
    )

    assert found == Extensions(
        pipelining=True,
        eightbit=True,
        smtputf8=True,
        starttls=True,
        enhanced_codes=True,
        size=35882577,
        takes_size=True,
        mechanisms=frozenset({"PLAIN", "LOGIN", "XOAUTH2"}),
    )


def test_a_greeting_alone_offers_nothing() -> None:
    assert offered() == Extensions()


def test_the_servers_name_is_no_extension() -> None:
    parser = ReplyParser()
    parser.feed(b"250-STARTTLS\r\n250 SIZE\r\n")

    assert read_extensions(parser.replies.popleft()) == Extensions(takes_size=True)


def test_the_old_way_to_write_auth_is_understood() -> None:
    assert offered("AUTH=LOGIN PLAIN", "AUTH PLAIN").mechanisms == {"LOGIN", "PLAIN"}


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", "SIZE ²", "size -1"])
def test_a_limit_that_is_none_limits_nothing(size: str) -> None:
    assert offered(size).size == 0
