"""Whether somebody has registered at the front desk: asked by the desk, and by whoever has the ticket."""

from functools import lru_cache

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import bad_parameter, not_found, unauthorized
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.jsonapi.resource import Registry


@action("GET", "/v1/states")
@shows(
    who="the attendee, the buyer, and owner, organizers, coorganizers and registrars of the event",
    query={"event_id": "1", "attendee_id": "1"},
    gives={"is_registered": True, "register_times": "2031-05-03T08:55:00+00:00"},
    perhaps=("register_times",),
    refuses=(400, 401, 404),
)
def show_registration(context: Context) -> Answer:
    """{is_registered, register_times} of an attendee. The query says which: event_id and attendee_id.

    The times are those of every registration, separated by commas. Raises Problem 400, 401, 404.
    """
    if context.viewer.id is None:
        raise unauthorized()
    event, attendee = _required(context, "event_id"), _required(context, "attendee_id")
    missing = not_found(f"The event has no attendee {attendee}.")
    if not is_number(attendee):
        raise missing
    sql, ask = _statement(context.registry, context.viewer.kind)
    given: dict[object, object] = {
        "attendee": int(attendee),
        "event": int(event) if is_number(event) else None,
        "identifier": event,
    }
    found = db.fetch(context.session, sql, ask.values(context.viewer, given))
    if not found:
        raise missing
    return plain({"is_registered": found[0][0], "register_times": found[0][1]})


def _required(context: Context, name: str) -> str:
    value = context.request.parameter(name)
    if not value or "\x00" in value:
        raise bad_parameter(name, f"{name} is required.")
    return value


@lru_cache(maxsize=16)
def _statement(registry: Registry, kind: Kind) -> tuple[str, Ask]:
    """Whoever sees the attendee sees this too: the noun says who that is."""
    ask = Ask(registry, kind)
    noun = registry["attendee"]
    seen = noun.policy.see.sql(ask, noun, "t")
    sql = (
        f"SELECT t.is_registered, t.register_times FROM {noun.source} t "  # noqa: S608 - no user input
        "JOIN events event ON event.id = t.event_id AND event.deleted_at IS NULL "
        f"WHERE t.id = {ask.bind('attendee', 'bigint')} AND t.deleted_at IS NULL "
        f"AND (event.id = {ask.bind('event', 'bigint')} "
        f"OR event.identifier = {ask.bind('identifier', 'text')}) AND {seen}"
    )
    return ask.finish(sql), ask
