"""Sets the order of an event's exhibitors."""

from typing import Any

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document, invalid
from chalicelib.jsonapi.ground.request import Answer, Request, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import LARGEST_INTEGER
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.jsonapi.write.document import read_json
from chalicelib.resources.policies import has_role

_TEAM = has_role(COORGANIZERS, "id")


@action("POST", "/v1/events/{id}/reorder-exhibitors")
@documented(
    who="owner, organizers and coorganizers of the event",
    request=[{"exhibitor": 1, "position": 2}],
    response={"success": True},
    errors=(400, 401, 403, 404, 413, 422),
)
def reorder_exhibitors(context: Context, id: str) -> Answer:
    """[{exhibitor: id, position: n}] -> {success}; with ?reset all positions become 0.

    Raises Problem 400, 401, 403, 404, 422.
    """
    events = context.registry["event"]
    event = lock_visible(context, events, id)
    demand(context, events, event, _TEAM, "You may not arrange these exhibitors.")
    if any(name == "reset" for name, _ in context.request.query):
        db.fetch(context.session, "UPDATE exhibitors SET position = 0 WHERE event_id = $1", [event.id])
        return plain({"success": True})
    positions = dict(_pair(entry) for entry in _entries(context.request))
    changed = db.fetch(
        context.session,
        "UPDATE exhibitors SET position = wanted.position "
        "FROM unnest($2::bigint[], $3::integer[]) AS wanted(id, position) "
        "WHERE exhibitors.id = wanted.id AND exhibitors.event_id = $1 RETURNING exhibitors.id",
        [event.id, list(positions), list(positions.values())],
    )
    if len(changed) != len(positions):
        raise invalid("Some of these exhibitors are not at this event.", "")
    return plain({"success": True})


def _entries(request: Request) -> list[Any]:
    content = read_json(request)
    if not isinstance(content, list):
        raise bad_document("The body is a list of {exhibitor, position}.")
    return content


def _pair(entry: Any) -> tuple[int, int]:
    try:
        exhibitor, position = whole(entry["exhibitor"]), whole(entry["position"])
    except (TypeError, KeyError, ValueError):
        raise invalid("Every entry is {exhibitor, position}, both numbers.", "") from None
    if not (0 < exhibitor < 2**63 and 0 <= position <= LARGEST_INTEGER):
        raise invalid("Every entry is {exhibitor, position}, both numbers.", "")
    return exhibitor, position
