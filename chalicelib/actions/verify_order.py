"""POST /v1/orders/{order}/verify: asks the provider whether an order was paid online."""

from functools import partial
from typing import Final

from sqlalchemy import select

from chalicelib import db
from chalicelib.docs.documented import documented
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment import charging, settling
from chalicelib.resources.orders.payment.capturing import captured
from chalicelib.resources.orders.payment.payment import OFFLINE, UNFINISHED, Payment
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems

_STATUS: Final = "SELECT status FROM orders WHERE id = $1"


@action("POST", "/v1/orders/{order}/verify", lenient=True, limited_by=(PAYMENTS,))
@documented(
    who="whoever sees the order",
    response={"payment_status": "completed"},
    errors=(401, 404, 502, 503),
)
def verify_order(context: Context, order: str) -> Answer:
    """The order's status, once its provider was asked about a payment that is under way. A payment that was
    made completes the order, once; one that was approved at PayPal is captured.
    """
    context.demand_identity()
    seen_order = visible(context, "order", order, '"order".status')
    of_order = select(Payment).where(
        Payment.order_id == seen_order.id, Payment.provider != OFFLINE, Payment.state.in_(UNFINISHED)
    )
    payment = context.session.scalars(of_order).one_or_none()
    if payment is None:
        # Read anew: since it was seen, an event of the provider may have settled the payment.
        (status,) = db.fetch(context.session, _STATUS, [seen_order.id])[0]
        return plain({"payment_status": status})
    with provider_problems():
        call = charging.call_of(context.session, payment)
    seen = context.ask_outside(f"verify {payment.id}", partial(_asked, call))
    if isinstance(seen, Refused):  # the reconciling task goes on with it
        return plain({"payment_status": seen_order.value})
    with provider_problems():
        settled, _ = settling.settle(context.session, payment.id, seen)
    return plain({"payment_status": settled.status})


def _asked(call: charging.Call) -> ProviderPayment | Refused:
    with provider_problems():
        try:
            until = Deadline()
            return captured(call, call.ask(until), until)
        except Refused as refusal:
            return refusal
