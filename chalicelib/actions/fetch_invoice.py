"""Fetches invoices and credit notes as PDF: of an order, and what the platform bills an event's owner."""

from typing import Final

from chalicelib import paper_store
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAPERS
from chalicelib.paper_store import Paper
from chalicelib.resources.orders import credit_note, event_invoice
from chalicelib.resources.orders.order.states import ADMITTING
from chalicelib.resources.orders.order.table import SIDES
from chalicelib.resources.orders.payment.invoice import TEST
from chalicelib.tasks import credited
from chalicelib.tasks.issue_credit_notes import PRINT
from chalicelib.tasks.issue_invoice import NAME
from chalicelib.tasks.issued_invoices import key_of
from chalicelib.tasks.print_event_invoice import TOLD, paper_of

_TOLD: Final = """json_build_object('status', "order".status, 'identifier', "order".identifier,
  'is_issued', EXISTS (SELECT FROM invoices issued WHERE issued.order_id = "order".id))"""

_NUMBER: Final = (
    "json_build_array(credit_note.year, credit_note.sequence, (credit_note.content ->> 'is_test')::boolean)"
)


@action("GET", "/v1/orders/invoices/{order}", lenient=True, limited_by=(PAPERS,), acts=True)
@documented(
    who="the buyer, and owner, organizers and coorganizers of the event",
    path={"order": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"},
    status=302,
    errors=(400, 401, 404, 409, 503),
)
def fetch_order_invoice(context: Context, order: str) -> Answer:
    """302 to a PDF of the order's invoice. `order` is an identifier or id; the URL expires in five minutes.

    It is issued when the order is placed or completed, and never changes afterwards, also where the order is
    cancelled. 409 for an order without invoice that is neither. 503 with Retry-After if it takes too long.
    """
    context.demand_identity()
    row = visible(context, "order", order, _TOLD, rule=SIDES)
    if not row.passes:
        raise not_found(f"There is no invoice of the order {order} for you.")
    if not row.value["is_issued"] and row.value["status"] not in ADMITTING:
        raise conflict(f"There is no invoice for an order that is {row.value['status']}.")
    name = f"invoice-{row.value['identifier']}.pdf"
    return paper_store.fetched(context, Paper(key_of(row.id), name, NAME, {"order_id": row.id}))


@action("GET", "/v1/orders/credit-notes/{note}", limited_by=(PAPERS,), acts=True)
@documented(
    who="the buyer, and owner, organizers and coorganizers of the event",
    path={"note": "1"},
    status=302,
    errors=(400, 401, 404, 503),
)
def fetch_credit_note(context: Context, note: str) -> Answer:
    """302 to a PDF of a credit note, by the id of its resource; the URL expires in five minutes.

    It is issued when an order with an invoice is refunded, or ends unpaid, and never changes. 503 with
    Retry-After if it takes too long.
    """
    context.demand_identity()
    row = visible(context, "credit-note", note, _NUMBER)
    year, sequence, is_test = row.value
    name = f"credit-note-{TEST if is_test else ''}{credit_note.number_of(year, sequence)}.pdf"
    return paper_store.fetched(context, Paper(credited.key_of(row.id), name, PRINT, {"note_id": row.id}))


@action("GET", "/v1/events/invoices/{invoice}", lenient=True, limited_by=(PAPERS,), acts=True)
@documented(
    who="whoever is billed, owner and organizers of the event, and staff",
    path={"invoice": "1"},
    status=302,
    errors=(400, 401, 404, 503),
)
def fetch_event_invoice(context: Context, invoice: str) -> Answer:
    """302 to a PDF of what the platform bills for an event. `invoice` is an identifier or an id.

    The URL expires after five minutes. 503 with Retry-After if it takes too long.
    """
    context.demand_account()
    row = visible(context, "event-invoice", invoice, TOLD, rule=event_invoice.SIDES)
    if not row.passes:
        raise not_found(f"There is no invoice {invoice} for you.")
    return paper_store.fetched(context, paper_of(row.value))
