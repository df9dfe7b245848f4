"""An envelope becomes commands that carry what the server offers, or a readable refusal."""

from __future__ import annotations

import pytest

from newsletter.delivery.envelopes import Commands, Outgoing, commands_for
from newsletter.delivery.extensions import Extensions
from newsletter.delivery.outcome import Outcome, Trouble

ALL = Extensions(pipelining=True, eightbit=True, smtputf8=True, takes_size=True, size=1_000_000)
GOOD = b"Subject: x\r\n\r\nHello\r\n"


def asked(
    recipient: str = "a@example.net",
    sender: str = "n@example.org",
    content: bytes = GOOD,
    offered: Extensions = ALL,
) -> Commands | Outcome:
    return commands_for(Outgoing(1, sender, recipient, content), offered)


def commands(**given: object) -> Commands:
    made = asked(**given)  # type: ignore[arg-type]
    assert isinstance(made, Commands)
    return made


def trouble(**given: object) -> Trouble:
    outcome = asked(**given)  # type: ignore[arg-type]
    assert isinstance(outcome, Outcome)
    return outcome.trouble


def test_commands_carry_what_the_server_offers() -> None:
    assert commands().mail == b"MAIL FROM:<n@example.org> SIZE=%d\r\n" % len(GOOD)
    assert commands().rcpt == b"RCPT TO:<a@example.net>\r\n"
    assert commands(offered=Extensions()).mail == b"MAIL FROM:<n@example.org>\r\n"


def test_the_null_sender_is_written_as_it_must_be() -> None:
    made = commands(sender="")

    assert made.mail.startswith(b"MAIL FROM:<> ")


def test_a_domain_in_other_letters_goes_out_as_ascii() -> None:
    made = commands(recipient="info@bücher.example", offered=Extensions())

    assert made.rcpt == b"RCPT TO:<info@xn--bcher-kva.example>\r\n"


def test_a_mailbox_in_other_letters_needs_smtputf8() -> None:
    made = commands(recipient="用户@example.net")

    assert made.mail.endswith(b" SMTPUTF8\r\n")
    assert made.rcpt == "RCPT TO:<用户@example.net>\r\n".encode()
    assert trouble(recipient="用户@example.net", offered=Extensions()) is Trouble.NEEDS_SMTPUTF8


def test_eight_bit_text_is_announced() -> None:
    made = commands(content="Subject: x\r\n\r\nÅ\r\n".encode())

    assert made.mail.endswith(b" BODY=8BITMIME\r\n")


def test_eight_bit_headers_need_smtputf8() -> None:
    content = "Subject: Å\r\n\r\nx\r\n".encode()

    assert trouble(content=content, offered=Extensions(eightbit=True)) is Trouble.NEEDS_SMTPUTF8
    assert trouble(content=content, offered=Extensions()) is Trouble.NEEDS_8BITMIME


def test_a_message_over_the_limit_is_not_tried() -> None:
    assert trouble(offered=Extensions(size=10, takes_size=True)) is Trouble.TOO_BIG


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b\r\nRCPT TO:<victim@example.org>",
        "a@b>",
        "a b@example.org",
        "a@exa mple.org",
        "@example.org",
        "a@",
        "a@b@c",
        "<a@example.org>",
        "a\x00@example.org",
        "a" * 250 + "@example.org",
        "\ud800@example.org",
        "a@é..example",
    ],
)
def test_what_is_no_address_is_not_tried(address: str) -> None:
    assert trouble(recipient=address) is Trouble.ADDRESS


@pytest.mark.parametrize(
    "address",
    ['"a b"@example.org', "o'brien+x=y@example.org", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]"],
)
def test_unusual_addresses_are_addresses(address: str) -> None:
    made = commands(recipient=address)

    assert made.rcpt == f"RCPT TO:<{address}>\r\n".encode()


def test_content_that_could_be_taken_for_commands_is_not_tried() -> None:
    content = b"x\r\n.\nMAIL FROM:<evil@example.org>\r\n"

    assert trouble(content=content) is Trouble.CONTENT
