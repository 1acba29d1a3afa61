"""Sets the order of an event's exhibitors."""

from chalicelib import db
from chalicelib.actions.reordering import arrangement_in, event_to_arrange, resets
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context


@action("POST", "/v1/events/{id}/reorder-exhibitors", lenient=True)
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
    event = event_to_arrange(context, id, "You may not arrange these exhibitors.")
    if resets(context):
        db.fetch(context.session, "UPDATE exhibitors SET position = 0 WHERE event_id = $1", [event.id])
        return plain({"success": True})
    arranged = arrangement_in(context.request, "exhibitor", "position")
    positions = arranged.positions
    changed = db.fetch(
        context.session,
        "UPDATE exhibitors SET position = wanted.position "
        "FROM unnest($2::bigint[], $3::integer[]) AS wanted(id, position) "
        "WHERE exhibitors.id = wanted.id AND exhibitors.event_id = $1 RETURNING exhibitors.id",
        [event.id, list(positions), list(positions.values())],
    )
    if len(changed) != len(positions):
        pointer = arranged.pointer_to_others(id for (id,) in changed)
        raise invalid("Some of these exhibitors are not at this event.", pointer)
    return plain({"success": True})
