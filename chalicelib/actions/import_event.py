"""Imports an event at the address of the former server, as its web client asks for it."""

import json
from typing import Final

from chalicelib import task_results
from chalicelib.actions.export_rows import TASK
from chalicelib.actions.import_rows import PARAMETERS, options_of
from chalicelib.docs.documented import BOUNDARY, documented
from chalicelib.imports import received
from chalicelib.imports.jobs import begin_job
from chalicelib.imports.kinds import EVENT_KINDS
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TASKS, UPLOADS
from chalicelib.tasks.import_file import EVENT

_FORM: Final = (
    f"--{BOUNDARY}\n"
    'Content-Disposition: form-data; name="file"; filename="programme.ics"\n'
    "Content-Type: text/calendar\n\n"
    "BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Compiler Days\nBEGIN:VEVENT\nUID:1@example.org\n"
    "DTSTART:20990501T090000Z\nDTEND:20990501T100000Z\nSUMMARY:Parsing by hand\nEND:VEVENT\nEND:VCALENDAR\n"
    f"--{BOUNDARY}--\n"
)


@action("POST", "/v1/events/import/{source}", query=PARAMETERS, limited_by=(UPLOADS, TASKS))
@documented(
    path={"source": "ical"},
    request=_FORM,
    files=(received.FILE,),
    response=TASK,
    errors=(400, 401, 404, 413, 415, 422, 503),
)
def import_event(context: Context, source: str) -> Answer:
    """{task_url}, whose result is {url, id, event_name} of a new event, with the report of the import.

    `source` is pentabarf (schedule.xml of Pentabarf, frab and others, or schedule.json), ical or xcal. The
    file comes as multipart/form-data with the part `file`; whoever sends it owns the event, which is a draft.
    404 without a file, and for one with another ending.
    """
    context.demand_account()
    if source not in EVENT_KINDS:
        raise not_found(f"There is no import of {source}.")
    options = options_of(context.request)
    file = received.received(context)
    if file is None:
        raise not_found("File not found", "/file")
    if file.ending not in EVENT_KINDS[source].endings:
        raise not_found("Invalid file type", "/file")
    name = received.store(context, file)
    answer = task_results.start(
        context, EVENT, {"kind": source, "file": name, "options": json.dumps(options)}
    )
    begin_job(context, answer)
    return answer
