"""What is said to log in, by the documents that define it."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from newsletter.delivery import auth
from newsletter.delivery.server import Mechanism, Server

PASSWORD = Server("mail.example.org", 587, username="desk", password="sécret")
TOKEN = Server("mail.example.org", 587, username="a=b,c@example.org", token="ya29")


def said(server: Server, mechanism: Mechanism) -> list[bytes]:
    return [b64decode(line) for line in auth.credentials(server, mechanism)]


def test_a_password_goes_in_one_line_or_in_two() -> None:
    assert said(PASSWORD, "PLAIN") == ["\0desk\0sécret".encode()]
    assert said(PASSWORD, "LOGIN") == [b"", b"desk", "sécret".encode()]


def test_a_token_goes_as_its_mechanism_writes_it() -> None:
    assert said(TOKEN, "XOAUTH2") == [b"user=a=b,c@example.org\x01auth=Bearer ya29\x01\x01"]
    # RFC 7628 section 3.1; "=" and "," of the name as RFC 5801 section 4 wants them.
    assert said(TOKEN, "OAUTHBEARER") == [
        b"n,a=a=3Db=2Cc@example.org,\x01host=mail.example.org\x01port=587"
        b"\x01auth=Bearer ya29\x01\x01"
    ]


def test_what_is_too_long_for_a_command_waits_until_it_is_asked_for() -> None:
    token = Server("h", username="desk", token="t" * 600)

    assert auth.credentials(token, "XOAUTH2")[0] == b""
    assert len(auth.credentials(token, "XOAUTH2")) == 2


@pytest.mark.parametrize(
    ("server", "offered", "chosen"),
    [
        (PASSWORD, {"PLAIN", "LOGIN"}, "PLAIN"),
        (PASSWORD, {"LOGIN", "XOAUTH2"}, "LOGIN"),
        (PASSWORD, {"XOAUTH2", "CRAM-MD5"}, ""),
        (TOKEN, {"PLAIN", "XOAUTH2", "OAUTHBEARER"}, "OAUTHBEARER"),
        (TOKEN, {"PLAIN", "XOAUTH2"}, "XOAUTH2"),
        (TOKEN, {"PLAIN"}, ""),
        (Server("h", username="u", password="p", mechanism="LOGIN"), {"PLAIN"}, ""),
        (Server("h", username="u", password="p", mechanism="LOGIN"), {"PLAIN", "LOGIN"}, "LOGIN"),
    ],
)
def test_the_strongest_that_both_know_is_chosen(
    server: Server, offered: set[str], chosen: str
) -> None:
    assert auth.choose_mechanism(server, frozenset(offered)) == chosen


def test_a_refusal_in_a_challenge_is_read() -> None:
    assert auth.explanation(b64encode(b'{"status":"401"}').decode()) == '{"status":"401"}'
    assert auth.explanation("no base64!") == ""
    assert auth.explanation(b64encode(b"\xff").decode()) == ""
