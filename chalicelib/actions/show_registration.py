"""Whether an attendee has registered at the front desk."""

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.rights.visibility import visible


@action("GET", "/v1/states", lenient=True)
@documented(
    who="the attendee, the buyer, and owner, organizers, coorganizers and registrars of the event",
    query={"event_id": "1", "attendee_id": "1"},
    response={"is_registered": True, "register_times": "2031-05-03T08:55:00+00:00"},
    optional_in_response=("register_times",),
    errors=(400, 401, 404),
)
def show_registration(context: Context) -> Answer:
    """{is_registered, register_times} of the attendee named by the query parameters event_id and attendee_id.

    The times are those of every registration, separated by commas. Raises Problem 400, 401, 404.
    """
    context.demand_account()
    event, attendee = _required(context, "event_id"), _required(context, "attendee_id")
    missing = not_found(f"The event has no attendee {attendee}.")
    if not is_number(attendee):
        raise missing
    at = [int(event) if is_number(event) else None, event]
    try:
        registered = visible(context, "attendee", attendee, _registered(context.registry), at).value
    except Problem:
        raise missing from None
    if registered is None:
        raise missing
    return plain({"is_registered": registered[0], "register_times": registered[1]})


def _required(context: Context, name: str) -> str:
    value = context.request.parameter(name)
    if not value or "\x00" in value:
        raise bad_parameter(name, f"{name} is required.")
    return value


def _registered(registry: Registry) -> str:
    """SQL: [is_registered, register_times] of an attendee of the event $4 or $5, which is in no trash."""
    there = text_of(not_deleted(registry["event"], Row("event")))
    return (
        "(SELECT json_build_array(attendee.is_registered, attendee.register_times) FROM events event "  # noqa: S608
        "WHERE event.id = attendee.event_id AND (event.id = $4::bigint OR event.identifier = $5::text) "
        f"AND {there})"
    )
