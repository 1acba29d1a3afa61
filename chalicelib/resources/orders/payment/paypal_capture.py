"""Capturing what a buyer's client says was approved at PayPal, once it is known to be the order's own."""

from functools import partial
from typing import Any, Final

from sqlalchemy import select

from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import Problem, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.payment import charging, gateways, settling
from chalicelib.resources.orders.payment.capturing import captured
from chalicelib.resources.orders.payment.payment import PAYPAL, PROCESSING, SUCCEEDED, UNFINISHED, Payment
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems

DONE: Final = "Charge successful"
_ID: Final = "/data/attributes/paypal-payment-id"
_PAYER: Final = "/data/attributes/paypal-payer-id"


class Unknown(Exception):
    """The id is not that of a payment of this order at PayPal."""


def capture_approved(
    context: Context, order: Any, payment_id: str | None, payer: str | None
) -> tuple[bool, str]:
    """Whether the order, which is locked, is paid by this payment now, and a sentence for its buyer.

    Raises Problem 422 for another order's payment, another payer and missing ids, 409 for an order that
    cannot be paid, 502 and 503 for what PayPal does or does not answer.
    """
    if not (payment_id and payer):
        gateways.offer(context.session, order, PAYPAL)
    if not payment_id:
        raise invalid("Say which payment was approved at PayPal.", _ID)
    if not payer:
        raise invalid("Say who has approved the payment at PayPal.", _PAYER)
    try:
        return capture(context, order, payment_id, payer)
    except Unknown:
        raise invalid("This is no payment of this order at PayPal.", _ID) from None


def capture(context: Context, order: Any, payment_id: str, payer: str | None) -> tuple[bool, str]:
    """The same for a payment whose payer need not be known. Raises Unknown for another order's payment."""
    of_order = select(Payment).where(
        Payment.order_id == order.id, Payment.provider == PAYPAL, Payment.provider_id == payment_id
    )
    payment = context.session.scalars(of_order).one_or_none()
    if payment is None:
        raise Unknown
    if payment.state == SUCCEEDED:
        return True, DONE
    if payment.state not in UNFINISHED:
        return False, "This payment was canceled: begin another one."
    if payment.state != PROCESSING:
        gateways.offer(context.session, order, PAYPAL)
    with provider_problems():
        call = charging.call_of(context.session, payment)
    seen = context.ask_outside(f"capture {payment.id}", partial(_captured, call, payer))
    if isinstance(seen, Refused):
        return False, str(seen)
    with provider_problems():
        _, settled = settling.settle(context.session, payment.id, seen)
    if settled.state == SUCCEEDED:
        return True, DONE
    if settled.state == PROCESSING:
        return False, "PayPal has not finished this payment yet: the order is completed once it has."
    return False, "This payment was not approved at PayPal."


def _captured(call: charging.Call, payer: str | None) -> ProviderPayment | Refused:
    with provider_problems():
        try:
            until = Deadline()
            seen = call.ask(until)
            if payer is not None and seen.payer is not None and payer != seen.payer:
                raise Problem(422, "Somebody else has approved this payment at PayPal.", pointer=_PAYER)
            return captured(call, seen, until)
        except Refused as refusal:
            return refusal
