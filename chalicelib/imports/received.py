"""A file that is to be imported: taken from the request, and stored privately until the task has read it.

It comes as multipart/form-data, or as a presigned POST that was asked for before, where it is larger.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from chalicelib import aws, log, private_files
from chalicelib.jsonapi.ground.errors import Problem, bad_document, bad_parameter, invalid, not_found
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import demand_size
from chalicelib.settings import settings
from chalicelib.task_results import RESULTS
from chalicelib.uploads.form_data import BadForm, parts_of
from chalicelib.uploads.upload import clean_name

FOLDER: Final = f"{RESULTS}imports/"  # its objects are forgotten after a day
FILE: Final = "file"
MOST_BYTES: Final = 200_000_000  # of a presigned POST: how much of it is read is up to the kind of import
_NAME: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LIFETIME: Final = timedelta(minutes=10)
_LATE: Final = {"Retry-After": "10"}
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Received:
    """A file with its name."""

    name: str
    content: bytes

    @property
    def ending(self) -> str:
        """The ending of its name in lower case, without a dot."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


def switches_in(request: Request, names: Sequence[str]) -> dict[str, bool]:
    """The switches among the parameters. Raises Problem 400 for one that is neither true nor false."""
    switches: dict[str, bool] = {}
    for name in names:
        value = request.parameter(name)
        if value is not None:
            if value.lower() not in _TRUTHS:
                raise bad_parameter(name, f"{name} is true or false.")
            switches[name] = _TRUTHS[value.lower()]
    return switches


def named_in(request: Request) -> str | None:
    """The name of a file that was sent before, in the parameter `file`; None where it is not there.

    Raises Problem 400 where a file is sent besides, and 404.
    """
    named = request.parameter(FILE)
    if named is not None and request.body:
        raise bad_parameter(FILE, "Send a file, or name one that was sent before.")
    return None if named is None else demand_name(named)


def received(context: Context) -> Received | None:
    """The file in a body of multipart/form-data; None where there is none, or it is empty.

    Raises Problem 400, 413, 415, and 422 for any other part.
    """
    request = context.request
    demand_size(request, settings().max_upload_body_bytes)
    content_type = request.headers.get("content-type", "")
    if not request.body:
        return None
    if not content_type.lower().startswith("multipart/form-data"):
        raise Problem(415, "Send the file as multipart/form-data.", header="Content-Type")
    try:
        parts = parts_of(content_type, request.body)
    except BadForm as problem:
        raise bad_document(str(problem)) from None
    files = [part for part in parts if part.name == FILE and part.file_name]
    if len(files) > 1:
        raise invalid(f"Send one part named {FILE}.", f"/{FILE}")
    if not files or not files[0].content:
        return None
    for part in parts:
        if part is not files[0]:
            raise invalid(f"The part {part.name!r:.50} is not understood here, or is there twice.", "")
    return Received(clean_name(files[0].file_name or "") or "file", files[0].content)


def store(context: Context, file: Received) -> str:
    """The name under which the file is stored for the viewer, see content_of(). Raises Problem 503.

    Called once everything else is checked: the request is repeated after it, see Context.ask_outside().
    """
    owner_id = context.demand_account()

    def put() -> str:
        name = str(uuid.uuid4())
        try:
            private_files.put(_key(owner_id, name), file.content, "application/octet-stream")
        except aws.failures() as problem:
            log.error("a file was not stored", problem)
            raise Problem(503, "The file could not be stored; try again.", headers=_LATE) from None
        return name

    return context.ask_outside("put file", put)


def open_form(context: Context, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """{file, form}: the name of a file to come, and {url, fields} of a multipart POST for it."""
    name = str(uuid.uuid4())
    key = _key(context.demand_account(), name)
    form = aws.s3().generate_presigned_post(
        Bucket=settings().bucket,
        Key=key,
        Conditions=[["content-length-range", 1, most_bytes]],
        ExpiresIn=int(_LIFETIME.total_seconds()),
    )
    return {"file": name, "form": {"url": form["url"], "fields": form["fields"]}}


def demand_name(name: str) -> str:
    """The name, as far as it can be one of a stored file. Raises Problem 404."""
    if not _NAME.fullmatch(name):
        raise not_found("There is no such file of yours.")
    return name


def content_of(owner_id: int, name: str, most_bytes: int) -> bytes:
    """The content of a file that this account has stored. Raises Problem 404, and 413 for a larger one."""
    stored = aws.stored_object(_key(owner_id, demand_name(name)))
    if stored is None:
        raise not_found("There is no such file of yours (any more): send it again.")
    if stored["ContentLength"] > most_bytes:
        raise Problem(413, f"The file has {stored['ContentLength']:,} bytes; {most_bytes:,} are the most.")
    content: bytes = stored["Body"].read()
    return content


def _key(owner_id: int, name: str) -> str:
    return f"{FOLDER}{owner_id}/{name}"
