"""Tables of attendees who get a ticket: ordered, named and completed as an organizer does by the API.

Each is an order of its own, free of charge, whose buyer is whoever imports. The stock is the database's, so
nothing is oversold.
"""

import json
import re
from datetime import datetime
from typing import Any, Final

from chalicelib import db
from chalicelib.actions.create_order import place_order
from chalicelib.exports.attendees import ATTENDEES
from chalicelib.imports import imported_ids
from chalicelib.imports.drafts import Draft, Layout
from chalicelib.imports.report import BadFile
from chalicelib.imports.table_import import (
    MistakeAt,
    TableImport,
    TableKind,
    answers_of,
    importer_of,
    ticket_named,
)
from chalicelib.imports.writing import MADE, whole_or_nothing, write
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.http.limited import problems_in
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.basket.basket_request import parse_basket_request
from chalicelib.resources.orders.order.states import ADMITTING, COMPLETED, listed

MOST_ATTENDEES: Final = 1_000  # the stock of their tickets waits for the import, and so do buyers
_TICKET: Final = "/data/relationships/ticket"
LAYOUT: Final = Layout(
    "attendee",
    ATTENDEES,
    written={"email": "email", "first-name": "firstname", "last-name": "lastname", "notes": "attendee_notes"},
    named={"ticket-name": _TICKET, "ticket-id": _TICKET},
    more={
        "e-mail": "email",
        "firstname": "firstname",
        "lastname": "lastname",
        "surname": "lastname",
        "ticket": "ticket-name",
    },
)
_BY_CODE: Final = (
    "SELECT person.id FROM attendees person JOIN orders bought ON bought.id = person.order_id "
    "WHERE person.event_id = $1 AND person.deleted_at IS NULL "
    "AND bought.identifier || '-' || person.identifier = $2"
)
_BY_NAME: Final = (
    "SELECT person.id FROM attendees person JOIN orders bought ON bought.id = person.order_id "  # noqa: S608
    f"WHERE person.event_id = $1 AND person.ticket_id = $2 AND bought.status IN {listed(ADMITTING)} "
    "AND person.deleted_at IS NULL AND lower(coalesce(person.email, '')) = lower($3) "
    "AND coalesce(person.firstname, '') = $4 AND coalesce(person.lastname, '') = $5 ORDER BY person.id"
)
_OF_ATTENDEE: Final = re.compile(r"^Attendee [0-9]+: ")  # who is not there any more
_SEAT: Final = "SELECT id FROM attendees WHERE order_id = $1"


def label(draft: Draft) -> str:
    """The name, or the address, of who comes."""
    name = f"{draft.cell('firstname')} {draft.cell('lastname')}"
    return name.strip() or draft.cell("email") or f"row {draft.number}"


def demand_few(draft: Draft) -> None:
    """Raise BadFile beyond as many rows as others can wait for."""
    if draft.number > MOST_ATTENDEES + 1:
        detail = (
            f"An import takes {MOST_ATTENDEES:,} attendees at most, as others wait for the places: split it."
        )
        raise BadFile(detail, row=draft.number)


def _match(state: TableImport, draft: Draft) -> int | None:
    """By the ticket's id, or else by ticket, address and name: who has come before is left as they are."""
    demand_few(draft)
    session, event_id = state.importing.context.session, state.importing.event_id
    code = draft.cell("ticket-id")
    if code:
        rows = db.fetch(session, _BY_CODE, [event_id, code])
        return rows[0][0] if rows else state.importing.known("attendee", [code]).get(code)
    name = draft.cell("ticket-name")
    ticket_id = state.names.find("ticket", name) if name else None
    if ticket_id is None:
        return None
    names = [draft.cell(of) for of in ("email", "firstname", "lastname")]
    rows = db.fetch(session, _BY_NAME, [event_id, ticket_id, *names])
    nth = state.nth(name, *names)
    return rows[nth][0] if nth < len(rows) else None


def _complete(state: TableImport, draft: Draft) -> None:
    """Find the ticket. Raises MistakeAt."""
    if draft.id is not None:
        if "ticket-name" in draft.news and draft.cell("ticket-id"):
            raise MistakeAt("Who has a ticket keeps it: an import gives no other one.", _TICKET)
        return
    link_ticket(state, draft)


def link_ticket(state: TableImport, draft: Draft) -> None:
    """Find the ticket of a new row. Raises MistakeAt."""
    name = draft.cell("ticket-name")
    if not name:
        raise MistakeAt("Say in the column Ticket Name which ticket it is.", _TICKET)
    draft.links["ticket"] = ticket_named(state, name, _TICKET)


def _write(state: TableImport, draft: Draft) -> None:
    """Order the ticket, name who comes, and complete the order; or change who is there already."""
    importing = state.importing
    item = draft.item("attendee", label(draft))
    attributes = {**draft.attributes, **answers_of(state, draft, "attendee")}
    if draft.id is not None:
        importing.write(item, attributes, {}, id=draft.id)
        return
    context = importing.context
    try:
        with whole_or_nothing(context, context.registry["attendee"]):
            attendee_id = _ordered(context, draft.links["ticket"], attributes)
    except (Problem, Problems) as refusal:
        for problem in problems_in(refusal):
            importing.refuse(item, _OF_ATTENDEE.sub("", problem.detail), problem.pointer)
        return
    code = draft.cell("ticket-id")
    if code and len(code) <= imported_ids.LONGEST:
        source = importing.wish.source
        imported_ids.keep(context.session, importing.event_id, source, "attendee", code, attendee_id)
    importing.note(item, MADE, attendee_id)


def _ordered(context: Context, ticket_id: int, attributes: dict[str, Any]) -> int:
    """The id of the attendee of a new, completed order. Raises Problem, Problems, DBAPIError."""
    order_id, attendee_id = order_seat(context, ticket_id, attributes)
    write(context, "order", {"status": COMPLETED}, {}, order_id)
    return attendee_id


def order_seat(
    context: Context,
    ticket_id: int,
    attributes: dict[str, Any],
    buyer: dict[str, str] | None = None,
    invites_until: datetime | None = None,
) -> tuple[int, int]:
    """The ids of a new order of this ticket, free of charge, and of its attendee, who is named.

    Whoever imports is the buyer, or invites {name, email}. Raises Problem, Problems, DBAPIError.
    """
    basket = {"tickets": [{"id": ticket_id, "quantity": 1}], "amount": 0, "buyer": buyer}
    asking = context.asking(
        method="POST", path=("v1", "orders", "create-order"), query=(), body=json.dumps(basket).encode()
    )
    requested = parse_basket_request(asking.request)
    order = place_order(asking, requested, at_once=True, invites_until=invites_until)
    attendee_id = int(db.fetch(context.session, _SEAT, [order.id])[0][0])
    write(context, "attendee", attributes, {}, attendee_id)
    return int(order.id), attendee_id


ATTENDEE_TABLE: Final = TableKind(LAYOUT, label, _match, _complete, _write)
import_attendees: Final = importer_of(ATTENDEE_TABLE)
