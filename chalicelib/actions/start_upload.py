"""File uploads for clients: request a presigned POST, send the file, poll the result."""

import json
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from chalicelib import uploads
from chalicelib.actions import upload_slots  # noqa: F401 - declares the slots
from chalicelib.docs.documented import CREATING, documented
from chalicelib.jsonapi.ground.errors import Problem, invalid, not_found
from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.jsonapi.query.parameters import refuse
from chalicelib.jsonapi.write.document import read_resource
from chalicelib.jsonapi.write.rows import may_change
from chalicelib.limits.declared import UPLOADS
from chalicelib.settings import settings
from chalicelib.uploads import SLOTS, Slot, Upload
from chalicelib.uploads.upload import LONGEST_NAME, clean_name

_ID: Final = "f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"
_SENT: Final = {"slot": "event.logo-url", "owner-id": "1", "file-name": "logo.png", "size": 48_213}
_EXAMPLE: Final[dict[str, Any]] = {
    "jsonapi": {"version": "1.1"},
    "links": {"self": f"/v1/uploads/{_ID}"},
    "data": {
        "type": "upload",
        "id": _ID,
        "attributes": {
            **_SENT,
            "state": "pending",
            "reason": None,
            "mime-type": None,
            "url": None,
            "renditions": {},
            "image-details": {},
            "created-at": "2030-11-02T10:15:00+00:00",
            "expires-at": "2030-11-02T11:15:00+00:00",
        },
        "links": {"self": f"/v1/uploads/{_ID}"},
    },
}
_FORM: Final = {"url": "https://files.example.org/", "fields": {"key": f"incoming/{_ID}/logo.png"}}
_OPENED: Final = _EXAMPLE | {
    "data": _EXAMPLE["data"] | {"attributes": _EXAMPLE["data"]["attributes"] | {"form": _FORM}}
}


@action("POST", "/v1/uploads", documents=True, limited_by=(UPLOADS,))
@documented(
    who="whoever may change what the file is for",
    request={"data": {"type": "upload", "attributes": _SENT}},
    optional=("size",),
    response=_OPENED,
    optional_in_response=("size",),
    open_members=("fields",),
    status=201,
    errors=CREATING,
)
def start_upload(context: Context) -> Answer:
    """201 with a presigned POST for one file, for whoever may change the row that the file is for.

    Raises Problem: 401, 403 and 404 as for changing that row, 422 for an unknown slot or an invalid name or
    size.
    """
    creator_id = context.demand_account()
    sent = read_resource(context.request, "upload", None).attributes
    slot = _slot(sent)
    file_name, size = _file_name(sent), _size(sent, slot)
    owner = _owner(context, slot, sent)
    upload, form = uploads.open_upload(context.session, slot, owner.id, creator_id, file_name, size)
    answer = _answer(upload, 201, form)
    answer.headers["Location"] = _address(upload)
    return answer


@action("GET", "/v1/uploads/{id}", documents=True)
@documented(
    who="whoever started the upload, and staff",
    path={"id": _ID},
    response=_EXAMPLE,
    optional_in_response=("size",),
    open_members=("renditions", "image-details"),
    errors=(400, 401, 404, 406),
)
def show_upload(context: Context, id: str) -> Answer:
    """200 with the state of an upload, for its creator and for staff; 404 for others."""
    refuse(context.request)  # sparse fieldsets do not apply
    viewer_id = context.demand_account()
    upload = context.session.scalars(select(Upload).where(Upload.key == _key(id))).one_or_none()
    if upload is None or not (upload.creator_id == viewer_id or context.viewer.is_staff):
        raise not_found(f"There is no upload {id}.")
    return _answer(upload, 200)


def _slot(sent: dict[str, Any]) -> Slot:
    name = sent.get("slot")
    if not isinstance(name, str) or name not in SLOTS:
        known = ", ".join(sorted(SLOTS))
        raise invalid(f"slot must be one of {known}.", _pointer("slot"))
    return SLOTS[name]


def _file_name(sent: dict[str, Any]) -> str:
    name = sent.get("file-name")
    kept = clean_name(name) if isinstance(name, str) else None
    if kept is None:
        raise invalid(f"file-name must be 1 to {LONGEST_NAME} printable characters.", _pointer("file-name"))
    return kept


def _size(sent: dict[str, Any], slot: Slot) -> int | None:
    size = sent.get("size")
    if size is None:
        return None
    try:
        bytes_sent = whole(size)
    except ValueError:
        bytes_sent = 0
    if not 1 <= bytes_sent <= slot.limit:
        raise invalid(f"size must be a whole number from 1 to {slot.limit}.", _pointer("size"))
    return bytes_sent


def _owner(context: Context, slot: Slot, sent: dict[str, Any]) -> Any:
    id = sent.get("owner-id")
    if isinstance(id, bool) or not isinstance(id, (str, int)) or id == "":
        raise invalid(f"owner-id must be the id of a {slot.noun}.", _pointer("owner-id"))
    try:
        return may_change(context, slot.noun, str(id))
    except Problem as problem:
        problem.pointer = problem.pointer or _pointer("owner-id")
        raise


def _pointer(name: str) -> str:
    return f"/data/attributes/{name}"


def _key(id: str) -> str:
    try:
        return str(UUID(id))
    except ValueError:
        raise not_found(f"There is no upload {id}.") from None


def _address(upload: Upload) -> str:
    return f"{settings().api_prefix}/v1/uploads/{upload.key}"


def _answer(upload: Upload, status: int, form: dict[str, Any] | None = None) -> Answer:
    attributes: dict[str, Any] = {
        "slot": upload.slot,
        "owner-id": str(upload.owner_id),
        "file-name": upload.file_name,
        "state": upload.state,
        "reason": upload.reason,
        "mime-type": upload.mime_type,
        "size": upload.size,
        "url": upload.url,
        "renditions": {name.replace("_", "-"): url for name, url in (upload.renditions or {}).items()},
        "image-details": upload.image_details or {},
        "created-at": upload.created_at.isoformat(),
        "expires-at": upload.expires_at.isoformat(),
    }
    if form is not None:
        attributes["form"] = form
    document = {
        "jsonapi": {"version": "1.1"},
        "links": {"self": _address(upload)},
        "data": {
            "type": "upload",
            "id": upload.key,
            "attributes": attributes,
            "links": {"self": _address(upload)},
        },
    }
    return Answer(status, json.dumps(document, ensure_ascii=False), {"Content-Type": MEDIA_TYPE})
