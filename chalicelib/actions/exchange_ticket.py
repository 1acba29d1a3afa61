"""Exchange of a single ticket for another one: quoted, and begun as quoted."""

from typing import Any, Final

from chalicelib.actions.plain_object import object_of
from chalicelib.actions.refund_order import locked_for_buyer
from chalicelib.auth import tokens
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.http.rendering import with_secret
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.rights.visibility import Visible, visible
from chalicelib.limits.declared import CODES, PAYMENTS
from chalicelib.resources.attributes import money
from chalicelib.resources.orders.attendee import holding
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import exchange_beginning, exchange_quoting
from chalicelib.resources.orders.payment.exchange_quoting import Exchange
from chalicelib.values.keys import code_form

_WHO: Final = (
    "the buyer, until the ticket was passed on, then the attendee who holds it; "
    "owner and organizers of the event on their behalf"
)
_NOT_YOURS: Final = "A ticket is exchanged by its buyer, later by whoever holds it, and by organizers."
_LARGEST_ID: Final = 2**63 - 1
_WANTED: Final = {"ticket": 2, "price": 60.0, "discount-code": "FRIENDS", "access-code": "FRIENDS"}
_OPTIONAL: Final = ("price", "discount-code", "access-code")
_QUOTE: Final = {
    "quote": "5d41402abc4b2a76b9719d911017c592ae2b1f3d",
    "attendee": 1,
    "ticket": 2,
    "event": 1,
    "currency": "EUR",
    "credit": 50.0,
    "price": 45.0,
    "due": 0.0,
    "percent": 80,
    "fee": 1.0,
    "amount-back": 3.0,
    "kept": 2.0,
    "until": "2031-05-01T09:00:00+00:00",
    "needs-approval": False,
}


class _WantedSchema(Schema):
    ticket = fields.Integer(required=True, validate=validate.Range(1, _LARGEST_ID))
    price = money(allow_none=True)
    discount_code = fields.Line(plain=True, allow_none=True, data_key="discount-code")
    access_code = fields.Line(plain=True, allow_none=True, data_key="access-code")


class _ExchangeSchema(_WantedSchema):
    quote = fields.Line(required=True, plain=True)
    attributes = fields.Dict(allow_none=True)


@action("POST", "/v1/attendees/{attendee}/exchange-quote", limited_by=(*CODES, PAYMENTS))
@documented(
    who=_WHO,
    request=_WANTED,
    optional=_OPTIONAL,
    response=_QUOTE,
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def quote_exchange(context: Context, attendee: str) -> Answer:
    """{ticket, price, discount-code, access-code} -> what an exchange of this ticket for that one costs or
    gives now, and a `quote` that names these terms; nothing is done. `price` is for donations.

    `credit` is what was paid for the ticket and has not gone back, `price` what the new one costs with fee,
    tax and codes. `due` is to be paid; where the new one is cheaper, `amount-back` goes back as the event
    says (`percent` of the difference, less `fee`), and `kept` is the rest. 409 where it cannot be exchanged,
    or not for that one, or that is sold out.
    """
    row = _seen(context, attendee)
    order = context.session.get_one(Order, row.value)
    buys = is_buyer(context.viewer, order.id, order.user_id, order.profile_id)
    person = context.session.get_one(Attendee, row.id)
    by_team = _is_by_team(context, row, person, buys=buys)
    exchange, _ = _exchange(context, order, person, _WantedSchema, locked=False, by_team=by_team)
    return plain(exchange.quote.document())


@action("POST", "/v1/attendees/{attendee}/exchange", limited_by=(*CODES, PAYMENTS))
@documented(
    who=_WHO,
    request={**_WANTED, "quote": _QUOTE["quote"], "attributes": {"city": "Uppsala"}},
    optional=(*_OPTIONAL, "attributes"),
    one="ticket-exchange",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def exchange_ticket(context: Context, attendee: str) -> Answer:
    """The same and {quote, attributes} -> the ticket-exchange, begun by the terms of the quote, or 409 where
    they have changed. Its `new-order` is for the new ticket, with the name and answers of the old one;
    `attributes` of an attendee are answers that are said anew (422 for a question that is not answered).

    Where nothing is `due`, it is completed at once. Else the new order waits for that: it is paid online
    (charge), or made pending with a payment to the organizer, who completes it; the old ticket stays valid
    until then, and whatever happens. By the link of an order, `meta` has a token for the new one.

    Organizers exchange on behalf of whose ticket it is, whether and until when the event lets buyers do it,
    also for tickets of their other events. Then what is due is paid to the organizer (409 where the event
    takes no such payment): the new order is pending for seven days, and they complete it.
    """
    row = _seen(context, attendee)
    order, buys = locked_for_buyer(context, row.value)
    person = context.session.get_one(Attendee, row.id, with_for_update=True, populate_existing=True)
    by_team = _is_by_team(context, row, person, buys=buys)
    exchange, values = _exchange(context, order, person, _ExchangeSchema, locked=True, by_team=by_team)
    if exchange.quote.token != values["quote"]:
        raise conflict("The terms have changed since: ask for another quote.", "/quote")
    made = exchange_beginning.begin(context, order, person, exchange, values.get("attributes") or {})
    answer = detail_answer(context, context.registry["ticket-exchange"], str(made.id))
    if context.viewer.id is not None:
        return answer
    opens = links.rows_of(made.new_order_id, exchange.quote.event_id)
    return with_secret(
        answer, {"access_token": tokens.link_token(opens, 0), "expires-in": links.TOKEN_SECONDS}
    )


def _seen(context: Context, attendee: str) -> Visible:
    context.demand_identity()
    row = visible(context, "attendee", attendee, "attendee.order_id", roles=ORGANIZERS)
    if row.value is None:
        raise conflict("This ticket belongs to no order yet.", "/data")
    return row


def _is_by_team(context: Context, row: Visible, person: Attendee, *, buys: bool) -> bool:
    """Whether an organizer exchanges somebody else's ticket. Raises Problem 403 for who may not."""
    is_own = holding.may_give_away(context.viewer, person, buys=buys)
    if not (is_own or row.has_role):
        raise forbidden(_NOT_YOURS)
    return not is_own


def _exchange(
    context: Context, order: Order, person: Attendee, schema: type[Schema], *, locked: bool, by_team: bool
) -> tuple[Exchange, dict[str, Any]]:
    values = object_of(
        context,
        schema,
        otherwise="An exchange is an object.",
        members="An exchange has a ticket, a price, codes, a quote and attributes.",
    )
    for name in ("discount_code", "access_code"):
        values[name] = code_form(values[name]) or None if values.get(name) else None
    if values.get("price") is not None and values["price"] < 0:
        raise invalid("A price is not less than nothing.", "/price")
    made = exchange_quoting.exchange_of(context, order, person, values, locked=locked, by_team=by_team)
    return made, values
