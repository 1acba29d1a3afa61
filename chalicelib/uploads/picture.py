"""Image renditions: smaller JPEG copies, and size and placeholder for pages.

Files that are no image, or a decompression bomb, are refused.
"""

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from chalicelib.uploads.blurhash import blurhash

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS: Final = 40_000_000  # some 160 MB decoded: what the function's memory holds
_LONGEST_SIDE: Final = 30_000  # JPEG's limit is 65,535
_QUALITY: Final = 85
_ORIENTATION: Final = 0x0112  # EXIF tag
# Transposition by EXIF orientation. Pillow's exif_transpose rewrites EXIF and fails where that is damaged.
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
_BLURRED: Final = 32  # pixels per side, enough for a placeholder


class NotAnImage(Exception):
    """The bytes cannot be decoded as an image."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """An image: its size in pixels, after EXIF rotation, and its BlurHash of 28 characters."""

    width: int
    height: int
    placeholder: str

    def details(self) -> dict[str, Any]:
        """{"width", "height", "placeholder"} as in documents."""
        return {"width": self.width, "height": self.height, "placeholder": self.placeholder}


@dataclass(frozen=True, slots=True)
class Copy(Drawing):
    """A smaller copy, as JPEG bytes."""

    content: bytes


def draw(content: bytes, widths: Iterable[int]) -> tuple[Drawing, dict[int, Copy]]:
    """Decode the image and make a copy for each width, at most that wide.

    Aspect ratio is kept, and small images are not enlarged. Transparency becomes white, an animation its
    first frame, and EXIF rotation is applied. Raises NotAnImage, with the reason.
    """
    descending = sorted(set(widths), reverse=True)
    (width, height), picture = _decode(content, max(descending, default=_BLURRED))
    placeholder = _blurred(picture, width, height)
    copies = {}
    for most in descending:  # each from the next larger one, which has detail enough
        narrow = min(most, width)
        size = (narrow, max(1, round(height * narrow / width)))
        if picture.size != size:
            picture = _resized(picture, size)
        copies[most] = Copy(*size, placeholder, _jpeg(picture))
    return Drawing(width, height, placeholder), copies


def demand_image(content: bytes) -> None:
    """Decode the image and forget it. Raises NotAnImage, with the reason.

    A request has less memory for it than a task, so the decoded image is not copied.
    """
    with _image_in(content, _BLURRED) as (_, image):
        image.load()


def _decode(content: bytes, widest: int) -> tuple[tuple[int, int], "Image"]:
    """(size after rotation, the image in as much detail as `widest` needs)."""
    from PIL import Image  # lazy: as in _image_in

    with _image_in(content, widest) as ((width, height), image):
        orientation = image.getexif().get(_ORIENTATION)
        picture = _flattened(image)
        if orientation in _UPRIGHT:
            picture = picture.transpose(Image.Transpose[_UPRIGHT[orientation]])
        size = (height, width) if orientation in _ON_ITS_SIDE else (width, height)
        return size, picture


@contextmanager
def _image_in(content: bytes, widest: int) -> Iterator[tuple[tuple[int, int], "Image"]]:
    """(its size, the image), not decoded yet. What fails while it is decoded is raised as NotAnImage."""
    from PIL import Image  # lazy: slow, and few requests need it

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
                raise NotAnImage(f"{width} x {height} pixels are too many")
            image.draft("RGB", (widest * 2, widest * 2))  # JPEG only: decode no more detail than needed
            yield (width, height), image
    except NotAnImage:
        raise
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as problem:
        raise NotAnImage("the file is damaged or no image") from problem


def _flattened(image: "Image") -> "Image":
    """The image in RGB; transparency becomes white, as JPEG has none."""
    from PIL import Image  # lazy: as in _image_in

    if not image.has_transparency_data:
        return image.convert("RGB")
    # Each copy of a large image takes 160 MB.
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _resized(picture: "Image", size: tuple[int, int]) -> "Image":
    from PIL import Image  # lazy: as in _image_in

    return picture.resize(size, Image.Resampling.LANCZOS)


def _blurred(picture: "Image", width: int, height: int) -> str:
    from PIL import Image  # lazy: as in _image_in

    small = picture.resize((_BLURRED, _BLURRED), Image.Resampling.BOX)
    columns, rows = (4, 3) if width >= height else (3, 4)
    return blurhash(small.tobytes(), _BLURRED, _BLURRED, columns, rows)


def _jpeg(picture: "Image") -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return target.getvalue()
