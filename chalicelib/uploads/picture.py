"""Pictures as they are shown: smaller copies, all as JPEG, and what a page knows before they have come.

A file that only pretended to be an image, or hides too many pixels in few bytes, is not drawn.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from chalicelib.uploads.blurhash import blurhash

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS: Final = 40_000_000  # some 160 MB when unpacked: what the function's memory holds
_LONGEST_SIDE: Final = 30_000  # JPEG ends at 65,535
_QUALITY: Final = 85
_ORIENTATION: Final = 0x0112  # EXIF's tag
# How each orientation is put upright. Pillow's own way writes EXIF anew and stumbles where that is damaged.
_UPRIGHT: Final = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_ON_ITS_SIDE: Final = (5, 6, 7, 8)
_BLURRED: Final = 32  # pixels in each direction that are enough for a placeholder


class NotAnImage(Exception):
    """The bytes cannot be drawn, whatever their first ones promised."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: its size in pixels, upright as people see it, and its BlurHash of 28 characters."""

    width: int
    height: int
    placeholder: str

    def details(self) -> dict[str, Any]:
        """{"width", "height", "placeholder"} as in documents."""
        return {"width": self.width, "height": self.height, "placeholder": self.placeholder}


@dataclass(frozen=True, slots=True)
class Copy(Drawing):
    """A smaller copy, with its bytes as JPEG."""

    content: bytes


def draw(content: bytes, widths: Iterable[int]) -> tuple[Drawing, dict[int, Copy]]:
    """The image in these bytes, and for each width a copy that is at most that wide.

    The height follows, and small images are not blown up. What was transparent is white, what
    moved stands still, what was taken sideways is upright. Raises NotAnImage, with the reason.
    """
    wanted = sorted(set(widths), reverse=True)
    (width, height), picture = _opened(content, max(wanted, default=_BLURRED))
    placeholder = _blurred(picture, width, height)
    copies = {}
    for most in wanted:  # each from the larger one before it, which has detail enough
        narrow = min(most, width)
        size = (narrow, max(1, round(height * narrow / width)))
        if picture.size != size:
            picture = _resized(picture, size)
        copies[most] = Copy(*size, placeholder, _jpeg(picture))
    return Drawing(width, height, placeholder), copies


def _opened(content: bytes, widest: int) -> tuple[tuple[int, int], "Image"]:
    """The size of the image, upright, and the image in as much detail as `widest` needs."""
    from PIL import Image  # slow to import, and only one task needs it

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
                raise NotAnImage(f"{width} x {height} pixels are too many")
            orientation = image.getexif().get(_ORIENTATION)
            image.draft("RGB", (widest * 2, widest * 2))  # JPEG only: decode no more detail than needed
            picture = _flattened(image)
            if orientation in _UPRIGHT:
                picture = picture.transpose(Image.Transpose[_UPRIGHT[orientation]])
            size = (height, width) if orientation in _ON_ITS_SIDE else (width, height)
            return size, picture
    except NotAnImage:
        raise
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as problem:
        raise NotAnImage("the file is damaged or no image") from problem


def _flattened(image: "Image") -> "Image":
    """The image in RGB; what was transparent becomes white, for JPEG knows no transparency."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")


def _resized(picture: "Image", size: tuple[int, int]) -> "Image":
    from PIL import Image

    return picture.resize(size, Image.Resampling.LANCZOS)


def _blurred(picture: "Image", width: int, height: int) -> str:
    from PIL import Image

    small = picture.resize((_BLURRED, _BLURRED), Image.Resampling.BOX)
    columns, rows = (4, 3) if width >= height else (3, 4)
    return blurhash(small.tobytes(), _BLURRED, _BLURRED, columns, rows)


def _jpeg(picture: "Image") -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return target.getvalue()
