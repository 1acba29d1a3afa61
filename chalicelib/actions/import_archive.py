"""Archives that come in: a zip of ours or of the former server becomes an event, or changes one."""

from typing import Final

from chalicelib import task_results
from chalicelib.docs.documented import BOUNDARY, documented
from chalicelib.exports.export import event_of
from chalicelib.imports import received
from chalicelib.imports.jobs import begin_job
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parameters import demand_known
from chalicelib.jsonapi.rights.verdicts import may_be_allowed, refused
from chalicelib.limits.declared import TASKS, UPLOADS
from chalicelib.tasks.import_archive import NAME

TASK: Final = {"task_url": "/v1/tasks/f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"}
_SWITCHES: Final = ("dry_run", "skip_refused", "invite")
_FILE: Final = "file"
_ZIP: Final = ".zip"
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
_FORM: Final = (
    f"--{BOUNDARY}\n"
    'Content-Disposition: form-data; name="file"; filename="event.zip"\n'
    "Content-Type: application/zip\n\n"
    "PK\n"
    f"--{BOUNDARY}--\n"
)
_ERRORS: Final = (400, 401, 403, 404, 413, 415, 422, 503)


@action("POST", "/v1/events/import/json", limited_by=(UPLOADS, TASKS))
@documented(
    who="whoever may create events",
    request=_FORM,
    files=(_FILE,),
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


@action("POST", "/v1/events/{event}/import/archive", limited_by=(UPLOADS, TASKS))
@documented(
    who="owner, organizers and coorganizers of the event",
    request=_FORM,
    files=(_FILE,),
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
    flags = {**_options(context), "mails": mails}
    arguments = {"event_id": event_id, "file": _stored(context), **flags}
    return task_results.start(context, NAME, arguments)


def _options(context: Context) -> dict[str, bool]:
    """The options in the query string. Raises Problem 400 for one that is not understood."""
    demand_known(context.request, (*_SWITCHES, _FILE))
    options: dict[str, bool] = {}
    for name in _SWITCHES:
        value = context.request.parameter(name)
        if value is not None:
            if value.lower() not in _TRUTHS:
                raise bad_parameter(name, f"{name} is true or false.")
            options[name] = _TRUTHS[value.lower()]
    return options


def _stored(context: Context) -> str:
    """The name of the stored file. Raises Problem: 404 as the former server, for no file or another type."""
    named = context.request.parameter(_FILE)
    if named is not None:
        if context.request.body:
            raise bad_parameter(_FILE, "Send a file, or name one that was sent before.")
        return received.demand_name(named)
    file = received.received(context)
    if file is None:
        raise Problem(404, "File not found", pointer="/file")
    if not file.name.endswith(_ZIP):
        raise Problem(404, "Invalid file type", pointer="/file")
    return received.store(context, file)
