"""Archives that come in: a zip of ours or of the former server becomes an event, or changes one."""

from typing import Final

from chalicelib import task_results
from chalicelib.actions.export_rows import TASK
from chalicelib.docs.documented import BOUNDARY, documented
from chalicelib.exports.export import event_of
from chalicelib.imports import received
from chalicelib.imports.jobs import begin_job
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import may_be_allowed, refused
from chalicelib.limits.declared import TASKS, UPLOADS
from chalicelib.tasks.import_archive import NAME

_SWITCHES: Final = ("dry_run", "skip_refused", "invite")
_PARAMETERS: Final = (*_SWITCHES, received.FILE)
_ZIP: Final = ".zip"
_FORM: Final = (
    f"--{BOUNDARY}\n"
    'Content-Disposition: form-data; name="file"; filename="event.zip"\n'
    "Content-Type: application/zip\n\n"
    "PK\n"
    f"--{BOUNDARY}--\n"
)
_ERRORS: Final = (400, 401, 403, 404, 413, 415, 422, 503)


@action("POST", "/v1/events/import/json", query=_PARAMETERS, limited_by=(UPLOADS, TASKS))
@documented(
    who="whoever may create events",
    request=_FORM,
    files=(received.FILE,),
    response=TASK,
    errors=_ERRORS,
)
def import_event(context: Context) -> Answer:
    """{task_url} of the import of a zip as a new event; its result is {url, id, event_name} and a report.

    The zip is an archive of ours or of the former server, sent as multipart/form-data with the part `file`,
    or named by the parameter `file` (see POST /v1/import-files). `dry_run=true` changes nothing;
    `invite=true` invites whom the archive names, by mail; `skip_refused=true` imports what it can. Otherwise
    nothing is imported where anything is refused. A mail says what has become of it.
    """
    context.demand_account()
    events = context.registry["event"]
    if not may_be_allowed(context, events, events.policy.create):
        raise refused(context, "You may not create this event.")
    answer = _start(context, 0, mails=True)
    begin_job(context, answer)
    return answer


@action("POST", "/v1/events/{event}/import/archive", query=_PARAMETERS, limited_by=(UPLOADS, TASKS))
@documented(
    who="owner, organizers and coorganizers of the event",
    request=_FORM,
    files=(received.FILE,),
    response=TASK,
    errors=_ERRORS,
)
def import_into_event(context: Context, event: str) -> Answer:
    """{task_url} of the import of a zip into this event: what came before, or was exported from it, is
    changed, the rest is made, and nothing is removed. All else is as for a new event.
    """
    context.demand_account()
    return _start(context, event_of(context, event).id)


def _start(context: Context, event_id: int, *, mails: bool = False) -> Answer:
    flags = {**received.switches_in(context.request, _SWITCHES), "mails": mails}
    arguments = {"event_id": event_id, "file": _stored(context), **flags}
    return task_results.start(context, NAME, arguments)


def _stored(context: Context) -> str:
    """The name of the stored file. Raises Problem: 404 as the former server, for no file or another type."""
    named = received.named_in(context.request)
    if named is not None:
        return named
    file = received.received(context)
    if file is None:
        raise not_found("File not found", "/file")
    if not file.name.endswith(_ZIP):
        raise not_found("Invalid file type", "/file")
    return received.store(context, file)
