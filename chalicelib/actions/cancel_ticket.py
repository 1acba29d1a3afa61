"""Cancellation of a single ticket: by its buyer, its attendee where the event allows it, or organizers."""

from typing import Any, Final

from chalicelib.actions.plain_object import object_of
from chalicelib.actions.refund_order import locked_for_buyer
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.rights.visibility import Visible, visible
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.attendee import holding
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import ticket_cancelling

_WHO: Final = "the buyer, the attendee where the event allows it, and owner and organizers of the event"
_FACTS: Final = """json_build_array(attendee.order_id, (
  SELECT is_attendee_cancellation_enabled FROM events WHERE events.id = attendee.event_id
))"""
_QUOTE: Final = {
    "quote": "5d41402abc4b2a76b9719d911017c592ae2b1f3d",
    "attendee": 1,
    "currency": "EUR",
    "cancels-order": False,
    "paid": 50.0,
    "percent": 80,
    "share": 40.0,
    "fee": 2.5,
    "amount": 37.5,
    "kept": 12.5,
    "waived": 0.0,
    "until": "2031-05-01T09:00:00+00:00",
    "needs-approval": False,
}


class _CancellationSchema(Schema):
    quote = fields.Line(required=True, plain=True)
    note = fields.Line(allow_none=True)


@action("GET", "/v1/attendees/{attendee}/cancellation-quote")
@documented(who=_WHO, response=_QUOTE, errors=(400, 401, 403, 404, 409))
def quote_cancellation(context: Context, attendee: str) -> Answer:
    """What the cancellation of this ticket gives now, and a `quote` that names these terms.

    `paid` is what was paid for it; of that, `amount` goes back by the event's refund rule (`percent` of it is
    `share`, less `fee`), and `kept` is the rest. `waived` is what is not owed any more for an order that is
    placed and not paid. With `cancels-order` the ticket is the order's last. 409 where it cannot be
    cancelled: it is not sold, used or gone, or the event is over.
    """
    row = _seen(context, attendee)
    order = context.session.get_one(Order, row.value[0])
    _demand_party(context, row, buys=is_buyer(context.viewer, order.id, order.user_id, order.profile_id))
    return plain(ticket_cancelling.quote_of(context, order, row.id, locked=False).document())


@action("POST", "/v1/attendees/{attendee}/cancel", limited_by=(PAYMENTS,))
@documented(
    who=_WHO,
    request={"quote": _QUOTE["quote"], "note": "I am ill"},
    optional=("note",),
    response=_QUOTE,
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def cancel_ticket(context: Context, attendee: str) -> Answer:
    """{quote, note} -> the terms by which the ticket is cancelled: those of the quote (cancellation-quote),
    or 409 where they have changed.

    Its place is free again, and its code admits nobody. The money goes back the way it came; where an
    organizer has to approve, it is asked for (refund-requests). With its last ticket the order is cancelled.
    """
    row = _seen(context, attendee)
    values: dict[str, Any] = object_of(
        context,
        _CancellationSchema,
        otherwise="A cancellation is an object.",
        members="A cancellation has a quote and a note.",
    )
    order, buys = locked_for_buyer(context, row.value[0])
    _demand_party(context, row, buys=buys)
    quote = ticket_cancelling.quote_of(context, order, row.id)
    if quote.token != values["quote"]:
        raise conflict("The terms have changed since: ask for another quote.", "/quote")
    ticket_cancelling.cancel(context, order, quote, values.get("note"))
    return plain(quote.document())


def _seen(context: Context, attendee: str) -> Visible:
    context.demand_identity()
    row = visible(context, "attendee", attendee, _FACTS, roles=ORGANIZERS)
    if row.value[0] is None:
        raise conflict("This ticket belongs to no order yet.", "/data")
    return row


def _demand_party(context: Context, row: Visible, *, buys: bool) -> None:
    # As it is once the order is locked: it may have been passed on meanwhile.
    person = context.session.get_one(Attendee, row.id, populate_existing=True)
    is_allowed = row.value[1] and holding.holds(context.viewer, person.email)
    is_theirs = holding.may_give_away(context.viewer, person, buys=buys) and buys
    if not (is_theirs or row.has_role or is_allowed):
        raise forbidden("A ticket is cancelled by its buyer, and by its attendee where the event allows it.")
