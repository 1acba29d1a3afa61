"""POST /v1/orders/{order}/charge: begins the online payment of an order, or finds the one that was begun."""

import json
from typing import Final

from chalicelib.actions.begun_payments import begin_payment, lock_payable
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.rendering import made_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import read_resource
from chalicelib.jsonapi.write.loading import load_attributes
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment.payment import CANCELED, PAYPAL, STRIPE
from chalicelib.resources.orders.payment.paypal_capture import capture_approved
from chalicelib.resources.orders.payment.provider import Refused

_MESSAGE: Final = '{"id": "pi_1", "client_secret": "pi_1_secret_2", "status": "requires_payment_method"}'
_UNPAID: Final = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"
_MADE_UP: Final = "0"  # a charge is not stored, and has no id


@action(
    "POST", "/v1/orders/{order}/charge", lenient=True, documents=True, secret=True, limited_by=(PAYMENTS,)
)
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    path={"order": _UNPAID},
    creates="charge",
    response={
        "jsonapi": {"version": "1.1"},
        "data": {"type": "charge", "id": "0", "attributes": {"status": True, "message": _MESSAGE}},
    },
    errors=(400, 401, 403, 404, 406, 409, 413, 415, 422, 502, 503),
)
def charge_order(context: Context, order: str) -> Answer:
    """The payment of the order at its provider, one however often it is asked for. `message` is Stripe's
    PaymentIntent as JSON text: its client_secret is what the buyer's client pays with, together with the
    stripe-publishable-key of the event's stripe-authorization. By PayPal, `paypal_payment_id` and
    `paypal_payer_id` are those of the payment that create-paypal-payment has made, and that the buyer has
    approved: it is captured, which completes the order. `status` false says that the provider has refused,
    and `message` why.

    Amount and currency are the order's own. Raises Problem 409 for an order that needs no payment or is paid
    to the organizer, and where no provider is connected; 422 while something is missing that an order needs,
    and for a payment of another order.
    """
    context.demand_identity()
    incoming = read_resource(context.request, "charge", None)
    sent = load_attributes(context.registry["charge"], incoming, is_new=True)
    row = lock_payable(context, order)
    given = sent.get("paypal_payment_id"), sent.get("paypal_payer_id")
    if row.payment_mode == PAYPAL or any(given):
        return _answer(*capture_approved(context, row, *given))
    begun = begin_payment(context, row, row.payment_mode or STRIPE)
    if isinstance(begun, Refused):
        return _answer(False, str(begun))
    if begun.state == CANCELED:
        return _answer(False, "This payment was canceled at its provider: charge the order again.")
    return _answer(True, json.dumps(begun.seen.document))


def _answer(status: bool, message: str) -> Answer:
    attributes = {"status": status, "message": message}
    return made_answer({"type": "charge", "id": _MADE_UP, "attributes": attributes})
