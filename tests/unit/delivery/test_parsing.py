"""Whatever a server sends becomes a reply that is safe to show and to store."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import Reply
from newsletter.delivery.parsing import LINE_KEPT_BYTES, ReplyParser, read_reply


def replies_of(*pieces: bytes) -> list[Reply]:
    parser = ReplyParser()
    for piece in pieces:
        parser.feed(piece)
    return list(parser.replies)


def test_a_reply_has_its_code_its_enhanced_code_and_its_words() -> None:
    (reply,) = replies_of(b"250 2.0.0 Ok: queued as 4XyZ12\r\n")

    assert (reply.code, reply.enhanced, reply.text) == (250, "2.0.0", "Ok: queued as 4XyZ12")
    assert reply.queue_id == "4XyZ12"
    assert str(reply) == "250 2.0.0 Ok: queued as 4XyZ12"


def test_a_reply_of_several_lines_is_one() -> None:
    (reply,) = replies_of(
        b"550-5.1.1 The email account that you tried to reach does\r\n"
        b"550-5.1.1 not exist.\r\n550 5.1.1 https://example.org - gsmtp\r\n"
    )

    assert (reply.code, reply.enhanced) == (550, "5.1.1")
    assert reply.text.startswith("The email account that you tried to reach does not exist.")


def test_a_code_at_the_end_is_found() -> None:
    assert read_reply(b"550 sorry, no mailbox here by that name (#5.1.1)").enhanced == "5.1.1"


def test_an_enhanced_code_of_another_class_is_not_believed() -> None:
    assert read_reply(b"550 4.2.2 full").enhanced == ""


def test_lines_that_disagree_have_no_code() -> None:
    (reply,) = replies_of(b"250-yes\r\n550 no\r\n")

    assert reply.code == 0


def test_a_bare_code_and_a_bare_lf_will_do() -> None:
    assert [reply.code for reply in replies_of(b"250\r\n354\n250-a\n250 b\n")] == [250, 354, 250]


def test_what_is_no_reply_has_no_code() -> None:
    lines = (b"", b"hello", b"25", b"2500 x", b"HTTP/1.1 400", b"\xff\xfe\x00")

    assert {read_reply(line).code for line in lines} == {0}


def test_nothing_that_could_act_is_left_in_the_text() -> None:
    reply = read_reply(b"550 \x1b[2Jgone\x07 \xff \xe2\x80\xae txet")

    assert reply.text.isprintable()
    assert "\\x1b[2J" in reply.text
    assert "\\u202e" in reply.text


def test_only_the_beginning_of_a_long_reply_is_kept() -> None:
    (reply,) = replies_of(*[b"550-" + b"x" * 100_000 + b"\r\n"] * 5, b"550 end\r\n")

    assert reply.code == 550
    assert len(reply.text) <= 1000
    assert max(map(len, reply.lines)) <= LINE_KEPT_BYTES


def test_a_reply_of_very_many_lines_keeps_the_first_and_ends_with_the_last() -> None:
    (reply,) = replies_of(b"250-line\r\n" * 1000, b"250 end\r\n")

    assert reply.code == 250
    assert 100 < len(reply.lines) < 200


def test_the_server_names_the_message_it_took() -> None:
    said = {
        b"250 2.0.0 Ok: queued as 806A026E439": "806A026E439",
        b"250 OK id=1qX2aB-0003cd-Ef": "1qX2aB-0003cd-Ef",
        b"250 2.0.0 44CKx1Yz012345 Message accepted for delivery": "44CKx1Yz012345",
        b"250 ok 1700000000 qp 12345": "12345",
        b"250 2.0.0 OK  1700000000 af79cd13be357-7 - gsmtp": "af79cd13be357-7",
        b"250 Ok": "",
        b"550 5.0.0 not queued as X": "",
    }

    assert {line: read_reply(line).queue_id for line in said} == said


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_pieces_make_no_difference(received: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(received)]
    pieces = [received[start:end] for start, end in pairwise(edges)]

    assert replies_of(*pieces) == replies_of(received)


@given(st.binary(max_size=300))
def test_every_reply_can_be_shown(received: bytes) -> None:
    for reply in replies_of(received + b"\r\n250 end\r\n"):
        assert str(reply).isprintable()


def test_a_reply_is_read_whole_wherever_it_is_cut() -> None:
    said = b"250-2.0.0 one\r\n250 2.0.0 two\r\n354 go on\r\n"

    for cut in range(1, len(said)):
        parser = ReplyParser()
        parser.feed(said[:cut])
        parser.feed(said[cut:])
        assert [(one.code, one.text) for one in parser.replies] == [
            (250, "one two"),
            (354, "go on"),
        ]
