"""The background image of a badge, if it was uploaded here."""

from typing import Final

from chalicelib.badges.layout import Image
from chalicelib.uploads.reading import uploaded_image

_WIDTH: Final = 1600  # pixels


def background(url: str) -> Image | None:
    """The image at this URL; None for one that leads elsewhere, or to what is no image."""
    copy = uploaded_image(url, _WIDTH) if url else None
    return Image(copy.content, copy.width, copy.height) if copy is not None else None
