"""Starts an upload: a pending row, and a presigned POST for one file."""

import uuid
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import aws, clock, telemetry
from chalicelib.settings import settings
from chalicelib.uploads.slots import Slot
from chalicelib.uploads.upload import Upload

FORM_LIFETIME: Final = timedelta(minutes=10)


def open_upload(
    session: Session, slot: Slot, owner_id: int, creator_id: int, file_name: str, size: int | None
) -> tuple[Upload, dict[str, Any]]:
    """(pending row, form): the form is {"url", "fields"} of a multipart POST for one file.

    The caller has checked that the creator may change the owner. `size` is in bytes, if declared.
    """
    now = clock.now()
    upload = Upload(
        key=str(uuid.uuid4()),
        slot=slot.name,
        owner_id=owner_id,
        creator_id=creator_id,
        file_name=file_name,
        declared_size=size,
        trace=telemetry.outgoing_trace(),
        created_at=now,
        expires_at=now + FORM_LIFETIME,
    )
    session.add(upload)
    session.flush()
    return upload, _presigned_post(upload.incoming_key, slot.limit)


def _presigned_post(key: str, limit: int) -> dict[str, Any]:
    form = aws.s3().generate_presigned_post(
        Bucket=settings().bucket,
        Key=key,
        Conditions=[["content-length-range", 1, limit]],
        ExpiresIn=int(FORM_LIFETIME.total_seconds()),
    )
    return {"url": form["url"], "fields": form["fields"]}
