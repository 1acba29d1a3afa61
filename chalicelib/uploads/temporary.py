"""Temporary upload: a file that came through the API, public at once and deleted unless it is used in time.

It belongs to its uploader. It is used by writing its URL into an attribute: the file then stays at the same
URL, and where the attribute is a slot, the upload goes on as one by presigned POST does.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import aws, clock, db, outbox
from chalicelib.db import Model
from chalicelib.settings import settings
from chalicelib.upload_urls import TEMPORARY
from chalicelib.uploads import sniff
from chalicelib.uploads.arrival import disposition
from chalicelib.uploads.picture import NotAnImage, demand_image
from chalicelib.uploads.slots import IMAGES, SLOTS
from chalicelib.uploads.upload import FOREVER, REMOVAL, public_url

LIFETIME: Final = timedelta(days=1)
EXPIRY: Final = "expire_temporary_upload"  # the task that deletes what was not used
KEPT: Final = timedelta(days=30)  # rows, after they have expired
BATCH: Final = 1000  # rows forgotten at once


class TemporaryUpload(Model):
    """One file and who sent it. `key` names it in its URL; `used_at` is null until it is used."""

    __tablename__ = "temporary_uploads"
    key: Mapped[str] = mapped_column(unique=True)
    creator_id: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str]
    mime_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    @property
    def media_key(self) -> str:
        """The key of the object in the bucket."""
        return f"{TEMPORARY}{self.key}.{sniff.EXTENSIONS[self.mime_type]}"

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


class NotStored(Exception):
    """The bucket did not take a file. The text names the error."""


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


def store(files: Sequence[Sent], creator_id: int) -> list[str]:
    """Record the files and put them into the bucket; returns their URLs, in this order.

    The rows are committed first, each with the task that deletes the file if it is not used: so nothing is
    left over if this ends anywhere. Call it by Context.ask_outside(). Raises NotStored.
    """
    with db.transaction() as session:
        stored = [record(session, file, creator_id) for file in files]
    try:
        for upload, file in zip(stored, files, strict=True):
            put(upload.media_key, file)
    except aws.failures() as problem:
        raise NotStored(type(problem).__name__) from problem
    return [upload.url for upload in stored]


def record(session: Session, file: Sent, creator_id: int, key: str = "") -> TemporaryUpload:
    """Record a file that is put() into the bucket once this is committed, and that is deleted unless used.

    `key` is a UUID, a random one by default.
    """
    now = clock.now()
    upload = TemporaryUpload(
        key=key or str(uuid.uuid4()),
        creator_id=creator_id,
        file_name=file.file_name,
        mime_type=file.mime_type,
        size=len(file.content),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(upload)
    outbox.add(session, EXPIRY, {"key": upload.key}, delay=int(LIFETIME.total_seconds()) + 1)
    return upload


def put(media_key: str, file: Sent) -> None:
    """Put the file of a recorded upload into the bucket. Raises boto3's errors."""
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=media_key,
        Body=file.content,
        ContentType=file.mime_type,
        ContentDisposition=disposition(file.file_name, file.mime_type),
        CacheControl=FOREVER,
    )


def lock(session: Session, keys: Sequence[str]) -> tuple[dict[str, TemporaryUpload], set[str]]:
    """The temporary uploads with these keys that are used or not yet expired, by key, locked; and the keys of
    those that have expired unused.
    """
    held = select(TemporaryUpload).where(TemporaryUpload.key.in_(keys)).order_by(TemporaryUpload.id)
    rows = session.scalars(held.with_for_update()).all()
    now = clock.now()
    alive = {row.key: row for row in rows if row.used_at is not None or row.expires_at > now}
    return alive, {row.key for row in rows} - alive.keys()


def expire(session: Session, key: str) -> TemporaryUpload | None:
    """Have the object of this upload removed if it is unused and due; returns the upload if it stays.

    The row stays for KEPT: it tells that the file is gone.
    """
    held = select(TemporaryUpload).where(TemporaryUpload.key == key).with_for_update()
    upload = session.scalars(held).one_or_none()
    if upload is None or upload.used_at is not None or upload.expires_at > clock.now():
        return upload
    outbox.add(session, REMOVAL, {"media_key": upload.media_key})  # which holds no lock while it asks S3
    return None


def forget_old() -> int:
    """Delete a batch of the rows that have outlived their use; objects that may be left are removed.

    From then on the URL of a used one is a link like any other. Returns how many.
    """
    old = select(TemporaryUpload).where(TemporaryUpload.expires_at <= clock.now() - KEPT)
    with db.transaction() as session:
        batch = old.order_by(TemporaryUpload.expires_at).limit(BATCH).with_for_update(skip_locked=True)
        uploads = session.scalars(batch).all()
        for upload in uploads:
            if upload.used_at is None:
                outbox.add(session, REMOVAL, {"media_key": upload.media_key})
            session.delete(upload)
    return len(uploads)
