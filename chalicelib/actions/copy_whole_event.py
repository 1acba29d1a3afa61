"""Copies an event with its programme, as its archive would be imported: a task does it."""

from typing import Final

from chalicelib import task_results
from chalicelib.actions.export_archive import flags_of
from chalicelib.actions.export_rows import TASK
from chalicelib.docs.documented import documented
from chalicelib.exports.export import event_of
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import may_be_allowed, refused
from chalicelib.limits.declared import TASKS
from chalicelib.tasks.copy_event import NAME

_FLAGS: Final = {"people": True, "invite": False, "skip_refused": False}


@action("POST", "/v1/events/{event}/copies", limited_by=(TASKS,))
@documented(
    who="owner, organizers and coorganizers of the event who may create events",
    request=_FLAGS,
    optional=tuple(_FLAGS),
    response=TASK,
    errors=(400, 401, 403, 404, 413, 422),
)
def copy_whole_event(context: Context, event: str) -> Answer:
    """{people, invite, skip_refused} -> {task_url}, whose result is {url, id, event_name} of a copy of the
    whole event, a draft, and a report as of an import.

    It has what the event's archive would have: sessions, speakers (unless `people` is false), codes, forms
    and all. Its owner is whoever asks; others are invited, by mail, if `invite` says so. For a copy of the
    set-up alone, at once, there is POST /v1/events/{id}/copy. With `skip_refused`, rows that the API would
    not make by now, such as those of a former server, are left out and reported; without, nothing is copied.
    """
    place = event_of(context, event)
    events = context.registry["event"]
    if not may_be_allowed(context, events, events.policy.create):
        raise refused(context, "You may not create this event.")
    return task_results.start(context, NAME, {"event_id": place.id, **flags_of(context, _FLAGS)})
