"""The bytes of an answer: unpacked as they come, within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

#: gzip cannot pack better than 1,032:1, text is hardly ever packed better than 20:1.
MAX_RATIO = 100
#: Up to here any ratio is harmless.
_SMALL = 256 * 1024
_CHUNK = 64 * 1024


class BodyError(Exception):
    """An answer's bytes cannot be taken; the text says why."""


def read_body(chunks: Iterable[bytes], encoding: str, *, max_bytes: int, whole: bool) -> bytes:
    """Return the unpacked bytes of an answer, at most `max_bytes`.

    Longer answers are refused, or cut where not the `whole` is wanted. Raises BodyError.
    """
    unpack = _Unpacker(encoding.strip().lower())
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        for part in unpack(chunk):
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                if whole:
                    raise BodyError(f"the answer is larger than {in_words(max_bytes)}")
                return b"".join(parts)[:max_bytes]
    if not unpack.is_complete and whole:
        raise BodyError("the answer broke off in the middle")
    return b"".join(parts)


def in_words(size: int) -> str:
    """Return a size as people say it: "10 MB"."""
    return f"{size / 1_000_000:.3g} MB" if size >= 1_000_000 else f"{size / 1_000:.3g} KB"


class _Unpacker:
    """gzip, deflate (with and without its header) or nothing, piece by piece."""

    def __init__(self, encoding: str) -> None:
        if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise BodyError(f"the answer is packed in a way we did not ask for ({encoding!r})")
        self._encoding = encoding
        self._decoder: zlib._Decompress | None = None
        self._is_plain = encoding in {"", "identity"}
        self._taken = self._given = 0

    @property
    def is_complete(self) -> bool:
        """Say whether the packed stream came to its end."""
        return self._is_plain or self._decoder is None or self._decoder.eof

    def __call__(self, chunk: bytes) -> Iterable[bytes]:
        """Yield the unpacked pieces of a chunk, none larger than 64 KB."""
        if self._decoder is None and not self._is_plain and chunk:
            self._start(chunk)
        if self._is_plain or self._decoder is None:
            yield chunk
            return
        self._taken += len(chunk)
        rest, piece = chunk, b""
        # A full piece means that more may be waiting inside the decoder.
        while rest or len(piece) == _CHUNK:
            piece, rest = self._step(rest)
            self._given += len(piece)
            if self._given > _SMALL and self._given > self._taken * MAX_RATIO:
                raise BodyError(f"the answer unpacks to more than {MAX_RATIO} times its size")
            if piece:
                yield piece

    def _start(self, chunk: bytes) -> None:
        if self._encoding == "deflate":
            # RFC 9110 means zlib's format; some servers send the bare stream.
            check = (chunk[0] << 8 | chunk[1]) % 31 if len(chunk) > 1 else 0
            has_header = chunk[0] & 0x0F == 8 and check == 0
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        elif chunk[:1] == b"\x1f":
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        else:
            # Says gzip, is not: browsers show it, so do we.
            self._is_plain = True

    def _step(self, rest: bytes) -> tuple[bytes, bytes]:
        assert self._decoder is not None  # noqa: S101 - `_start` ran
        if self._decoder.eof:
            # Several gzip members in a row are one file (RFC 1952, 2.2); padding is not.
            if self._encoding == "deflate" or not rest.startswith(b"\x1f"):
                return b"", b""
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = self._decoder.decompress(rest, _CHUNK)
        except zlib.error as error:
            raise BodyError("the answer is packed wrongly") from error
        return piece, self._decoder.unconsumed_tail or self._decoder.unused_data
