"""A place for a file to be imported that is too large for the body of a request: a presigned POST."""

from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.imports import received
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import UPLOADS

_FILE: Final = "f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"
_FORM: Final = {
    "url": "https://files.example.org/",
    "fields": {"key": f"results/imports/1/{_FILE}"},
}


@action("POST", "/v1/import-files", limited_by=(UPLOADS,), secret=True)
@documented(
    response={"file": _FILE, "form": _FORM},
    open_members=("fields",),
    errors=(400, 401),
)
def open_import_file(context: Context) -> Answer:
    """{file, form}: send the file as multipart/form-data to the form's `url`, its `fields` before the part
    `file`, within ten minutes, and name it in the import as `?file=`.

    Only whoever asked can import it; it is deleted after a day or two.
    """
    return plain(received.open_form(context), headers={"Cache-Control": delivery.NEVER})
