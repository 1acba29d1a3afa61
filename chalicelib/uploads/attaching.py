"""Attaching uploads: what follows where a written attribute holds the URL of a temporary upload.

Runs after every write of every resource type. URLs that lead elsewhere stay plain links: nothing is ever
fetched from a URL that a client wrote.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.orm.attributes import instance_dict

from chalicelib import clock, signals, telemetry
from chalicelib.jsonapi.ground.errors import Problem, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.settings import settings
from chalicelib.uploads import temporary
from chalicelib.uploads.slots import SLOTS, Slot
from chalicelib.uploads.temporary import TemporaryUpload
from chalicelib.uploads.upload import READY, Upload

_FILE: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.\w+)")


def attach_uploads(context: Context, resource: Resource, change: Change) -> None:
    """Keep the temporary uploads that this write refers to, and fill the slots among its attributes.

    Only the uploader may use an upload; once used, it is a public file that others may link to. Raises
    Problem 422 for one that is somebody else's or expired, and for one that the slot does not take.
    """
    prefix = _prefix()
    written = [
        (name, value, _keys(text))
        for name, value in _written(resource, change)
        if prefix in (text := value if type(value) is str else _text(value))
    ]
    if not written:
        return
    known, over = temporary.lock(context.session, sorted({key for _, _, keys in written for key in keys}))
    mine = {key: upload for key, upload in known.items() if upload.creator_id == context.viewer.id}
    for name, value, keys in written:
        attribute = resource.attributes[name]
        pointer = f"/data/attributes/{attribute.wire}"
        if isinstance(value, str) and (file := _named_by(value)):
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
        for key in keys & mine.keys():
            mine[key].used_at = mine[key].used_at or clock.now()


def _written(resource: Resource, change: Change) -> Iterator[tuple[str, Any]]:
    """(name, value) of every attribute sent that is new or differs; one without a column counts as sent."""
    held = instance_dict(change.row)
    for name, value in change.sent.items():
        column = resource.attributes[name].column
        if column not in held:
            yield name, value
        elif change.is_new or column in change.before:
            yield name, held[column]


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


def _prefix() -> str:
    return f"{settings().media_url}/{temporary.FOLDER}"


def _named_by(url: str) -> str | None:
    """The key of the upload whose URL this is, or None. A rendition of one is a plain link."""
    start = _prefix()
    found = _FILE.match(url, len(start)) if url.startswith(start) else None
    return found[0] if found else None


def _keys(text: str) -> set[str]:
    """The keys of all uploads whose URLs are in the text."""
    start = _prefix()
    places = (match.end() for match in re.finditer(re.escape(start), text))
    return {found[0] for place in places if (found := _FILE.match(text, place))}


def _text(value: Any) -> str:
    """The texts in a value: itself, or those in a list or object."""
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return value if isinstance(value, str) else ""
