"""Files in the body of a request, for clients that know no presigned POST: each gets a temporary URL.

Written into an attribute of a row that one may change, the URL stays for good and, where the attribute is an
upload slot, has the renditions that a presigned POST would have. Unused it expires after a day.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib import log
from chalicelib.docs.documented import BOUNDARY, documented
from chalicelib.jsonapi.ground.errors import Problem, bad_document, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import demand_size, read_json
from chalicelib.limits.declared import UPLOADS
from chalicelib.settings import settings
from chalicelib.uploads import temporary
from chalicelib.uploads.form_data import BadForm, Part, parts_of
from chalicelib.uploads.slots import IMAGES
from chalicelib.uploads.temporary import NotStored, Sent, Unfit, inspected
from chalicelib.uploads.upload import clean_name

_DATA_URL: Final = re.compile(r"data:([^,]*);base64,", re.IGNORECASE)  # RFC 2397
_FILE, _FILES = "file", "files[]"
_PIXEL: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)
_URL: Final = "https://media.example.org/media/upload/f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11.pdf"
_FORM: Final = (
    f"--{BOUNDARY}\n"
    'Content-Disposition: form-data; name="file"; filename="programme.pdf"\n'
    "Content-Type: application/pdf\n\n"
    "%PDF-1.4\n"
    f"--{BOUNDARY}--\n"
)
_REFUSES: Final = (400, 401, 413, 422, 503)


@action("POST", "/v1/upload/image", lenient=True, limited_by=(UPLOADS,))
@documented(request={"data": _PIXEL}, response={"url": _URL.replace(".pdf", ".png")}, errors=_REFUSES)
def upload_image(context: Context) -> Answer:
    """{data: data URL in base64} -> {url}, for a PNG, JPEG, GIF or WebP image.

    The true type counts, not the one that the data URL declares. 422 for another type or a damaged image.
    """
    creator_id = context.demand_account()
    content = read_json(context.request, settings().max_upload_body_bytes)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, str) or not data:
        raise bad_document("data must be a data URL with an image in base64.", "/data")
    try:
        image = inspected("image", _decoded(data), IMAGES)
    except Unfit as problem:
        raise invalid(str(problem), "/data") from None
    (url,) = _stored(context, [image], creator_id)
    return plain({"url": url})


@action("POST", "/v1/upload/files", lenient=True, limited_by=(UPLOADS,))
@documented(request=_FORM, files=(_FILE, _FILES), response={"url": _URL}, errors=(*_REFUSES, 415))
def upload_files(context: Context) -> Answer:
    """multipart/form-data with `file` -> {url}, or with one or more `files[]` -> {url: [url, ...]}.

    Each file must be of a type that some upload slot accepts: images, slides, sound, film. All are accepted
    or none.
    """
    creator_id = context.demand_account()
    request = context.request
    demand_size(request, settings().max_upload_body_bytes)
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise Problem(415, "Send the files as multipart/form-data.", header="Content-Type")
    try:
        parts = [part for part in parts_of(content_type, request.body) if part.name in {_FILE, _FILES}]
    except BadForm as problem:
        raise bad_document(str(problem)) from None
    several = bool(parts) and all(part.name == _FILES for part in parts)
    if not several and len(parts) != 1:
        raise bad_document(f"Send one part named {_FILE}, or one or more named {_FILES}.")
    urls = _stored(context, list(_inspected(parts)), creator_id)
    return plain({"url": urls if several else urls[0]})


def _stored(context: Context, files: Sequence[Sent], creator_id: int) -> list[str]:
    """The URLs of the files, once they are in the bucket. Raises Problem 503.

    Before the transaction, so that no answer is kept for an Idempotency-Key unless the files are there.
    """

    def put() -> list[str]:
        try:
            return temporary.store(files, creator_id)
        except NotStored as problem:
            log.error("a file was not stored", problem)
            late = {"Retry-After": "10"}
            raise Problem(503, "The file could not be stored; try again.", headers=late) from None

    return context.ask_outside("put files", put)


def _inspected(parts: Sequence[Part]) -> Iterator[Sent]:
    kinds = temporary.all_kinds()
    for number, part in enumerate(parts):
        if part.file_name is None:
            raise invalid(f"The part {part.name} has no file name: it is no file.", f"/{part.name}")
        try:
            yield inspected(clean_name(part.file_name) or "file", part.content, kinds)
        except Unfit as problem:
            place = f"/{part.name}/{number}" if part.name == _FILES else f"/{part.name}"
            raise invalid(str(problem), place) from None


def _decoded(data: str) -> bytes:
    """The content of a data URL. Line breaks in the base64, which some clients send, are skipped."""
    opening = _DATA_URL.match(data[:200])
    if opening is None:
        raise invalid("data must begin with data:, an image type, and ;base64,", "/data")
    try:
        return b64decode(re.sub(r"\s+", "", data[opening.end() :]), validate=True)
    except (NotBase64, ValueError):
        raise invalid("data is no base64.", "/data") from None
