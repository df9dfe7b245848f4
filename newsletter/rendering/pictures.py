"""Pictures of items: checked, scaled to the size they are shown at, stripped of all else."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import PictureError

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
#: Formats that mail clients and Pillow both read safely. SVG is a program, not a picture.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_JPEG_QUALITY = 80
#: A picture of so few colours is a drawing: PNG keeps it sharp and smaller.
_DRAWING_COLOURS = 128


@dataclass(frozen=True, slots=True)
class ScaledPicture:
    """A picture ready for the mail: its bytes, type, size in pixels and a stable name."""

    content: bytes
    media_type: str
    width: int
    height: int
    name: str


def scale_lead(content: bytes) -> ScaledPicture:
    """Return the picture at most 600 pixels wide and as high as 16:10 allows, never enlarged.

    Raises PictureError for what is no picture, too big, too small or broken.
    """
    image = _open(content)
    width = min(LEAD_WIDTH, image.width)
    image = _cut(image, max(image.width / image.height, 1.6) if image.width > 400 else None)
    return _encode(_fit(image, width))


def scale_side(content: bytes) -> ScaledPicture:
    """Return the picture cut to 4:3 and at most 192 x 144 pixels, never enlarged.

    Raises PictureError like `scale_lead`.
    """
    image = _cut(_open(content), SIDE_SIZE[0] / SIDE_SIZE[1])
    return _encode(_fit(image, min(SIDE_SIZE[0], image.width)))


def _open(content: bytes) -> Image.Image:
    """Return the decoded, upright picture in RGB or RGBA; nothing is decoded before it is safe."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Our own limit below is stricter than Pillow's bomb warning.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
            _refuse_size(image.width, image.height)
            image.load()
            upright = ImageOps.exif_transpose(image)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("it is not a JPEG, PNG, GIF or WebP picture") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"it is broken: {error}") from error
    transparent = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    return upright.convert("RGBA" if transparent else "RGB")


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
    else:
        kind, suffix = "image/jpeg", "jpg"
        image.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    content = out.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
    return ScaledPicture(content, kind, image.width, image.height, name)
