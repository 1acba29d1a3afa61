"""Prints an attendee's badge: a task draws the PDF, whose address the client then polls for."""

from typing import Final

from chalicelib import task_results
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, conflict, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.declared import TASKS
from chalicelib.resources.orders.order.states import is_over_as_test
from chalicelib.tasks.print_badge import FORM_OF_ATTENDEE, LONGEST_LIST, NAME

_TOLD: Final = (
    f"json_build_array({FORM_OF_ATTENDEE}, EXISTS (SELECT FROM orders bought "
    "JOIN events event ON event.id = bought.event_id WHERE bought.id = attendee.order_id "
    f"AND {is_over_as_test('bought', 'event')}))"
)


@action("GET", "/v1/badge-forms/print-badge-pdf", lenient=True, limited_by=(TASKS,), acts=True)
@documented(
    who="owner, organizers and coorganizers of the attendee's event",
    query={"attendee_id": "1", "list_field_show": "firstname,lastname"},
    response={"task_url": "/v1/tasks/f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"},
    errors=(400, 401, 403, 404, 409, 422),
)
def print_badge(context: Context) -> Answer:
    """{task_url}, whose result is {download_url} of the attendee's badge.

    `list_field_show` are field identifiers with commas between: the other texts stay blank. The attendee is
    then stamped with `is-badge-printed` and `badge-printed-at`. 404 without a parameter, and where the
    ticket has no badge; 409 for a ticket of test mode once the event has begun; 422 for an id that is
    no number.
    """
    context.demand_account()
    attendee_id, fields = (_parameter(context, name) for name in ("attendee_id", "list_field_show"))
    if not is_number(attendee_id):
        raise Problem(422, "attendee_id is the id of an attendee.", parameter="attendee_id")
    if len(fields) > LONGEST_LIST:
        raise Problem(
            422, f"list_field_show has {LONGEST_LIST} characters at most.", parameter="list_field_show"
        )
    found = visible_to_team(context, "attendee", attendee_id, _TOLD, roles=COORGANIZERS)
    form, is_over = found.value
    if form is None:
        raise not_found("The attendee's ticket has no badge.")
    if is_over:
        raise conflict("The ticket is a test: it has no badge once the event has begun.")
    return task_results.start(context, NAME, {"attendee_id": found.id, "fields": fields})


def _parameter(context: Context, name: str) -> str:
    value = context.request.parameter(name)
    if not value:
        raise Problem(404, f"{name} is missing.", parameter=name)
    return value
