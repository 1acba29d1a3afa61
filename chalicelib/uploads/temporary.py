"""Temporary upload: a file that came through the API, public at once and deleted unless it is used in time.

It belongs to its uploader. It is used by writing its URL into an attribute: the file then stays at the same
URL, and where the attribute is a slot, the upload goes on as one by presigned POST does.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import aws, clock, db, outbox
from chalicelib.db import Model
from chalicelib.settings import settings
from chalicelib.uploads import sniff
from chalicelib.uploads.arrival import disposition
from chalicelib.uploads.picture import NotAnImage, demand_image
from chalicelib.uploads.slots import IMAGES, SLOTS
from chalicelib.uploads.upload import FOREVER, MEDIA, public_url

LIFETIME: Final = timedelta(days=1)
EXPIRY: Final = "expire_temporary_upload"  # the task that deletes what was not used
FOLDER: Final = f"{MEDIA}upload/"


class TemporaryUpload(Model):
    """One file and who sent it. `key` names it in its URL; `used_at` is null until it is used."""

    __tablename__ = "temporary_uploads"
    key: Mapped[str] = mapped_column(unique=True)
    creator_id: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str]
    mime_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def media_key(self) -> str:
        """The key of the object in the bucket."""
        return f"{FOLDER}{self.key}.{sniff.EXTENSIONS[self.mime_type]}"

    @property
    def url(self) -> str:
        """The public URL."""
        return public_url(self.media_key)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a client sent it, with the true type of its content."""

    file_name: str
    content: bytes
    mime_type: str


class Unfit(Exception):
    """The file is not accepted; the text is for the person who sent it."""


def inspected(file_name: str, content: bytes, kinds: frozenset[str]) -> Sent:
    """The file, once its size, its true type and, for an image, its decoding are checked. Raises Unfit.

    `kinds` are the accepted MIME types.
    """
    if not content:
        raise Unfit("The file is empty.")
    if len(content) > settings().upload_max_bytes:
        raise Unfit(f"The file has {len(content)} bytes; {settings().upload_max_bytes} are the most.")
    mime_type = sniff.true_type(content[: sniff.HEAD])
    if mime_type not in kinds:
        raise Unfit(f"The file is {mime_type}; {', '.join(sorted(kinds))} are taken.")
    if mime_type in IMAGES:
        try:
            demand_image(content)
        except NotAnImage as problem:
            raise Unfit(f"The image cannot be used: {problem}.") from None
    return Sent(file_name, content, mime_type)


def all_kinds() -> frozenset[str]:
    """The MIME types that any slot accepts."""
    return frozenset().union(*(slot.kinds for slot in SLOTS.values()))


def store(session: Session, files: Sequence[Sent], creator_id: int) -> list[TemporaryUpload]:
    """Record the files, each with the task that deletes it if it is not used; the commit puts them into the
    bucket. A failure to do so is raised then, and leaves rows that expire.
    """
    now = clock.now()
    stored = []
    for file in files:
        upload = TemporaryUpload(
            key=str(uuid.uuid4()),
            creator_id=creator_id,
            file_name=file.file_name,
            mime_type=file.mime_type,
            size=len(file.content),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        session.add(upload)
        outbox.add(session, EXPIRY, {"key": upload.key}, delay=int(LIFETIME.total_seconds()) + 1)
        # Afterwards, so that no object is left of a request that is rolled back, as with a revoked token.
        db.after_commit(session, partial(_put, upload.media_key, file))
        stored.append(upload)
    return stored


def _put(media_key: str, file: Sent) -> None:
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=media_key,
        Body=file.content,
        ContentType=file.mime_type,
        ContentDisposition=disposition(file.file_name, file.mime_type),
        CacheControl=FOREVER,
    )


def lock(session: Session, keys: Sequence[str]) -> dict[str, TemporaryUpload]:
    """The temporary uploads with these keys that exist and are used or not yet expired, by key, locked."""
    held = select(TemporaryUpload).where(TemporaryUpload.key.in_(keys)).order_by(TemporaryUpload.id)
    rows = session.scalars(held.with_for_update()).all()
    return {
        upload.key: upload for upload in rows if upload.used_at is not None or upload.expires_at > clock.now()
    }


def remove_unused(session: Session, key: str) -> TemporaryUpload | None:
    """Delete the temporary upload and its object if it is unused and due; returns it if it stays."""
    held = select(TemporaryUpload).where(TemporaryUpload.key == key).with_for_update()
    upload = session.scalars(held).one_or_none()
    if upload is None or upload.used_at is not None or upload.expires_at > clock.now():
        return upload
    aws.s3().delete_object(Bucket=settings().bucket, Key=upload.media_key)
    session.delete(upload)
    return None
