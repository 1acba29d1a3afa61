"""Whether an attendee has registered at the front desk."""

from functools import lru_cache

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.ground.errors import bad_parameter, not_found, unauthorized
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.ground.sql import Param, Row, Statement, render, sql
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.read.find import is_number
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler


@action("GET", "/v1/states")
@shows(
    who="the attendee, the buyer, and owner, organizers, coorganizers and registrars of the event",
    query={"event_id": "1", "attendee_id": "1"},
    gives={"is_registered": True, "register_times": "2031-05-03T08:55:00+00:00"},
    perhaps=("register_times",),
    refuses=(400, 401, 404),
)
def show_registration(context: Context) -> Answer:
    """{is_registered, register_times} of the attendee named by the query parameters event_id and attendee_id.

    The times are those of every registration, separated by commas. Raises Problem 400, 401, 404.
    """
    if context.viewer.id is None:
        raise unauthorized()
    event, attendee = _required(context, "event_id"), _required(context, "attendee_id")
    missing = not_found(f"The event has no attendee {attendee}.")
    if not is_number(attendee):
        raise missing
    statement = _statement(context.registry, context.viewer.kind)
    given: dict[object, object] = {
        "attendee": int(attendee),
        "event": int(event) if is_number(event) else None,
        "identifier": event,
    }
    values = viewer_parameters.values(statement, context.viewer, given)
    found = db.fetch(context.session, statement.text, values)
    if not found:
        raise missing
    return plain({"is_registered": found[0][0], "register_times": found[0][1]})


def _required(context: Context, name: str) -> str:
    value = context.request.parameter(name)
    if not value or "\x00" in value:
        raise bad_parameter(name, f"{name} is required.")
    return value


@lru_cache(maxsize=16)
def _statement(registry: Registry, kind: Kind) -> Statement:
    """The statement. Visibility is that of the attendee, by its policy."""
    noun, row = registry["attendee"], Row("t")
    event = Param("event", "bigint"), " OR event.identifier = ", Param("identifier", "text")
    return render(
        sql(
            f"SELECT t.is_registered, t.register_times FROM {noun.source} {row} "  # noqa: S608 - no user input
            "JOIN events event ON event.id = t.event_id AND event.deleted_at IS NULL WHERE t.id = ",
            *(Param("attendee", "bigint"), " AND t.deleted_at IS NULL AND (event.id = ", *event, ") AND "),
            Compiler(registry, kind).condition(noun.policy.see, noun, row),
        )
    )
