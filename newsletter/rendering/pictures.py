"""Pictures of items: checked, scaled to the size they are shown at, stripped of all else."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import PictureError
from newsletter.model.content import PictureUse

if TYPE_CHECKING:
    from PIL import Image

#: Width of the lead picture in CSS pixels, the width of the sheet.
LEAD_WIDTH = 600
#: Side pictures are shown at 96 x 72; twice that for dense screens still weighs little.
SIDE_SIZE = (192, 144)
#: More pixels than this are refused before any is decoded: 40 megapixels take 120 MB.
MOST_PIXELS = 40_000_000
#: Below this a picture is an icon or a spacer, not worth showing.
LEAST_SIDE = 48
#: Formats that pictures on the web have. SVG is a program, not a picture.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
#: A lead picture is never narrower or wider than this, width : height; a big one is at least
#: as wide as 16:10, so that it does not push the news away.
_NARROWEST, _WIDE, _WIDEST = 0.66, 1.6, 4.0
_JPEG_QUALITY = 80
#: A JPEG is decoded at an eighth, a quarter or half of its size while that is more than this.
_DRAFT = (1200, 1200)
#: EXIF: the picture lies on its side.
_ORIENTATION, _ON_ITS_SIDE = 0x0112, frozenset({5, 6, 7, 8})
#: What Pillow raises at files made to hurt, beside its own errors.
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
)
#: A picture of so few colours is a drawing: PNG keeps it sharp and smaller.
_DRAWING_COLOURS = 128
#: A transparent picture that weighs more is given 256 colours; PNG knows nothing lighter.
_HEAVY_BYTES = 30_000


@dataclass(frozen=True, slots=True)
class ScaledPicture:
    """A picture ready for the mail: its bytes, type, size in pixels and a stable name."""

    content: bytes
    media_type: str
    width: int
    height: int
    name: str


@dataclass(frozen=True, slots=True)
class Scaled:
    """A picture as it was found, upright, and in each size that was asked for."""

    width: int
    height: int
    media_type: str
    sizes: Mapping[PictureUse, ScaledPicture]


def scale(content: bytes, uses: Iterable[PictureUse]) -> Scaled:
    """Return the picture's own size and type, and the picture for each use; decoded once.

    Raises PictureError for what is no picture, too big, too small or broken.
    """
    image, (width, height), media_type = _open(content)
    sizes = {use: _encode(_for_use(image, use)) for use in uses}
    return Scaled(width, height, media_type, sizes)


def scale_lead(content: bytes) -> ScaledPicture:
    """Return the picture at most 600 pixels wide and as high as 16:10 allows, never enlarged.

    Raises PictureError like `scale`.
    """
    return scale(content, [PictureUse.LEAD]).sizes[PictureUse.LEAD]


def scale_side(content: bytes) -> ScaledPicture:
    """Return the picture cut to 4:3 and at most 192 x 144 pixels, never enlarged.

    Raises PictureError like `scale`.
    """
    return scale(content, [PictureUse.SIDE]).sizes[PictureUse.SIDE]


def _for_use(image: Image.Image, use: PictureUse) -> Image.Image:
    if use is PictureUse.SIDE:
        return _fit(_cut(image, SIDE_SIZE[0] / SIDE_SIZE[1]), SIDE_SIZE[0])
    if use is PictureUse.LEAD:
        least = _WIDE if image.width > 400 else _NARROWEST
        image = _cut(image, min(max(image.width / image.height, least), _WIDEST))
    return _fit(image, LEAD_WIDTH)


def _open(content: bytes) -> tuple[Image.Image, tuple[int, int], str]:
    """Return the upright picture in RGB or RGBA, its own size and its media type.

    Nothing is decoded before it is safe; a big JPEG is decoded smaller.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Our own limit below is stricter than Pillow's bomb warning.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=_formats())
            kind, size = f"image/{(image.format or '').lower()}", image.size
            _refuse_size(*size)
            image.draft(image.mode, _DRAFT)
            image.load()
            on_its_side = image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
            upright = ImageOps.exif_transpose(image)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("it is not a JPEG, PNG, GIF, WebP or AVIF picture") from error
    except Image.DecompressionBombError as error:
        raise PictureError("it has more pixels than can be handled") from error
    except _BROKEN as error:
        raise PictureError(f"it is broken: {error}") from error
    picture = _plain(upright)
    # What stands here would be written into the new file: comments, XMP, profiles.
    picture.info.clear()
    return picture, (size[1], size[0]) if on_its_side else size, kind


def _formats() -> tuple[str, ...]:
    """Return the formats that can be read here: Pillow reads AVIF since 11.3, not everywhere."""
    from PIL import features

    return (*_FORMATS, "AVIF") if features.check("avif") else _FORMATS


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, or RGBA where something of it can be seen through."""
    if image.mode.startswith(("I", "F")):
        # 16 bits of grey; converting cuts everything above 255 to white.
        image = image.convert("F").point(lambda value: value * (1 / 256) + 0).convert("L")
    image = _in_srgb(image)
    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return image.convert("RGB")
    image = image.convert("RGBA")
    opaque = image.getchannel("A").getextrema() == (255, 255)
    return image.convert("RGB") if opaque else image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture in the colours that programs assume where no profile is written."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        out = "RGBA" if image.mode == "RGBA" else "RGB"
        srgb = ImageCms.createProfile("sRGB")
        seen = ImageCms.profileToProfile(image, source, srgb, outputMode=out)
    except (ImageCms.PyCMSError, *_BROKEN):
        # A profile that is broken or for other colours: the picture as it is.
        return image
    return seen or image


def _refuse_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PictureError(f"it has {width} x {height} pixels, more than can be handled")
    if min(width, height) < LEAST_SIDE:
        raise PictureError(f"it has only {width} x {height} pixels")


def _cut(image: Image.Image, ratio: float | None) -> Image.Image:
    """Return the middle of the picture in the ratio width : height; faces are above the middle."""
    if ratio is None or image.width / image.height == ratio:
        return image
    if image.width / image.height > ratio:
        width = max(1, round(image.height * ratio))
        left = (image.width - width) // 2
        return image.crop((left, 0, left + width, image.height))
    height = max(1, round(image.width / ratio))
    top = (image.height - height) // 3
    return image.crop((0, top, image.width, top + height))


def _fit(image: Image.Image, width: int) -> Image.Image:
    from PIL import Image

    if width >= image.width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encode(image: Image.Image) -> ScaledPicture:
    """Return the bytes without EXIF, colour profile or comment: only pixels are written."""
    out = io.BytesIO()
    is_drawing = image.getcolors(_DRAWING_COLOURS) is not None
    if image.mode == "RGBA" or is_drawing:
        kind, suffix = "image/png", "png"
        image.save(out, "PNG", optimize=True)
        if image.mode == "RGBA" and out.tell() > _HEAVY_BYTES:
            out = io.BytesIO()
            image.quantize(256).save(out, "PNG", optimize=True)
    else:
        kind, suffix = "image/jpeg", "jpg"
        image.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    content = out.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
    return ScaledPicture(content, kind, image.width, image.height, name)
