"""Exports an event's programme as a file: a task writes it, whose address the client then polls for."""

from typing import Final

from chalicelib import task_results
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.declared import TASKS
from chalicelib.tasks.export_schedule import NAME

_DOCUMENTED: Final = {
    "who": "owner, organizers and coorganizers of the event",
    "path": {"event": "1"},
    "response": {"task_url": "/v1/tasks/f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"},
    "errors": (401, 403, 404),
}


@action("GET", "/v1/events/{event}/export/ical", lenient=True, limited_by=(TASKS,), acts=True)
@documented(**_DOCUMENTED)
def export_ical(context: Context, event: str) -> Answer:
    """{task_url}, whose result is {download_url} of the event and its programme as event_ical.ics."""
    return _started(context, event, "ical")


@action("GET", "/v1/events/{event}/export/xcal", lenient=True, limited_by=(TASKS,), acts=True)
@documented(**_DOCUMENTED)
def export_xcal(context: Context, event: str) -> Answer:
    """The same as xcal.xcs: frab's xCal, as GET /v1/events/{event}.xcs has it."""
    return _started(context, event, "xcal")


@action("GET", "/v1/events/{event}/export/pentabarf", lenient=True, limited_by=(TASKS,), acts=True)
@documented(**_DOCUMENTED)
def export_pentabarf(context: Context, event: str) -> Answer:
    """The same as pentabarf.xml: schedule.xml with what Pentabarf's readers know besides."""
    return _started(context, event, "pentabarf")


def _started(context: Context, event: str, form: str) -> Answer:
    row = visible_to_team(context, "event", event, roles=COORGANIZERS)
    return task_results.start(context, NAME, {"event_id": row.id, "form": form})
