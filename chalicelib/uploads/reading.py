"""Reads an uploaded image for drawing it elsewhere, such as on a badge. No URL is ever fetched."""

import re
from typing import Final

from chalicelib import aws, log
from chalicelib.settings import settings
from chalicelib.upload_urls import MEDIA
from chalicelib.uploads.picture import Copy, NotAnImage, draw

_KEY: Final = re.compile(rf"{MEDIA}[a-z-]+/(?:[0-9]+/)?[0-9a-f-]{{36}}(?:-[0-9]+)?\.(?:png|jpg|gif|webp)")
_MOST_BYTES: Final = 20_000_000


def uploaded_image(url: str, width: int) -> Copy | None:
    """The image at this URL as a JPEG at most `width` pixels wide; None unless it was uploaded here.

    It is read from the bucket by its key; a URL that leads elsewhere is not looked at.
    """
    start = f"{settings().media_url}/"
    key = url.removeprefix(start) if url.startswith(start) else ""
    if not _KEY.fullmatch(key):
        return None
    found = aws.stored_object(key)
    if found is None:
        log.info("an image to be drawn is gone")
        return None
    if found["ContentLength"] > _MOST_BYTES:
        return None
    try:
        return draw(found["Body"].read(), (width,))[1][width]
    except NotAnImage:
        return None
