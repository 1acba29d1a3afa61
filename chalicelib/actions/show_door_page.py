"""GET /door: the pages for the entrance of an event, and their static files."""

from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.door_page import files
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context

_HTML: Final = "text/html; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_OTHERS: Final = (
    *("text/css; charset=utf-8", _SCRIPT, "application/json"),
    *("application/manifest+json", "image/svg+xml", "image/png"),
)


@action("GET", "/door", lenient=True, reads_token=False)
@documented(who="everybody", media_type=_HTML)
def show_door(context: Context) -> Answer:
    """The door page: pairs a device, scans tickets, and goes on without network. docs/door.md shows it."""
    return files.page(context.request, "")


@action("GET", "/door/{name}", lenient=True, reads_token=False)
@documented(who="everybody", path={"name": "overview"}, media_type=_HTML, others=_OTHERS, errors=(404,))
def show_file_of_door(context: Context, name: str) -> Answer:
    """`overview`: how many people have come; `devices`: makes devices; `leads`: scans leads; or a file of
    these pages. Raises Problem 404.
    """
    return files.file(context.request, name)


@action("GET", "/door/qr/{name}", lenient=True, reads_token=False)
@documented(who="everybody", path={"name": "decode.js"}, media_type=_SCRIPT, errors=(404,))
def show_qr_library(context: Context, name: str) -> Answer:
    """A file of the library that reads and makes QR codes in the browser. Raises Problem 404."""
    return files.file(context.request, f"qr/{name}")
