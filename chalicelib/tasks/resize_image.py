"""Makes the renditions of an uploaded image, and records their sizes.

A file that turns out to be no image is rejected here.
"""

from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import aws, log, outbox, signals, uploads
from chalicelib.settings import settings
from chalicelib.tasks.image_widths import widths_of
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.uploads.picture import Copy, NotAnImage, draw
from chalicelib.uploads.slots import SLOTS
from chalicelib.uploads.upload import FOREVER, READY, Upload

NAME: Final = "resize_image"


@task(NAME)
def resize_image(session: Session, upload_id: int) -> None:
    """Make the renditions of an upload; set their URLs and details on its owner. Raises RetryLater."""
    upload = session.get(Upload, upload_id)
    if upload is None:
        raise RetryLater(f"there is no upload {upload_id}")
    slot = SLOTS[upload.slot]
    if upload.state != READY or upload.media_key is None:
        log.info("this upload has no image to resize", upload=upload.key, state=upload.state)
        return
    widths = widths_of(session, slot)
    # No row is locked while the bucket is asked: the state is looked at again afterwards.
    content = aws.s3().get_object(Bucket=settings().bucket, Key=upload.media_key)["Body"].read()
    try:
        whole, copies = draw(content, widths.values())
    except NotAnImage as problem:
        session.refresh(upload, with_for_update=True)
        uploads.refuse(session, upload, f"The image cannot be used: {problem}.")
        return
    addresses = {width: _published(upload.media_key, width, copy) for width, copy in copies.items()}
    session.refresh(upload, with_for_update=True)
    if upload.state != READY:
        log.info("this upload was refused meanwhile", upload=upload.key)
        return
    upload.renditions = {attribute: addresses[width] for attribute, width in widths.items()}
    shown = dict.fromkeys(slot.attributes, whole) | {name: copies[width] for name, width in widths.items()}
    upload.image_details = {name.replace("_", "-"): picture.details() for name, picture in shown.items()}
    upload.former = None  # it will not be rejected any more
    owner: Any = session.get(slot.model, upload.owner_id, with_for_update=True)
    if owner is None or not slot.points_to(owner, upload.url):
        log.info("another image has taken the place", upload=upload.key)
        return
    for attribute, url in upload.renditions.items():
        setattr(owner, attribute, url)
    if hasattr(owner, "image_details"):
        # After the URLs: changing a URL removes its details.
        owner.image_details = {**(owner.image_details or {}), **upload.image_details}


@signals.on("upload.ready")
def _draw_pictures(session: Session, *, id: int, slot: str, **_payload: object) -> None:
    if SLOTS[slot].is_for_pictures:
        outbox.add(session, NAME, {"upload_id": id})


def _published(media_key: str, width: int, copy: Copy) -> str:
    key = f"{media_key.rpartition('.')[0]}-{width}.jpg"
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=key,
        Body=copy.content,
        ContentType="image/jpeg",
        ContentDisposition="inline",
        CacheControl=FOREVER,
    )
    return uploads.public_url(key)
