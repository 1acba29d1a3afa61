"""Creating an order: reserves the tickets of a basket for the buyer, who then names the attendees and
pays.
"""

from decimal import Decimal
from typing import Final

from chalicelib import db, signals
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.insert import insert
from chalicelib.limits.declared import CODES
from chalicelib.resources.orders.basket.amounts import tax_as_json
from chalicelib.resources.orders.basket.basket import Basket, basket_of
from chalicelib.resources.orders.basket.basket_request import BasketRequest, parse_basket_request
from chalicelib.resources.orders.basket.held_by_one import held_by_one
from chalicelib.resources.orders.order.order import Order
from chalicelib.resources.orders.order.places import reserve_seats
from chalicelib.resources.orders.order.reservations import reserved_until
from chalicelib.resources.orders.order.states import INITIALIZING
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE
from chalicelib.settings import settings

# A longer wait for row locks is answered 503, and the client retries.
_PATIENCE: Final = "SELECT set_config('lock_timeout', '3s', true)"


@action("POST", "/v1/orders/create-order", limited_by=CODES)
@documented(
    request={
        "tickets": [{"id": 1, "quantity": 1, "price": 123.5}],
        "discount-code": "FRIENDS",
        "access-code": "FRIENDS",
        "discount-verify": False,
    },
    optional=("access-code", "discount-code", "discount-verify", "price", "quantity"),
    one="order",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def create_order(context: Context) -> Answer:
    """Reserve tickets: the body of calculate-amount -> the order, initializing, with one attendee per seat.

    The event's team may set the `amount`. Raises Problem 400, 401, 403 (code unverified-user: free tickets
    are for verified accounts), 404, 409 (sold out), 422, and 503 when too many others want the same tickets.
    """
    context.demand_account()
    requested = parse_basket_request(context.request)
    if not requested.tickets:
        raise invalid("There must be at least one ticket.", "/tickets")
    db.enqueue(context.session, _PATIENCE)
    reserved = held_by_one(context, [ticket.id for ticket in requested.tickets])
    basket = basket_of(context, requested, replenish=True)
    if basket.sold_out:
        raise Problems(basket.sold_out)
    reserved.demand_room(basket)
    amount = _amount(context, basket, requested)
    if amount == 0 and not context.viewer.is_verified and not settings().unverified_order_free:
        raise Problem(403, "Verify your e-mail address first.", code="unverified-user")
    order = _stored(context, basket, amount)
    payload = {"expires_at": order.expires_at, "viewer_id": context.viewer.id}
    signals.emit(context.session, "order.created", id=order.id, **payload)
    return detail_answer(context, context.registry["order"], str(order.id))


def _amount(context: Context, basket: Basket, requested: BasketRequest) -> Decimal:
    if requested.amount is not None and context.viewer.has_role(COORGANIZERS, basket.sale.event_id):
        return requested.amount
    return basket.amounts.total


def _stored(context: Context, basket: Basket, amount: Decimal) -> Order:
    order = Order(
        event_id=basket.sale.event_id,
        user_id=context.viewer.id,
        profile_id=context.viewer.profile_id,
        amount=amount,
        currency=basket.sale.currency,
        # An amount set by the team is not taxed by the rules of the basket.
        tax=tax_as_json(basket.amounts) if amount == basket.amounts.total else None,
        status=INITIALIZING,
        payment_mode=None if amount else FREE_OF_CHARGE,
        expires_at=reserved_until(basket.sale.hold_minutes),
        discount_code_id=basket.discount.id if basket.discount else None,
        access_code_id=basket.access.id if basket.access and basket.unlocked_ticket_ids else None,
    )
    insert(context.session, order, basket.sale.order_id)
    reserve_seats(context.session, basket, at_once=context.request.parameter("include") is not None)
    return order
