"""An image has arrived: draw it in the sizes in which it is shown, all as JPEG.

The width is given and the height follows; small images are not blown up. A file that only
pretended to be an image, or hides too many pixels in few bytes, is turned down here.
"""

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from chalicelib import aws, log, outbox, signals, uploads
from chalicelib.settings import settings
from chalicelib.tasks.image_widths import widths_of
from chalicelib.tasks.registry import NotYet, task
from chalicelib.uploads.slots import SLOTS
from chalicelib.uploads.upload import FOREVER, READY, Upload

if TYPE_CHECKING:
    from PIL.Image import Image

NAME = "resize_image"
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS: Final = 40_000_000  # some 160 MB when unpacked: what the function's memory holds
_LONGEST_SIDE: Final = 30_000  # JPEG ends at 65,535
_QUALITY: Final = 85


class NotAnImage(Exception):
    """The bytes cannot be drawn, whatever their first ones promised."""


@task(NAME)
def resize_image(session: Session, upload_id: int) -> None:
    """Make the renditions of an upload and set their addresses on its owner."""
    upload = session.get(Upload, upload_id, with_for_update=True)
    if upload is None:
        raise NotYet(f"there is no upload {upload_id}")
    slot = SLOTS[upload.slot]
    if upload.state != READY or upload.media_key is None:
        log.info("this upload has no image to resize", upload=upload.key, state=upload.state)
        return
    widths = widths_of(session, slot)
    content = aws.s3().get_object(Bucket=settings().bucket, Key=upload.media_key)["Body"].read()
    try:
        drawn = {width: _drawn(content, width) for width in sorted(set(widths.values()), reverse=True)}
    except NotAnImage as problem:
        uploads.refuse(session, upload, f"The image cannot be used: {problem}.")
        return
    addresses = {width: _published(upload.media_key, width, picture) for width, picture in drawn.items()}
    found = {attribute: addresses[width] for attribute, width in widths.items()}
    upload.renditions = found
    owner: Any = session.get(slot.model, upload.owner_id, with_for_update=True)
    if owner is None or not slot.holds(owner, upload.url):
        log.info("another image has taken the place", upload=upload.key)
        return
    for attribute, url in found.items():
        setattr(owner, attribute, url)


@signals.on("upload.ready")
def _draw_renditions(session: Session, *, id: int, slot: str, **_payload: object) -> None:
    if SLOTS[slot].renditions:
        outbox.add(session, NAME, {"upload_id": id})


def _drawn(content: bytes, width: int) -> bytes:
    """The image as JPEG, at most `width` pixels wide."""
    from PIL import Image, ImageOps  # slow to import, and only this task needs it

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS or max(image.size) > _LONGEST_SIDE:
                raise NotAnImage(f"{image.width} x {image.height} pixels are too many")
            image.draft("RGB", (width * 2, width * 2))  # JPEG only: decode no more detail than needed
            picture = _flattened(ImageOps.exif_transpose(image))
    except NotAnImage:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise NotAnImage("the file is damaged or no image") from problem
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return target.getvalue()


def _flattened(image: "Image") -> "Image":
    """The image in RGB; what was transparent becomes white, for JPEG knows no transparency."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")


def _published(media_key: str, width: int, picture: bytes) -> str:
    key = f"{media_key.rpartition('.')[0]}-{width}.jpg"
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=key,
        Body=picture,
        ContentType="image/jpeg",
        ContentDisposition="inline",
        CacheControl=FOREVER,
    )
    return uploads.public_url(key)
