"""Pictures are scaled, stripped, and refused before they can hurt."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image, features
from PIL.PngImagePlugin import PngInfo

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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_nothing_that_is_written_beside_the_pixels_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Amina"
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "<x>Street of Amina</x>")
    options: dict[str, object] = {"exif": exif, "comment": b"Name of Amina", "pnginfo": text}
    options["xmp"] = b"<x>Street of Amina</x>"

    for image in (_noise("RGB"), Image.new("RGB", (300, 200), "red")):
        found = _saved(image, kind, **options)
        assert b"Amina" in found
        assert b"Amina" not in scale_side(found).content
        assert b"Amina" not in scale_lead(found).content


def test_a_drawing_or_transparent_picture_becomes_png() -> None:
    assert scale_side(_png(300, 300)).media_type == "image/png"
    glass = Image.new("RGBA", (300, 300), (255, 0, 0, 90))
    assert scale_side(_saved(glass)).media_type == "image/png"


def _saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _noise(mode: str, width: int = 320, height: int = 240) -> Image.Image:
    return _decoded(_photo(width, height)).convert(mode)


def _sixteen_bits() -> bytes:
    """Return a picture in 16 bits of grey, from black on the left to white on the right."""
    rows = struct.pack("<400H", *(x * 65535 // 399 for x in range(400))) * 300
    return _saved(Image.frombytes("I;16", (400, 300), rows))


def _colour_profile() -> bytes:
    """Return an ICC profile (version 2, a matrix) in which red is what sRGB calls green."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(one * 65536) for one in values))

    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, 0x0233, 0)
    text = b"text\0\0\0\0ours\0\0\0\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"ours\0" + bytes(78) + b"\0"
    parts = {
        b"desc": desc,
        b"cprt": text,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(*green),
        b"gXYZ": xyz(*red),
        b"bXYZ": xyz(*blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, at = b"", b"", 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        padded = part + bytes(-len(part) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(part))
        body += padded
    head = struct.pack(
        ">I4sI4s4s4s12s4s",
        at + len(body),
        b"",
        0x02100000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        bytes(12),
        b"acsp",
    )
    head += bytes(68 - len(head)) + struct.pack(">3i", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(parts)) + table + body


def test_sixteen_bits_of_grey_are_not_cut_to_white() -> None:
    scaled = _decoded(scale_lead(_sixteen_bits()).content).convert("L")

    left, middle, right = (scaled.getpixel((x, 150)) for x in (2, 200, 397))
    assert isinstance(left, int)
    assert isinstance(middle, int)
    assert isinstance(right, int)
    assert left < 10
    assert 115 < middle < 140
    assert right > 245


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_are_those_that_the_profile_means(mode: str) -> None:
    red = Image.new(mode, (300, 300), (255, 0, 0))

    scaled = scale_lead(_saved(red, icc_profile=_colour_profile()))

    pixel = _decoded(scaled.content).convert("RGB").getpixel((9, 9))
    assert isinstance(pixel, tuple)
    assert pixel[1] > 240
    assert pixel[0] < 15
    assert "icc_profile" not in _decoded(scaled.content).info


def test_a_profile_that_is_none_changes_nothing() -> None:
    red = Image.new("RGB", (300, 300), (255, 0, 0))

    scaled = scale_lead(_saved(red, icc_profile=b"junk" * 50))

    assert _decoded(scaled.content).convert("RGB").getpixel((9, 9)) == (255, 0, 0)


def test_a_photo_that_is_called_transparent_and_is_not_becomes_jpeg() -> None:
    for mode in ("RGBA", "LA"):
        assert scale_side(_saved(_noise(mode))).media_type == "image/jpeg"


def test_a_transparent_photo_stays_transparent_and_light() -> None:
    image = _noise("RGBA", 640, 400)
    image.putalpha(Image.linear_gradient("L").resize(image.size))

    scaled = scale_lead(_saved(image))

    back = _decoded(scaled.content).convert("RGBA")
    assert scaled.media_type == "image/png"
    assert len(scaled.content) < 600 * 375
    corner, bottom = back.getpixel((300, 3)), back.getpixel((300, 370))
    assert isinstance(corner, tuple)
    assert isinstance(bottom, tuple)
    assert corner[3] < 30
    assert bottom[3] > 210


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "CMYK"), ("GIF", "P"), ("WEBP", "RGB"), ("PNG", "1"), ("JPEG", "L")],
)
def test_every_kind_of_picture_becomes_one_that_all_programs_show(kind: str, mode: str) -> None:
    scaled = _decoded(scale_lead(_saved(_noise(mode), kind)).content)

    assert scaled.format in {"JPEG", "PNG"}
    assert scaled.mode == "RGB"
    assert scaled.size == (320, 240)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow does not read AVIF")
def test_an_avif_picture_becomes_a_jpeg() -> None:
    assert scale_lead(_saved(_noise("RGB"), "AVIF")).media_type == "image/jpeg"


def test_of_an_animation_the_first_picture_is_shown() -> None:
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "lime", "blue")]
    moving = _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)

    scaled = _decoded(scale_lead(moving).content)

    assert getattr(scaled, "n_frames", 1) == 1
    assert scaled.convert("RGB").getpixel((9, 9)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("size", "shown"), [((60, 2000), (60, 91)), ((2000, 60), (240, 60)), ((300, 400), (300, 400))]
)
def test_a_lead_picture_is_neither_a_tower_nor_a_rule(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    scaled = scale_lead(_photo(*size))

    assert (scaled.width, scaled.height) == shown


def test_the_same_picture_gives_the_same_bytes_and_name() -> None:
    photo = _photo(640, 480)

    assert scale_side(photo) == scale_side(photo)


def _bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 6000)).save(out, "PNG")
    return out.getvalue()


def _huge() -> bytes:
    """Return a picture of which nothing but the size is there: 400 megapixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 20000, 20000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + bytes(4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not a JPEG"),
        (b"#!/bin/sh\nrm -rf /\n", "not a JPEG"),
        (b"", "not a JPEG"),
        (_photo(300, 300)[:2000], "broken"),
        (_bomb(), "9000 x 6000"),
        (_huge(), "more pixels than can be handled"),
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
