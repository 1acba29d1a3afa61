"""Processes an uploaded file: checks its size and true type, publishes or removes it.

Nothing that the client declared is trusted. A good file is copied to the public prefix; a bad one is removed
and its row says why. Every step is idempotent, because events may be delivered twice and a process may die
anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import aws, clock, db, log, outbox, signals, telemetry
from chalicelib.jsonapi.ground.request import content_disposition
from chalicelib.settings import settings
from chalicelib.upload_urls import MEDIA
from chalicelib.uploads import sniff
from chalicelib.uploads.slots import SLOTS, Slot
from chalicelib.uploads.upload import FOREVER, INCOMING, PENDING, READY, REFUSED, REMOVAL, Upload

_TOO_LATE: Final = timedelta(hours=1)
_SHOWN_IN_BROWSERS: Final = ("image/", "video/", "audio/", "application/pdf")


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """The object in the bucket: size in bytes, true type, and ETag."""

    size: int
    mime_type: str
    etag: str


def receive(event: Mapping[str, Any]) -> None:
    """Handle EventBridge's "Object Created". Raises if the event should be redelivered.

    Source: Amazon S3 User Guide, "EventBridge event message structure".
    """
    detail = event["detail"]
    bucket, key = detail["bucket"]["name"], detail["object"]["key"]
    ours = bucket == settings().bucket and key.startswith(INCOMING)
    if not ours or detail.get("reason") == "CopyObject":
        return
    with telemetry.span("arrival of a file") as note:
        upload = _row_of(key.removeprefix(INCOMING))
        trace, header = telemetry.split_trace(upload.trace if upload else "")
        with log.traced(trace or event.get("id", "")):
            note(**telemetry.link(header))
            _receive(upload, key)


def _receive(upload: Upload | None, key: str) -> None:
    if upload is None:
        log.warning("an object nobody asked for was removed")  # not its key, which may be personal
    elif upload.state != PENDING:
        log.info("this upload was handled before", upload=upload.key, state=upload.state)
    else:
        _judge(upload)
    _remove(key)


def disposition(file_name: str, mime_type: str) -> str:
    """Content-Disposition of a file: its own name, with the ending of its true type."""
    how = "inline" if mime_type.startswith(_SHOWN_IN_BROWSERS) else "attachment"
    honest_name = f"{PurePosixPath(file_name).stem}.{sniff.EXTENSIONS[mime_type]}"
    return content_disposition(how, honest_name)


def refuse(session: Session, upload: Upload, reason: str) -> None:
    """Reject the upload, also after it was ready: the owner's former values are restored."""
    slot = SLOTS.get(upload.slot)
    if slot is not None and upload.url is not None:
        _put_back(session, upload, slot)
    upload.state, upload.reason, upload.finished_at = REFUSED, reason, clock.now()
    media_key, upload.media_key = upload.media_key, None
    if media_key:
        outbox.add(session, REMOVAL, {"media_key": media_key})
    log.info("an upload was refused", upload=upload.key, reason=reason)


def _put_back(session: Session, upload: Upload, slot: Slot) -> None:
    former = upload.former or {}
    owner = _owner(session, upload)
    if owner is not None and slot.points_to(owner, upload.url):
        for attribute in slot.attributes:
            value = former.get(attribute)
            if value is not None or owner.__table__.columns[attribute].nullable:
                setattr(owner, attribute, value)
        if former.get("image_details"):
            owner.image_details = {**(owner.image_details or {}), **former["image_details"]}
    # A later upload must not restore this URL, should it be rejected as well.
    same_place = (Upload.slot == upload.slot, Upload.owner_id == upload.owner_id)
    for other in session.scalars(select(Upload).where(*same_place, Upload.former.is_not(None))):
        if (other.former or {}).get(slot.attributes[0]) == upload.url:
            other.former = former


def _judge(upload: Upload) -> None:
    slot = SLOTS.get(upload.slot)
    head = _head(upload.incoming_key)
    if head is None:
        # A duplicate of this event has been processed meanwhile.
        log.warning("the object of an upload is gone", upload=upload.key)
        return
    reason = _objection(upload, slot, head)
    if reason or slot is None:
        _settle(upload.key, head, None, reason or "There is no such slot any more.")
        return
    media_key = f"{MEDIA}{slot.noun}/{upload.owner_id}/{upload.key}.{sniff.EXTENSIONS[head.mime_type]}"
    _publish(upload, head, media_key)
    _settle(upload.key, head, media_key, None)


