"""How many of an event's tickets are left."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.tickets.stock import left

# OFFSET 0 is an optimization fence: without it the count would run once per reference.
_AVAILABLE: Final = f"""(
  SELECT coalesce(json_agg(json_build_object(
    'id', ticket.id, 'name', ticket.name, 'quantity', ticket.quantity,
    'available', CASE WHEN rest.places < 0 THEN 0 ELSE rest.places END
  ) ORDER BY ticket.position, ticket.id), '[]')::text
  FROM tickets ticket CROSS JOIN LATERAL (SELECT {left("ticket")} AS places OFFSET 0) rest
  WHERE ticket.event_id = event.id AND ticket.deleted_at IS NULL AND (event.has_role OR NOT ticket.is_hidden)
)"""  # noqa: S608 - no user input


@action("GET", "/v1/events/{id}/tickets/availability", lenient=True)
@documented(
    who="whoever sees the event; hidden tickets only its owner, organizers and coorganizers",
    open=True,
    response=[{"id": 1, "name": "Early bird 1", "quantity": 50, "available": 49}],
    optional_in_response=("quantity", "available"),
    errors=(401, 404),
)
def show_availability(context: Context, id: str) -> Answer:
    """[{id, name, quantity, available}] of the event's tickets, in their order. Raises Problem 404.

    Seats reserved for unfinished orders are not available. A ticket in a pool has no more seats than its
    pool; where neither has a limit, `available` is null.
    """
    return json_text(visible(context, "event", id, _AVAILABLE, roles=COORGANIZERS).value)
