"""Pictures of a wallet pass: icon and logo as PNG, in one, two and three times the size that the format says.

They are the event's own logo, where it was uploaded here; else a plain ticket, which is drawn.
"""

import io
from typing import TYPE_CHECKING, Final

from chalicelib.uploads.reading import uploaded_image

if TYPE_CHECKING:
    from PIL.Image import Image

_ICON: Final = 29  # points, of each side
_LOGO: Final = (160, 50)  # points, at most
_SCALES: Final = {"": 1, "@2x": 2, "@3x": 3}
_BLUE, _WHITE = (26, 95, 180), (255, 255, 255)


def pictures(logo_url: str | None) -> dict[str, bytes]:
    """The files of a pass, by name. No logo where the event has none: its name is shown instead."""
    logo = _uploaded(logo_url)
    files = {}
    for suffix, scale in _SCALES.items():
        side = _ICON * scale
        files[f"icon{suffix}.png"] = _png(_plain(side) if logo is None else _square(logo, side))
        if logo is not None:
            files[f"logo{suffix}.png"] = _png(_within(logo, (_LOGO[0] * scale, _LOGO[1] * scale)))
    return files


def _uploaded(url: str | None) -> "Image | None":
    from PIL import Image  # lazy: slow, and few tasks need it

    copy = uploaded_image(url, _LOGO[0] * 3) if url else None
    return None if copy is None else Image.open(io.BytesIO(copy.content)).convert("RGB")


def _within(picture: "Image", size: tuple[int, int]) -> "Image":
    small = picture.copy()
    small.thumbnail(size)
    return small


def _square(picture: "Image", side: int) -> "Image":
    from PIL import Image  # lazy: as in _uploaded

    small = _within(picture, (side, side))
    square = Image.new("RGB", (side, side), _WHITE)
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return square


def _plain(side: int) -> "Image":
    """A white ticket on blue, torn off along a line."""
    from PIL import Image  # lazy: as in _uploaded

    icon = Image.new("RGB", (side, side), _BLUE)
    left, top, right, bottom = side // 6, side * 3 // 10, side - side // 6, side * 7 // 10
    icon.paste(_WHITE, (left, top, right, bottom))
    line, thick = left + (right - left) * 2 // 3, max(1, side // 29)
    for at in range(top, bottom, thick * 3):
        icon.paste(_BLUE, (line, at, line + thick, min(at + thick, bottom)))
    return icon


def _png(picture: "Image") -> bytes:
    target = io.BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()