def _settle(key: str, head: ObjectHead, media_key: str | None, reason: str | None) -> None:
    """In one transaction: update the upload, set the owner's URL, emit the signal."""
    with db.transaction() as session:
        upload = session.scalars(select(Upload).where(Upload.key == key).with_for_update()).one()
        if upload.state != PENDING:
            return
        upload.size, upload.mime_type, upload.media_key = head.size, head.mime_type, media_key
        owner = _owner(session, upload)
        if reason or owner is None:
            refuse(session, upload, reason or "What it was meant for does not exist any more.")
            return
        slot = SLOTS[upload.slot]
        upload.former = _held(owner, slot) if slot.is_for_pictures else None
        for attribute in slot.attributes:
            setattr(owner, attribute, upload.url)
        upload.state, upload.finished_at = READY, clock.now()
        session.flush()
        signals.emit(session, "upload.ready", id=upload.id, slot=upload.slot, owner_id=upload.owner_id)


def _objection(upload: Upload, slot: Slot | None, head: ObjectHead) -> str | None:
    """Why this file is rejected, as a sentence for the person who sent it; None if it is not."""
    if slot is None:
        return "There is no such slot any more."
    if clock.now() > upload.created_at + _TOO_LATE:
        return "It came too late: ask for a new upload."
    if head.size == 0:
        return "The file is empty."
    if head.size > slot.limit:
        return f"The file has {head.size} bytes; {slot.name} takes up to {slot.limit}."
    if upload.declared_size is not None and upload.declared_size != head.size:
        return f"{upload.declared_size} bytes were announced and {head.size} arrived."
    if head.mime_type not in slot.kinds:
        return f"The file is {head.mime_type}; {slot.name} takes {', '.join(sorted(slot.kinds))}."
    return None


def _head(key: str) -> ObjectHead | None:
    """Read the first bytes of the object, by a range request; None if it does not exist."""
    s3 = aws.s3()
    try:
        answer = s3.get_object(Bucket=settings().bucket, Key=key, Range=f"bytes=0-{sniff.HEAD - 1}")
    except s3.exceptions.NoSuchKey:
        return None
    except s3.exceptions.ClientError as problem:
        if problem.response["Error"]["Code"] in {"InvalidRange", "416"}:  # the object is empty
            return ObjectHead(0, sniff.UNKNOWN, "")
        raise
    head = answer["Body"].read(sniff.HEAD)
    size = int(answer.get("ContentRange", f"/{len(head)}").rpartition("/")[2])
    return ObjectHead(size, sniff.true_type(head), answer["ETag"])


def _publish(upload: Upload, head: ObjectHead, media_key: str) -> None:
    """Copy within the bucket, on condition that the ETag is unchanged."""
    bucket = settings().bucket
    aws.s3().copy_object(
        Bucket=bucket,
        Key=media_key,
        CopySource={"Bucket": bucket, "Key": upload.incoming_key},
        CopySourceIfMatch=head.etag,
        MetadataDirective="REPLACE",
        ContentType=head.mime_type,
        ContentDisposition=disposition(upload.file_name, head.mime_type),
        CacheControl=FOREVER,
    )


def _row_of(key: str) -> Upload | None:
    with db.transaction() as session:
        return session.scalars(select(Upload).where(Upload.key == key)).one_or_none()


def _owner(session: Session, upload: Upload) -> Any:
    """The row the file is for, locked, or None if it is deleted."""
    slot = SLOTS.get(upload.slot)
    owner = session.get(slot.model, upload.owner_id, with_for_update=True) if slot else None
    return None if getattr(owner, "deleted_at", None) else owner


def _held(owner: Any, slot: Slot) -> dict[str, Any]:
    """The current values of the slot's columns, with the details of those images."""
    former = {attribute: getattr(owner, attribute) for attribute in slot.attributes}
    known = getattr(owner, "image_details", None) or {}
    names = {attribute.replace("_", "-") for attribute in slot.attributes}
    return {**former, "image_details": {name: known[name] for name in names & known.keys()}}


def _remove(key: str) -> None:
    aws.s3().delete_object(Bucket=settings().bucket, Key=key)
