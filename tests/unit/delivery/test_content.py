"""What leaves is what was meant: complete lines, doubled dots, addresses that are addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.content import commands_for, fault_of, on_the_wire
from newsletter.delivery.extensions import Extensions
from newsletter.delivery.outcome import Outcome, Trouble
from newsletter.model.mailing import Envelope

ALL = Extensions(pipelining=True, eightbit=True, smtputf8=True, takes_size=True, size=1_000_000)
GOOD = b"Subject: x\r\n\r\nHello\r\n"


def commands(
    recipient: str = "a@example.net",
    sender: str = "n@example.org",
    content: bytes = GOOD,
    offered: Extensions = ALL,
) -> tuple[bytes, bytes] | Outcome:
    return commands_for(Envelope(sender, recipient), content, offered)


def trouble(**given: object) -> Trouble:
    outcome = commands(**given)  # type: ignore[arg-type]
    assert isinstance(outcome, Outcome)
    return outcome.trouble


@pytest.mark.parametrize(
    "content",
    [
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\r\n\rb\r\n",
        b"a\r\r\n",
        b"a\n\r\n",
        b"\n",
        b"a\r",
        b"a\r\n.\n",
        b"a\n.\r\nMAIL FROM:<evil@example.org>\r\n",
        b"a\r.\r\n",
        b"\n\r",
        b"a\0b\r\n",
        b"x" * 999 + b"\r\n",
        b"a\r\n" + b"x" * 999,
    ],
)
def test_content_that_could_be_taken_for_commands_does_not_leave(content: bytes) -> None:
    assert fault_of(content)
    assert trouble(content=content) is Trouble.CONTENT


@pytest.mark.parametrize(
    "content", [b"", b"a", b"a\r\n", b"\r\n\r\n", b"x" * 998 + b"\r\n", b"x" * 998, b"a\r\nb"]
)
def test_proper_content_leaves(content: bytes) -> None:
    assert fault_of(content) == ""


@given(st.text("a.\r\n", max_size=60).map(str.encode))
def test_only_proper_lines_are_found_proper(content: bytes) -> None:
    is_proper = not {b"\r", b"\n"} & {
        line[i : i + 1] for line in content.split(b"\r\n") for i in range(len(line))
    }

    assert (fault_of(content) == "") == is_proper


@given(st.lists(st.text("a.", max_size=4), max_size=8), st.booleans())
def test_the_receiver_gets_back_what_was_sent(lines: list[str], is_ended: bool) -> None:
    content = "\r\n".join(lines).encode() + b"\r\n" * is_ended

    sent = on_the_wire(content)
    undone = b"".join(
        line.removeprefix(b".") if line.startswith(b".") else line
        for line in sent.splitlines(keepends=True)
    )

    assert undone.removesuffix(b"\r\n") == content.removesuffix(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + sent
    assert sent == b"" or sent.endswith(b"\r\n")


def test_commands_carry_what_the_server_offers() -> None:
    assert commands() == (
        b"MAIL FROM:<n@example.org> SIZE=%d\r\n" % len(GOOD),
        b"RCPT TO:<a@example.net>\r\n",
    )
    assert commands(offered=Extensions()) == (
        b"MAIL FROM:<n@example.org>\r\n",
        b"RCPT TO:<a@example.net>\r\n",
    )


def test_the_null_sender_is_written_as_it_must_be() -> None:
    made = commands(sender="")

    assert not isinstance(made, Outcome)
    assert made[0].startswith(b"MAIL FROM:<> ")


def test_a_domain_in_other_letters_goes_out_as_ascii() -> None:
    made = commands(recipient="info@bücher.example", offered=Extensions())

    assert not isinstance(made, Outcome)
    assert made[1] == b"RCPT TO:<info@xn--bcher-kva.example>\r\n"


def test_a_mailbox_in_other_letters_needs_smtputf8() -> None:
    made = commands(recipient="用户@example.net")

    assert not isinstance(made, Outcome)
    assert made[0].endswith(b" SMTPUTF8\r\n")
    assert made[1] == "RCPT TO:<用户@example.net>\r\n".encode()
    assert trouble(recipient="用户@example.net", offered=Extensions()) is Trouble.NEEDS_SMTPUTF8


def test_eight_bit_text_is_announced() -> None:
    made = commands(content="Subject: x\r\n\r\nÅ\r\n".encode())

    assert not isinstance(made, Outcome)
    assert made[0].endswith(b" BODY=8BITMIME\r\n")


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

    assert not isinstance(made, Outcome)
    assert made[1] == f"RCPT TO:<{address}>\r\n".encode()
