"""A rendered edition and its addressing -> the template of the message, with its headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from newsletter.model import encoding
from newsletter.model.content import EditionForm, RenderedEdition
from newsletter.model.message import MARKERS, MessageTemplate, Stretch
from newsletter.model.places import Escape, Place, Transfer
from newsletter.rendering.headers import Addressing, headers, merged, message_id, return_path

__all__ = ["Addressing", "Attachment", "build_template", "message_id", "return_path"]

_NAMES = {marker: name for name, marker in MARKERS.items()}
_MARKER = re.compile("|".join(sorted(_NAMES, key=len, reverse=True)))
_TAG = re.compile(r"""<[a-zA-Z!/][^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
_ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])(?P<name>[\w:.-]+)\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'>]*)"""
)
_LINKING = frozenset({"href", "src", "action", "background", "srcset", "cite", "poster"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that travels inside the message; the HTML names it as `cid:` + content_id."""

    content_id: str
    #: "image/png" or "image/jpeg".
    content_type: str
    content: bytes


def build_template(
    rendered: RenderedEdition,
    addressing: Addressing,
    *,
    attachments: tuple[Attachment, ...] = (),
) -> MessageTemplate:
    """Return the compiled message of an edition, its personal places still open.

    The same edition and addressing give the same bytes, boundaries included. Raises
    MessageError where sender or reply-to is no address.
    """
    text = Stretches.of_body("plain", text_pieces(_ended(rendered.text)))
    if rendered.edition.form is EditionForm.TEXT or not rendered.html:
        return MessageTemplate(_joined(headers(rendered, addressing), text))
    page = Stretches.of_body("html", html_pieces(_ended(rendered.html)))
    seal = sha256(f"{rendered.text}\0{rendered.html}".encode("utf-8", "replace")).hexdigest()[:24]
    if attachments:
        pictures = tuple(_attached(one) for one in attachments)
        page = _multipart('related; type="text/html"', f"=_r{seal}", (page, *pictures))
    body = _multipart("alternative", f"=_a{seal}", (text, page))
    return MessageTemplate(_joined(headers(rendered, addressing), body))


class Stretches(tuple[Stretch, ...]):
    """The stretches of one MIME part, its own headers first."""

    __slots__ = ()

    @classmethod
    def of_body(cls, subtype: str, pieces: list[str | Place]) -> Stretches:
        """Return a text part in whichever encoding makes it smaller."""
        quoted = tuple(
            encoding.quoted_printable_text(piece) if isinstance(piece, str) else piece
            for piece in pieces
        )
        raw = tuple(
            piece.replace("\n", "\r\n").encode("utf-8", "replace")
            if isinstance(piece, str)
            else piece
            for piece in pieces
        )
        transfer, chosen = Transfer.QUOTED_PRINTABLE, quoted
        if _size(quoted) > _size(raw) * 78 // 57:
            transfer, chosen = Transfer.BASE64, raw
        head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: '
        return cls((_constant(f"{head}{transfer}\r\n\r\n"), Stretch(transfer, chosen)))


def _ended(text: str) -> str:
    """Return text with one line break at its end and plain ones inside.

    A value that would end the body is followed by a blank, and so is nothing at all: an
    empty last line would not count in DKIM's relaxed form.
    """
    whole = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n\t ")
    return whole + ("\n" if whole and not whole.endswith(tuple(_NAMES)) else " \n")


def _size(pieces: tuple[bytes | Place, ...]) -> int:
    return sum(len(piece) for piece in pieces if isinstance(piece, bytes))


def _constant(text: str) -> Stretch:
    return Stretch(Transfer.HEADER, (text.encode("ascii"),))


def _multipart(subtype: str, boundary: str, parts: tuple[Stretches, ...]) -> Stretches:
    """Return parts between boundaries; "=_" can stand in neither encoding (RFC 2045 6.7)."""
    out = [_constant(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n')]
    for part in parts:
        out += [_constant(f"\r\n--{boundary}\r\n"), *part]
    return Stretches([*out, _constant(f"\r\n--{boundary}--\r\n")])


def _attached(attachment: Attachment) -> Stretches:
    name = encoding.identifier(attachment.content_id)
    head = (
        f"Content-Type: {encoding.identifier(attachment.content_type)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{name}>\r\n"
        "Content-Disposition: inline\r\n\r\n"
    )
    lines = encoding.base64_lines(attachment.content)
    return Stretches((_constant(head), Stretch(Transfer.HEADER, (lines,))))


def _joined(*parts: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Return all stretches, neighbours in the same encoding made one."""
    out: list[Stretch] = []
    for stretch in (one for part in parts for one in part):
        if out and out[-1].transfer is stretch.transfer is Transfer.HEADER:
            out[-1] = Stretch(stretch.transfer, merged(out[-1].pieces + stretch.pieces))
        else:
            out.append(stretch)
    return tuple(out)


# --- places -----------------------------------------------------------------------


def text_pieces(text: str) -> list[str | Place]:
    """Return the text alternative cut at its markers."""
    return _cut(
        text,
        lambda name, _: Place(name, Escape.TEXT_URL if name.endswith("_url") else Escape.TEXT),
    )


def html_pieces(html: str) -> list[str | Place]:
    """Return a page cut at its markers, each place safe for the attribute it stands in."""
    linking = {
        attribute.start("value"): attribute.end("value")
        for tag in _TAG.finditer(html)
        if "XPERSONALX" in tag[0]
        for attribute in _ATTRIBUTE.finditer(html, tag.start(), tag.end())
        if attribute["name"].lower() in _LINKING
    }

    def place(name: str, position: int) -> Place:
        start = next((one for one, end in linking.items() if one <= position < end), None)
        if start is None:
            return Place(name, Escape.HTML)
        before = html[start:position].lstrip("\"' \n\t")
        is_whole = name.endswith("_url") and not before
        return Place(name, Escape.HTML_URL if is_whole else Escape.HTML_URL_PART)

    return _cut(html, place)


def _cut(source: str, place: Callable[[str, int], Place]) -> list[str | Place]:
    pieces: list[str | Place] = []
    end = 0
    for found in _MARKER.finditer(source):
        if found.start() > end:
            pieces.append(source[end : found.start()])
        pieces.append(place(_NAMES[found[0]], found.start()))
        end = found.end()
    if source[end:]:
        pieces.append(source[end:])
    return pieces
