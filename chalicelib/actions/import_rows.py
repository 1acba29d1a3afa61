"""Imports into an event: a file is stored, and a task makes and changes rows of what it says."""

import json
from typing import Any, Final

from chalicelib import task_results
from chalicelib.actions.export_rows import TASK
from chalicelib.docs.documented import BOUNDARY, documented
from chalicelib.exports.export import event_of
from chalicelib.imports import received
from chalicelib.imports.kinds import KINDS
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter, not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TASKS, UPLOADS
from chalicelib.tasks.import_file import NAME

_SWITCHES: Final = ("dry_run", "skip_refused", "create_missing")
_IGNORE: Final = "ignore"
PARAMETERS: Final = (*_SWITCHES, _IGNORE)
_LONGEST: Final = 10_000  # characters of the list of ignored columns, as JSON within JSON
FORM: Final = (
    f"--{BOUNDARY}\n"
    'Content-Disposition: form-data; name="file"; filename="speakers.csv"\n'
    "Content-Type: text/csv\n\n"
    "Name,Email,Organisation\n"
    "Grace Hopper,grace@example.org,Navy\n"
    f"--{BOUNDARY}--\n"
)


@action(
    "POST",
    "/v1/events/{event}/import/{kind}",
    query=(*PARAMETERS, received.FILE),
    limited_by=(UPLOADS, TASKS),
)
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"kind": "speakers"},
    request=FORM,
    files=(received.FILE,),
    response=TASK,
    errors=(400, 401, 403, 404, 413, 415, 422, 503),
)
def import_into_event(context: Context, event: str, kind: str) -> Answer:
    """{task_url}, whose result is the report {dry_run, counts, entries, left_out, download_url}.

    The file comes as multipart/form-data with the part `file`, or is named by the parameter `file` (see
    POST /v1/import-files). `dry_run=true` changes nothing; `create_missing=true` makes tracks, rooms and
    session types that are named; `skip_refused=true` imports what it can; `ignore` are headings of columns,
    with commas between. Otherwise nothing is imported where anything is refused: FAILURE with a `reason`.
    """
    context.demand_account()
    if kind not in KINDS:
        raise not_found(f"There is no import of {kind}: there are {', '.join(sorted(KINDS))}.")
    options = options_of(context.request)
    place = event_of(context, event)
    file = _stored(context, kind)
    arguments = {"kind": kind, "event_id": place.id, "file": file, "options": json.dumps(options)}
    return task_results.start(context, NAME, arguments)


def options_of(request: Request) -> dict[str, Any]:
    """The options in the query string, by PARAMETERS. Raises Problem 400."""
    options: dict[str, Any] = {**received.switches_in(request, _SWITCHES)}
    ignored = request.parameter(_IGNORE)
    if ignored is not None:
        if len(json.dumps(json.dumps(ignored))) > _LONGEST:  # as it is a part of a message
            raise bad_parameter(_IGNORE, "ignore is too long.")
        options[_IGNORE] = [" ".join(name.split()).casefold() for name in ignored.split(",")]
    return options


def _stored(context: Context, kind: str) -> str:
    """The name of the stored file. Raises Problem."""
    named = received.named_in(context.request)
    if named is not None:
        return named
    file = received.received(context)
    if file is None:
        raise Problem(422, "There is no file: send a part named file that is not empty.", pointer="/file")
    endings = KINDS[kind].endings
    if file.ending not in endings:
        listed = ", ".join(f".{ending}" for ending in sorted(endings))
        raise Problem(422, f"{kind} are imported from files whose name ends in {listed}.", pointer="/file")
    return received.store(context, file)
