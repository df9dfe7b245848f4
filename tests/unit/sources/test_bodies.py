"""Bodies: unpacking within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest

from newsletter.sources.bodies import BodyError, read_body

TEXT = b"<p>news</p>" * 40_000


def _pieces(body: bytes, size: int = 1_000) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def _bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


# Level 1, so that honest text stays under the ratio of a bomb.
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("deflate", zlib.compress(TEXT[:200_000])),
        ("deflate", _bare(TEXT[:200_000])),
        ("gzip", gzip.compress(TEXT[:200_000])),
        ("x-gzip", gzip.compress(TEXT[:100_000]) + gzip.compress(TEXT[100_000:200_000])),
        ("gzip", TEXT),
    ],
    ids=["none", "identity", "deflate", "bare deflate", "gzip", "two members", "only says gzip"],
)
@pytest.mark.parametrize("size", [1_000, 7, 65_536])
def test_every_packing_gives_the_same_bytes(encoding: str, packed: bytes, size: int) -> None:
    body = read_body(_pieces(packed, size), encoding, max_bytes=1_000_000, whole=True)

    assert body == TEXT[: len(body)]
    assert len(body) in {200_000, len(TEXT)}


def test_a_bomb_is_refused_long_before_it_has_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    with pytest.raises(BodyError, match="more than 100 times"):
        read_body(_pieces(bomb), "gzip", max_bytes=100_000_000, whole=True)


def test_an_answer_over_the_limit_is_refused() -> None:
    with pytest.raises(BodyError, match="larger than 100 KB"):
        read_body(_pieces(TEXT), "", max_bytes=100_000, whole=True)


def test_an_answer_over_the_limit_is_cut_where_its_beginning_is_enough() -> None:
    body = read_body(_pieces(TEXT), "", max_bytes=100_000, whole=False)

    assert body == TEXT[:100_000]


def test_a_stream_that_ends_too_early_is_not_taken_for_the_whole() -> None:
    packed = gzip.compress(TEXT[:200_000])

    with pytest.raises(BodyError, match="broke off"):
        read_body(_pieces(packed[:-20]), "gzip", max_bytes=1_000_000, whole=True)


def test_a_packing_nobody_asked_for_is_refused() -> None:
    with pytest.raises(BodyError, match="'br'"):
        read_body([b"x"], "br", max_bytes=10, whole=True)


def test_rubbish_that_claims_to_be_packed_is_refused() -> None:
    with pytest.raises(BodyError, match="packed wrongly"):
        read_body([b"\x1f\x8b\x08rubbish rubbish"], "gzip", max_bytes=1_000, whole=True)
