"""Sets the order of an event's speakers."""

from collections import Counter

from chalicelib import db
from chalicelib.actions.reordering import arrangement_in, event_to_arrange, resets
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context


@action("POST", "/v1/events/{id}/reorder-speakers", lenient=True)
@documented(
    who="owner, organizers and coorganizers of the event",
    request=[{"speaker": 1, "order": 2}],
    response={"success": True, "updates": {"2": 1}},
    open_members=("updates",),
    errors=(400, 401, 403, 404, 413, 422),
)
def reorder_speakers(context: Context, id: str) -> Answer:
    """[{speaker: id, order: n}] -> {success, updates}: the number of speakers by order.

    With ?reset all become 0, and `updates` is their number. Raises Problem 400, 401, 403, 404, 422: 403 where
    one of the speakers is of another event.
    """
    event = event_to_arrange(context, id, "You may not arrange these speakers.")
    if resets(context):
        done = db.fetch(
            context.session,
            'UPDATE speakers SET "order" = 0 WHERE event_id = $1 AND deleted_at IS NULL RETURNING id',
            [event.id],
        )
        return plain({"success": True, "updates": len(done)})
    arranged = arrangement_in(context.request, "speaker", "order")
    wanted = arranged.positions
    changed = db.fetch(
        context.session,
        'UPDATE speakers SET "order" = wanted.position '
        "FROM unnest($2::bigint[], $3::integer[]) AS wanted(id, position) "
        "WHERE speakers.id = wanted.id AND speakers.event_id = $1 AND speakers.deleted_at IS NULL "
        "RETURNING speakers.id",
        [event.id, list(wanted), list(wanted.values())],
    )
    if len(changed) != len(wanted):
        pointer = arranged.pointer_to_others(id for (id,) in changed)
        raise forbidden("Some of these speakers are not at this event.", pointer)
    updates = Counter(str(position) for position in wanted.values())
    return plain({"success": True, "updates": updates})
