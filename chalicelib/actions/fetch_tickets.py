"""Fetches tickets as a PDF: of an order, or of one attendee."""

from typing import Final

from chalicelib import paper_store
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAPERS
from chalicelib.tasks.printed_tickets import Printed, tickets_of, visible_tickets

_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_EXAMPLE: Final = "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"


@action("GET", "/v1/tickets/{order}", lenient=True, former=_UUID, limited_by=(PAPERS,), acts=True)
@action("GET", "/v1/orders/{order}/tickets-pdf", lenient=True, limited_by=(PAPERS,), acts=True)
@documented(
    who="the buyer, the attendees, and owner, organizers and coorganizers of the event",
    path={"order": _EXAMPLE},
    status=302,
    errors=(400, 401, 404, 409, 503),
)
def fetch_order_tickets(context: Context, order: str) -> Answer:
    """302 to a PDF of those tickets of the order that the caller sees: all, or their own.

    `order` is an identifier or an id; `GET /v1/tickets/{identifier}` does the same. The URL expires after
    five minutes. 409 while nobody is admitted with them: the order is neither completed nor placed and to be
    paid at the entrance. 503 with Retry-After if the document takes too long.
    """
    context.demand_identity()
    return _answer(context, visible_tickets(context, visible(context, "order", order).id), "tickets")


@action("GET", "/v1/orders/attendees/{attendee}.pdf", lenient=True, limited_by=(PAPERS,), acts=True)
@documented(
    who="the buyer, the attendee, and owner, organizers, coorganizers and registrars of the event",
    path={"attendee": "97"},
    status=302,
    errors=(400, 401, 404, 409, 503),
)
def fetch_attendee_ticket(context: Context, attendee: str) -> Answer:
    """302 to a PDF of the attendee's ticket. The URL expires after five minutes.

    409 while nobody is admitted with it, as for the tickets of an order.
    """
    context.demand_identity()
    row = visible(context, "attendee", attendee, "attendee.order_id")
    printed = tickets_of(context.session, row.value, [row.id]) if row.value is not None else None
    return _answer(context, printed, "ticket")


def _answer(context: Context, printed: Printed | None, name: str) -> Answer:
    if printed is None:
        raise not_found("There are no tickets.")
    if printed.refusal:
        raise conflict(printed.refusal)
    return paper_store.fetched(context, printed.paper(f"{name}-{printed.order}.pdf"))
