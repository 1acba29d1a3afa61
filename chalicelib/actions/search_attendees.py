"""Searches an event's attendees at the entrance: by name, address, or ticket."""

import re
from typing import Final

from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.memorable import OF_32_BITS, NotASentence

_LONGEST: Final = 200  # characters
_PATTERN_CHARACTERS: Final = re.compile(r"[\\%_]")

# $4 patterns, $5 the whole text, $6 and $7 the order's and the attendee's part of a QR code, $8 a reference.
_FOUND: Final = """(
  SELECT coalesce(json_agg(summary), '[]')::text FROM (
    SELECT person.id, person.firstname, person.lastname, person.email, person.identifier,
      person.is_checked_in, person.is_registered, person.ticket_id, ticket.name AS ticket_name,
      person.order_id, bought.reference AS order_reference, bought.status AS order_status
    FROM unnest(ARRAY(
      SELECT one.id FROM attendees one WHERE one.event_id = event.id AND one.deleted_at IS NULL AND (
        concat_ws(' ', one.firstname, one.lastname, one.email) ILIKE ALL ($4::text[])
        OR one.identifier = $5::text
        OR one.order_id = ANY (ARRAY(
          SELECT meant.id FROM orders meant WHERE meant.identifier = $5::text
          UNION ALL SELECT meant.id FROM orders meant WHERE meant.reference = $8::text
        ))
        OR (one.id = ANY (ARRAY(
          SELECT holder.id FROM orders meant JOIN attendees holder ON holder.order_id = meant.id
          WHERE meant.identifier = $6::text AND $7::text IN (holder.identifier, holder.id::text)
          ORDER BY holder.identifier = $7::text DESC LIMIT 1
        )))
      )
      ORDER BY lower(one.lastname), lower(one.firstname), one.id LIMIT $9::bigint OFFSET $10::bigint
    )) WITH ORDINALITY found(id, place)
    JOIN attendees person ON person.id = found.id
    JOIN tickets ticket ON ticket.id = person.ticket_id
    LEFT JOIN orders bought ON bought.id = person.order_id
    ORDER BY found.place
  ) summary
)"""


@action("GET", "/v1/events/{event}/attendees/search", lenient=True, families=("page",))
@documented(
    who="owner, organizers, coorganizers and registrars of the event",
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
    identifier or reference. Raises Problem 400 without q, 401, 403, 404, and 422 where q is too long.
    """
    page = parse(context.request, context.registry, context.registry["attendee"])
    parameter = context.request.parameter("q")
    if not parameter:
        raise bad_parameter("q", "Say in q whom to search for.")
    words = " ".join(parameter.split())
    if len(words) > _LONGEST:
        raise Problem(422, f"At most {_LONGEST} characters can be searched for.", parameter="q")
    patterns = [f"%{_PATTERN_CHARACTERS.sub(_escaped, word)}%" for word in words.split()]
    whole = words.lower()
    order, _, person = whole.rpartition("-")
    skipped = (page.number - 1) * page.size
    values = [patterns, whole, order, person, _reference(words), page.size, skipped]
    event_row = visible_to_team(context, "event", event, _FOUND, values, roles=REGISTRARS)
    return json_text(event_row.value)


def _reference(text: str) -> str | None:
    """The reference in its normal form; None for an invalid one."""
    try:
        return OF_32_BITS.write(OF_32_BITS.read(text))
    except NotASentence:
        return None


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
