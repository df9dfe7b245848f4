"""What leaves is what was meant: complete lines and doubled dots, whole or in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.content import (
    Inspected,
    _by_lines,
    _piece_by_piece,
    inspect,
    on_the_wire,
    pieces_on_the_wire,
)
from newsletter.model.message import Filled


def fault_of(content: bytes) -> str:
    return inspect(content).fault


def without(fault: Inspected) -> tuple[bool, int, bool, bool]:
    return bool(fault.fault), fault.size_bytes, fault.is_ascii, fault.has_dots


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


@given(st.text("a.\r\n\0é", max_size=60).map(str.encode), st.lists(st.integers(0, 60), max_size=6))
def test_pieces_are_looked_through_like_the_whole(content: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(content)]
    pieces = tuple(content[start:end] for start, end in pairwise(edges))

    assert without(inspect(pieces)) == without(inspect(content))
    assert on_the_wire(pieces) == on_the_wire(content)
    if not inspect(pieces).fault:
        assert b"".join(pieces_on_the_wire(pieces, inspect(pieces))) == on_the_wire(content)


@pytest.mark.parametrize("cut", [1, 500, 997, 998, 999, 1000])
def test_a_long_line_is_found_across_pieces(cut: int) -> None:
    proper, long = b"x" * 998 + b"\r\n", b"x" * 999 + b"\r\n"

    assert inspect((b"a\r\n" + proper[:cut], proper[cut:] + b"b")).fault == ""
    assert inspect((b"a\r\n" + long[:cut], long[cut:] + b"b")).fault


def test_a_message_without_dots_at_line_starts_is_sent_as_it_is() -> None:
    content = b"a.b\r\nc.d" * 50

    assert not inspect(content).has_dots
    assert on_the_wire(content) == content + b"\r\n"


@given(
    st.lists(
        st.text("a.\r\n\0é", max_size=12).map(str.encode)
        | st.sampled_from([b"a\r\n", b".b\r\n", b"x" * 997 + b"\r\n", b"x" * 999 + b"\r\n"])
        | st.sampled_from([b"a large piece\r\n" * 200, b".\xe9 dots\r\n" * 300, b"x" * 3000]),
        max_size=8,
    ),
    st.booleans(),
)
def test_whole_lines_are_looked_through_together_like_one_piece_after_the_other(
    pieces: list[bytes], is_whole: bool
) -> None:
    split = tuple(piece + b"\r\n" for piece in pieces) if is_whole else tuple(pieces)
    whole = b"".join(split)

    together, apart = _by_lines(split), _piece_by_piece(split)

    assert together is None or (
        without(together) == without(apart) and together.ends_a_line == apart.ends_a_line
    )
    assert (together is None) == any(not piece.endswith(b"\r\n") for piece in split)
    assert without(apart) == without(_piece_by_piece((whole,)))


@given(
    st.lists(st.text("a.=\r\n\0é", max_size=12).map(str.encode), min_size=2, max_size=6),
    st.lists(st.text("b.=\r\n\0é", max_size=12).map(str.encode), min_size=1, max_size=5),
    st.sampled_from([b"", b"\r\n", b"x" * 970 + b"\r\n"]),
)
def test_what_is_filled_in_is_looked_through_like_the_whole(
    constants: list[bytes], values: list[bytes], last: bytes
) -> None:
    constants = [*constants[: len(values)], last]
    values = values[: len(constants) - 1]
    pieces = [*(piece for pair in zip(constants, values, strict=False) for piece in pair), last]
    filled = Filled(tuple(pieces), b"\r\n".join(values), tuple(constants))

    found, whole = inspect(filled), inspect(b"".join(pieces))

    assert (bool(found.fault), *found[1:3]) == (bool(whole.fault), *whole[1:3])
    if not whole.fault:
        assert on_the_wire(filled) == on_the_wire(b"".join(pieces))
        assert b"".join(pieces_on_the_wire(filled, found)) == on_the_wire(b"".join(pieces))


def test_of_a_message_that_is_as_usual_only_what_is_personal_is_looked_through() -> None:
    constants = (b"To: ", b"\r\n\r\n" + b"text\r\n" * 10_000)
    # Wrong on purpose: the bare CR stands where nobody has to look any more.
    pieces = (b"To: ", b"ana@example.org", constants[1], b"\rnot looked at\r\n")

    usual = inspect(Filled(pieces, b"ana@example.org", constants))
    unusual = inspect(Filled(pieces, b"\rana@example.org", constants))

    assert usual.fault == ""
    assert unusual.fault
