"""Moves several sessions of an event at once, such as two that swap their places."""

from chalicelib.actions.placing import WARNINGS, place, with_warnings
from chalicelib.actions.plain_object import object_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.programme.placements import DatedPlacement, placements


class _Body(Schema):
    placements = placements(DatedPlacement, required=True)


@action("PATCH", "/v1/events/{id}/schedule")
@documented(
    who="owner, organizers and coorganizers of the event",
    request={
        "placements": [
            {
                "session": 1,
                "starts-at": "2099-12-13T10:00:00Z",
                "ends-at": "2099-12-13T11:00:00Z",
                "microlocation": 1,
                "further-microlocations": [],
                "last-modified-at": "2099-12-01T10:00:00Z",
            }
        ]
    },
    optional=("starts-at", "ends-at", "microlocation", "further-microlocations", "last-modified-at"),
    response={"changed": [1], "meta": WARNINGS},
    optional_in_response=("meta",),
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def place_sessions(context: Context, id: str) -> Answer:
    """{placements: [{session, starts-at, ends-at, microlocation, further-microlocations, last-modified-at}]}
    -> {changed: ids}: all are written, or none. What a placement leaves out stays; null takes a time or the
    room away. They are checked for conflicts once all are written, so sessions may swap their places. A
    session whose `last-modified-at` is another one by now is 409. `meta.warnings` are conflicts that the
    event allows.
    """
    event_id = visible_to_team(context, "event", id, roles=COORGANIZERS).id
    body = object_of(
        context,
        _Body,
        otherwise="The body is {placements}.",
        members="There is placements alone.",
        nested=True,
    )
    context.collect_warnings()
    changed = place(context, event_id, body["placements"], "/placements")
    return with_warnings(context, {"changed": changed})
