"""Tables of people who are invited: for each a ticket is held, and a link mailed by which they accept it.

Each is an order of its own, free of charge, of nobody's account (guest checkout, see docs/guests.md).
Whoever is invited opens it by the link, says who comes, and completes it; until then, and at most until the
time in the column Answer By, the place is held.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib import clock, db, signals
from chalicelib.imports import cells
from chalicelib.imports.attendees import LAYOUT, demand_few, label, link_ticket, order_seat
from chalicelib.imports.drafts import Draft
from chalicelib.imports.table_import import (
    MistakeAt,
    TableImport,
    TableKind,
    answers_of,
    importer_of,
)
from chalicelib.imports.writing import MADE, UNCHANGED, whole_or_nothing
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.http.limited import demand, problems_in
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import INVITATIONS_BY_RECIPIENT, INVITATIONS_TO_ONE, TICKET_INVITATIONS
from chalicelib.limits.limit import Subject, counters_of
from chalicelib.resources.orders.order.states import ADMITTING, HELD, listed

_EMAIL: Final = "/data/attributes/email"
_ANSWER_BY: Final = "/answer-by"
_LAYOUT: Final = replace(
    LAYOUT,
    named={**LAYOUT.named, "answer-by": _ANSWER_BY},
    more={**LAYOUT.more, "answer by": "answer-by", "answer-by": "answer-by"},
)
_INVITED: Final = (
    "SELECT person.id FROM attendees person JOIN orders held ON held.id = person.order_id "  # noqa: S608
    "WHERE person.event_id = $1 AND person.ticket_id = $2 AND person.deleted_at IS NULL "
    f"AND (held.status IN {listed(ADMITTING)} OR held.status IN {listed(HELD)} AND held.is_invitation) "
    "AND lower($3) IN (lower(held.guest_email), lower(person.email)) ORDER BY person.id"
)
_TO_ONE: Final = (INVITATIONS_TO_ONE, INVITATIONS_BY_RECIPIENT)
_BEGIN: Final = "SELECT starts_at FROM events WHERE id = $1"


def _match(state: TableImport, draft: Draft) -> int | None:
    """By ticket and address: who is invited, or comes, already is left as they are."""
    demand_few(draft)
    name, email = draft.cell("ticket-name"), draft.cell("email")
    ticket_id = state.names.find("ticket", name) if name else None
    if ticket_id is None or not email:
        return None
    importing = state.importing
    rows = db.fetch(importing.context.session, _INVITED, [importing.event_id, ticket_id, email])
    nth = state.nth(name, email)
    return rows[nth][0] if nth < len(rows) else None


def _complete(state: TableImport, draft: Draft) -> None:
    """Find the ticket. Raises MistakeAt."""
    if draft.id is not None:
        return
    if not draft.cell("email"):
        raise MistakeAt("Say in the column Email where the invitation goes to.", _EMAIL)
    link_ticket(state, draft)
    draft.links["answer-by"] = _answer_by(state, draft)


def _answer_by(state: TableImport, draft: Draft) -> datetime:
    """Until when the place is held: the begin of the event unless it is said. Raises MistakeAt."""
    ((begin,),) = db.fetch(state.importing.context.session, _BEGIN, [state.importing.event_id])
    cell = draft.cell("answer-by")
    try:
        until = datetime.fromisoformat(cells.moment(cell, state.where)) if cell else begin
    except ValueError as mistake:
        raise MistakeAt(str(mistake), _ANSWER_BY) from None
    if until is None or until <= clock.now():
        raise MistakeAt(
            "Say in the column Answer By until when the place is held: a time to come.", _ANSWER_BY
        )
    if begin is not None and until > begin:
        raise MistakeAt("The answer comes before the event begins.", _ANSWER_BY)
    return until


def _write(state: TableImport, draft: Draft) -> None:
    """Hold the ticket, name who is invited, and mail the link; who is invited already is left alone."""
    importing = state.importing
    item = draft.item("attendee", label(draft))
    if draft.id is not None:
        importing.note(item, UNCHANGED, draft.id)
        return
    context = importing.context
    attributes = {**draft.attributes, **answers_of(state, draft, "attendee")}
    try:
        with whole_or_nothing(context, context.registry["attendee"]):
            attendee_id = _invited(context, draft, label(draft), attributes)
    except (Problem, Problems) as refusal:
        for problem in problems_in(refusal):
            importing.refuse(
                item, problem.detail, _EMAIL if "buyer" in (problem.pointer or "") else problem.pointer
            )
        return
    importing.note(item, MADE, attendee_id)


def _invited(context: Context, draft: Draft, name: str, attributes: dict[str, Any]) -> int:
    """The id of the attendee of a new order of nobody's account. Raises Problem, Problems, DBAPIError."""
    email = draft.cell("email")
    subject = Subject(account=context.viewer.id, body={"data": {"attributes": {"email": email}}})
    of_account = TICKET_INVITATIONS.counter(f"account {context.viewer.id}")
    demand(context, of_account, *counters_of(_TO_ONE, subject))
    buyer = {"name": name, "email": email}
    ticket_id, until = draft.links["ticket"], draft.links["answer-by"]
    order_id, attendee_id = order_seat(context, ticket_id, attributes, buyer, until)
    signals.emit(context.session, "order.link_wanted", id=order_id)
    return attendee_id


INVITATION_TABLE: Final = TableKind(_LAYOUT, label, _match, _complete, _write)
import_invitations: Final = importer_of(INVITATION_TABLE)
