"""Refunds of an order: what its buyer would get, and sending it back, as organizers or the rule want it."""

from typing import Any, Final

from chalicelib.actions.plain_object import object_of
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter, conflict, forbidden, invalid
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.rights.visibility import Visible, visible
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.attributes import money
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import refunding
from chalicelib.resources.orders.payment.quoting import Quote, quote_of
from chalicelib.resources.orders.payment.refunding import RefundRequested
from chalicelib.resources.orders.payment.settling import lock_order

_MOST_TICKETS: Final = 1000
_NOT_FOR_YOU: Final = "This is for the order's buyer and the event's organizers."
_CHANGED: Final = "What goes back has changed since: ask for another quote."
_QUOTE: Final = {
    "quote": "5d41402abc4b2a76b9719d911017c592ae2b1f3d",
    "currency": "EUR",
    "attendees": [1],
    "cancels-order": False,
    "paid": 50.0,
    "percent": 80,
    "share": 40.0,
    "fee": 2.5,
    "amount": 37.5,
    "kept": 12.5,
    "until": "2031-05-01T09:00:00+00:00",
    "needs-approval": False,
}


class _RefundSchema(Schema):
    amount = money(allow_none=True)
    attendees = fields.List(
        fields.Integer(validate=validate.Range(1)), validate=validate.Length(0, _MOST_TICKETS)
    )
    note = fields.Line(allow_none=True)
    quote = fields.Line(plain=True, allow_none=True)


@action("GET", "/v1/orders/{order}/refund-quote", query=("attendees",))
@documented(
    who="the buyer, and owner and organizers of the event",
    response=_QUOTE,
    errors=(400, 401, 403, 404, 409, 422),
)
def quote_refund(context: Context, order: str) -> Answer:
    """What the event's refund rule gives the buyer back now: for all tickets that are left, or for those of
    `attendees`, ids separated by commas.

    `share` is `percent` of what was paid for them, `amount` is share less fee, `kept` is the rest. Send the
    `quote` back to be refunded so. 409 where nothing goes back: no rule, too late, a ticket was used, or
    nothing was paid.
    """
    row, buys = _party(context, order)
    if not (buys or row.has_role):
        raise forbidden(_NOT_FOR_YOU)
    text = context.request.parameter("attendees")
    ids = [] if text is None else text.split(",")
    if len(ids) > _MOST_TICKETS or not all(is_number(id) for id in ids):
        raise bad_parameter("attendees", "attendees are ids, separated by commas.")
    sold = context.session.get_one(Order, row.id)
    return plain(quote_of(context, sold, [int(id) for id in ids], locked=False).document())


@action("POST", "/v1/orders/{order}/refund", limited_by=(PAYMENTS,))
@documented(
    who="the buyer, by the event's refund rule, and owner and organizers of the event",
    request={"amount": None, "attendees": [1], "note": "The workshop was cancelled", "quote": None},
    optional=("amount", "attendees", "note", "quote"),
    one="refund",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def refund_order(context: Context, order: str) -> Answer:
    """{amount, attendees, note, quote} -> the refund. With an `amount`, so much goes back, and all still
    come; with ids of `attendees`, what was paid for their tickets goes back, and their places are free again;
    with neither, all that is left goes back, and the order is cancelled. The money goes back the way it came;
    what was paid to the organizer directly is only noted. Never more than was paid goes back.

    A buyer sends no amount, but the `quote` of refund-quote for the same attendees: so much goes back, or 409
    where it has changed, or where an organizer has to approve. Organizers may send a quote too.
    """
    row, _ = _party(context, order)
    values = asked_of(context)
    sold, buys = locked_for_buyer(context, row.id)
    if not (buys or row.has_role):
        raise forbidden(_NOT_FOR_YOU)
    note, ids = values.get("note"), values["attendees"]
    if values.get("quote") is None and row.has_role:
        made = refunding.refund(context, sold, RefundRequested(values.get("amount"), ids, note))
    else:
        made = refunding.refund_as_quoted(context, sold, as_quoted(context, sold, values), note)
    return detail_answer(context, context.registry["refund"], str(made.id))


def locked_for_buyer(context: Context, order_id: int) -> tuple[Order, bool]:
    """The order, locked, and whether the viewer is its buyer: an account may have claimed it meanwhile."""
    order = lock_order(context.session, order_id)
    return order, is_buyer(context.viewer, order.id, order.user_id, order.profile_id)


def asked_of(context: Context) -> dict[str, Any]:
    """What the body asks for, with `attendees` as a tuple. Raises Problem 422."""
    values = object_of(
        context,
        _RefundSchema,
        otherwise="A refund is an object, if an empty one.",
        members="A refund has an amount or attendees, a note and a quote.",
    )
    attendees = tuple(dict.fromkeys(values.get("attendees") or ()))
    if values.get("amount") is not None and attendees:
        raise invalid("Say an amount or attendees, and not both.", "/amount")
    if "attendees" in values and not attendees:
        raise invalid("Say whose tickets.", "/attendees")
    return {**values, "attendees": attendees}


def as_quoted(context: Context, order: Order, values: dict[str, Any]) -> Quote:
    """The quote of the moment, if it is the one that was sent. Raises Problem 409, 422."""
    if values.get("amount") is not None:
        raise invalid("The event's refund rule says the amount.", "/amount")
    if not values.get("quote"):
        raise invalid("Ask for a quote first (refund-quote), and send it back.", "/quote")
    quote = quote_of(context, order, values["attendees"])
    if quote.token != values["quote"]:
        raise conflict(_CHANGED, "/quote")
    return quote


def _party(context: Context, order: str) -> tuple[Visible, bool]:
    """The order, and whether the viewer is its buyer; has_role says whether they are an organizer."""
    context.demand_identity()
    told = 'json_build_array("order".user_id, "order".profile_id)'
    row = visible(context, "order", order, told, roles=ORGANIZERS)
    return row, is_buyer(context.viewer, row.id, *row.value)
