"""Searches an event's attendees at the entrance: by name, address, or ticket."""

from typing import Final

from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.onsite.device_loader import DOOR
from chalicelib.resources.orders.attendee.search import LONGEST, MATCHING, search_values

_FOUND: Final = f"""(
  SELECT coalesce(json_agg(summary), '[]')::text FROM (
    SELECT person.id, person.firstname, person.lastname, CASE WHEN $11::boolean THEN person.email END AS
    email, person.identifier, person.is_checked_in, person.is_registered, person.ticket_id, ticket.name
    AS ticket_name, person.order_id, bought.reference AS order_reference, bought.status AS order_status
    FROM unnest(ARRAY(
      SELECT matching.id FROM ({MATCHING}) matching
    )) WITH ORDINALITY found(id, place)
    JOIN attendees person ON person.id = found.id
    JOIN tickets ticket ON ticket.id = person.ticket_id
    LEFT JOIN orders bought ON bought.id = person.order_id
    ORDER BY found.place
  ) summary
)"""  # noqa: S608 - no user input


@action("GET", "/v1/events/{event}/attendees/search", lenient=True, families=("page",))
@documented(
    who="owner, organizers, coorganizers and registrars of the event, and its paired devices",
    query={"q": "ada"},
    response=[
        {
            "id": 1,
            "firstname": "Ada",
            "lastname": "Lovelace",
            "email": "ada@example.org",
            "identifier": "5c2e8a",
            "is_checked_in": False,
            "is_registered": False,
            "ticket_id": 1,
            "ticket_name": "Early bird 1",
            "order_id": 1,
            "order_reference": "20 exultant leopards strode intensely",
            "order_status": "completed",
        }
    ],
    optional_in_response=("firstname", "lastname", "email", "order_id", "order_reference", "order_status"),
    errors=(400, 401, 403, 404, 422),
)
def search_attendees(context: Context, event: str) -> Answer:
    """The event's attendees that match the query parameter q, by name; page[number] and page[size] as in
    lists.

    Each word of q must be part of the name or of the email address; or q is the text of a ticket's QR code
    (the order's identifier and the attendee's, or the attendee's id), an attendee's identifier, or an order's
    identifier or reference. After those that match come those whose names are alike: a word has one letter
    more, less or another one, or two that changed places. Raises Problem 400 without q, 401, 403, 404, and
    422 where q is too long.
    """
    page = parse(context.request, context.registry, context.registry["attendee"])
    parameter = context.request.parameter("q")
    if not parameter:
        raise bad_parameter("q", "Say in q whom to search for.")
    words = " ".join(parameter.split())
    if len(words) > LONGEST:
        raise Problem(422, f"At most {LONGEST} characters can be searched for.", parameter="q")
    values = search_values(words, page.size, (page.number - 1) * page.size)
    values.append(context.viewer.id is not None)  # a device that is stolen tells no addresses
    event_row = visible_to_team(context, "event", event, _FOUND, values, roles=REGISTRARS, capability=DOOR)
    return json_text(event_row.value)
