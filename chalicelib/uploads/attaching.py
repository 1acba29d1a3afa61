"""Attaching uploads: what follows where a written attribute holds the URL of a temporary upload.

Runs after every write that has one (upload_urls.py). URLs that lead elsewhere stay plain links: nothing
is ever fetched from a URL that a client wrote.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from chalicelib import clock, signals, telemetry
from chalicelib.jsonapi.ground.errors import Problem, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.upload_urls import Mention, named_by
from chalicelib.uploads import temporary
from chalicelib.uploads.slots import SLOTS, Slot
from chalicelib.uploads.temporary import TemporaryUpload
from chalicelib.uploads.upload import READY, Upload


def attach_uploads(context: Context, resource: Resource, change: Change, mentions: Sequence[Mention]) -> None:
    """Keep the temporary uploads that this write refers to, and fill the slots among its attributes.

    Only the uploader may use an upload; once used, it is a public file that others may link to. Raises
    Problem 422 for one that is somebody else's or expired, and for one that the slot does not take.
    """
    known, over = temporary.lock(
        context.session, sorted({key for mention in mentions for key in mention.keys})
    )
    mine = {key: upload for key, upload in known.items() if upload.creator_id == context.viewer.id}
    for mention in mentions:
        value, attribute = mention.value, resource.attributes[mention.name]
        pointer = f"/data/attributes/{attribute.wire}"
        if isinstance(value, str) and (file := named_by(value)):
            upload = known.get(file)
            if upload is None:
                if file in over:
                    raise _not_yours(pointer)
                continue  # a link, whose row is forgotten by now
            if upload.url != value or not (file in mine or upload.used_at):
                raise _not_yours(pointer)
            slot = SLOTS.get(f"{resource.type}.{attribute.wire}")
            if slot is not None and file in mine:
                _fill(context, change, slot, upload, pointer)
        for key in mention.keys & mine.keys():
            mine[key].used_at = mine[key].used_at or clock.now()


def _fill(context: Context, change: Change, slot: Slot, upload: TemporaryUpload, pointer: str) -> None:
    """Record a finished upload for the slot, set the slot's other columns, and emit the signal."""
    if upload.mime_type not in slot.kinds:
        kinds = ", ".join(sorted(slot.kinds))
        raise invalid(f"The file is {upload.mime_type}; {slot.name} takes {kinds}.", pointer)
    if upload.size > slot.limit:
        raise invalid(f"The file has {upload.size} bytes; {slot.name} takes up to {slot.limit}.", pointer)
    row, now = change.row, clock.now()
    former = _former(change, slot) if slot.is_for_pictures else None
    for column in slot.attributes:
        setattr(row, column, upload.url)
    filled = Upload(
        key=str(uuid.uuid4()),
        slot=slot.name,
        owner_id=row.id,
        creator_id=upload.creator_id,
        file_name=upload.file_name,
        state=READY,
        mime_type=upload.mime_type,
        size=upload.size,
        media_key=upload.media_key,
        former=former,
        trace=telemetry.outgoing_trace(),
        created_at=now,
        expires_at=now,
        finished_at=now,
    )
    context.session.add(filled)
    context.session.flush()
    signals.emit(context.session, "upload.ready", id=filled.id, slot=slot.name, owner_id=row.id)


def _former(change: Change, slot: Slot) -> dict[str, Any]:
    """What the slot's columns held before, with the details of those images."""
    row, before = change.row, {} if change.is_new else change.before
    held: dict[str, Any] = {
        column: None if change.is_new else before.get(column, getattr(row, column))
        for column in slot.attributes
    }
    known = before.get("image_details", getattr(row, "image_details", None)) or {}
    names = {column.replace("_", "-") for column in slot.attributes}
    return {**held, "image_details": {name: known[name] for name in names & known.keys()}}


def _not_yours(pointer: str) -> Problem:
    return invalid("There is no such upload of yours (any more): upload the file again.", pointer)
