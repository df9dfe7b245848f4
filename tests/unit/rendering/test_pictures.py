"""Pictures are scaled, stripped, and refused before they can hurt."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from newsletter.errors import PictureError
from newsletter.model.content import PictureUse
from newsletter.rendering.pictures import scale, scale_lead, scale_side


def _photo(width: int, height: int, **options: object) -> bytes:
    noise = random.Random(1).randbytes(width * height * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), noise).save(out, "JPEG", **options)
    return out.getvalue()


def _png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), "red").save(out, "PNG")
    return out.getvalue()


def _decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_lead_picture_is_600_wide_at_most() -> None:
    scaled = scale_lead(_photo(1500, 900))

    assert (scaled.width, scaled.media_type) == (600, "image/jpeg")
    assert _decoded(scaled.content).size == (scaled.width, scaled.height)


def test_a_tall_lead_picture_does_not_push_the_news_away() -> None:
    scaled = scale_lead(_photo(800, 1200))

    assert scaled.height <= 375


def test_a_side_picture_is_four_to_three() -> None:
    scaled = scale_side(_photo(900, 500))

    assert (scaled.width, scaled.height) == (192, 144)


def test_a_small_picture_is_not_enlarged() -> None:
    assert scale_lead(_png(120, 90)).width == 120


def test_exif_is_gone_and_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of Amina"

    scaled = scale_lead(_photo(300, 200, exif=exif))

    assert dict(_decoded(scaled.content).getexif()) == {}
    assert b"Camera" not in scaled.content
    assert scaled.height > scaled.width


def test_a_drawing_or_transparent_picture_becomes_png() -> None:
    assert scale_side(_png(300, 300)).media_type == "image/png"
    assert scale_side(_png(300, 300, "RGBA")).media_type == "image/png"


def test_the_same_picture_gives_the_same_bytes_and_name() -> None:
    photo = _photo(640, 480)

    assert scale_side(photo) == scale_side(photo)


def _bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 6000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not a JPEG"),
        (b"#!/bin/sh\nrm -rf /\n", "not a JPEG"),
        (b"", "not a JPEG"),
        (_photo(300, 300)[:2000], "broken"),
        (_bomb(), "9000 x 6000"),
        (_png(1, 1), "only 1 x 1"),
        (_png(600, 20), "only 600 x 20"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        scale_side(content)


def test_a_picture_is_decoded_once_and_keeps_its_own_size_in_the_books() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    scaled = scale(_photo(3000, 2000, exif=exif), [PictureUse.LEAD, PictureUse.WHOLE])

    assert (scaled.width, scaled.height, scaled.media_type) == (2000, 3000, "image/jpeg")
    whole, lead = scaled.sizes[PictureUse.WHOLE], scaled.sizes[PictureUse.LEAD]
    assert (whole.width, whole.height) == (600, 900)
    assert (lead.width, lead.height) == (600, 375)
    assert _decoded(whole.content).size == (600, 900)
