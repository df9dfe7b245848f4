"""Bytes of a server to replies: strict in what counts, bounded in what it keeps."""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache

from newsletter.delivery.outcome import Reply

#: RFC 5321 section 4.5.3.1.5 allows 512; we keep four times that of a line and skip the rest.
LINE_KEPT_BYTES = 2048
#: More lines than any real reply has; the rest is read and dropped.
LINES_KEPT = 128
#: What a person wants to read of one reply.
TEXT_KEPT = 1000
#: A server that sends this much without ending its reply never will.
REPLY_MAXIMUM_BYTES = 1_000_000

_LINE = re.compile(rb"([0-9]{3})(?:([ \t-])(.*))?\s*\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[\s:;,]+|\Z)")
#: qmail and others write the code at the end: "(#5.1.1)".
_ENHANCED_INSIDE = re.compile(r"\(?#([245]\.\d{1,3}\.\d{1,3})\)?")


class ReplyParser:
    """Replies out of whatever arrives, in whatever pieces."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        #: The server has been sending one reply for too long.
        self.is_endless = False
        self._rest = b""
        self._lines: list[bytes] = []
        self._reply_bytes = 0

    @property
    def is_clean(self) -> bool:
        """Say whether everything that arrived has been taken."""
        return not self.replies and self.is_whole

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is left of a reply whose end has not arrived."""
        return not (self._rest or self._lines)

    def feed(self, received: bytes) -> None:
        """Take what arrived; complete replies appear in `replies`."""
        self._reply_bytes += len(received)
        self.is_endless = self.is_endless or self._reply_bytes > REPLY_MAXIMUM_BYTES
        heard = self._rest + received if self._rest else received
        lines = heard.split(b"\n")
        self._rest = lines.pop()[:LINE_KEPT_BYTES]
        if len(heard) < LINE_KEPT_BYTES and not self._lines and b"-" not in heard:
            # Nothing that goes on or is too long: nearly everything a server says.
            self.replies.extend(map(read_reply, lines))
            if lines:
                self._reply_bytes = 0
            return
        for line in lines:
            if self._lines or line[3:4] == b"-":
                self._take(line)
            else:
                self.replies.append(read_reply(line[:LINE_KEPT_BYTES]))
                self._reply_bytes = 0

    def _take(self, line: bytes) -> None:
        """Take a line of a reply that has several."""
        if len(self._lines) < LINES_KEPT or line[3:4] != b"-":
            self._lines.append(line[:LINE_KEPT_BYTES])
        found = _LINE.match(line[:LINE_KEPT_BYTES])
        if found and found.group(2) == b"-":
            return
        lines, self._lines, self._reply_bytes = self._lines, [], 0
        self.replies.append(_read_lines(tuple(lines)))


@lru_cache(maxsize=64)
def read_reply(line: bytes) -> Reply:
    """Return the reply of one line; servers say the same few lines over and over."""
    found = _LINE.match(line)
    if found is None:
        text = visible(line)
        return Reply(0, "", _shortened(text), (text,))
    code, text = int(found.group(1)), visible(found.group(3) or b"")
    enhanced = _enhanced(code, [text])
    return Reply(code, enhanced, _shortened(text.removeprefix(enhanced).strip()), (text,))


def _read_lines(lines: tuple[bytes, ...]) -> Reply:
    """Return a reply of several lines; its code is 0 unless all agree on one."""
    codes: set[int] = set()
    texts: list[str] = []
    for line in lines:
        found = _LINE.match(line)
        codes.add(int(found.group(1)) if found else 0)
        texts.append(visible(found.group(3) or b"" if found else line))
    code = codes.pop() if len(codes) == 1 else 0
    enhanced = _enhanced(code, texts)
    words = [text.removeprefix(enhanced).strip() if enhanced else text for text in texts]
    text = _shortened(" ".join(word for word in words if word))
    return Reply(code, enhanced, text, tuple(texts))


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_KEPT else text[: TEXT_KEPT - 1] + "…"


def _enhanced(code: int, texts: list[str]) -> str:
    """Return the enhanced code (RFC 3463), if it is of the same class as the reply's."""
    for text in texts:
        found = _ENHANCED.match(text) or _ENHANCED_INSIDE.search(text)
        if found and found.group(1)[0] == str(code)[0]:
            return found.group(1)
    return ""


def visible(raw: bytes) -> str:
    """Return bytes as text in which everything can be seen and nothing can act."""
    text = raw.decode("utf-8", "backslashreplace").strip()
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
