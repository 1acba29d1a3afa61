"""POST /v1/paypal/webhook: events of PayPal about orders, captures and refunds."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlalchemy import false, or_, select

from chalicelib import log, outbox
from chalicelib.docs.documented import documented
from chalicelib.http_client import BadAnswer, Deadline
from chalicelib.jsonapi.ground.errors import Problem, bad_document
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import demand_size
from chalicelib.limits.declared import FORGED_EVENTS
from chalicelib.resources.orders import billing
from chalicelib.resources.orders.billing_events import invoice_of
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.answers import object_in
from chalicelib.resources.orders.payment.events import receive, was_received
from chalicelib.resources.orders.payment.payment import PAYPAL, Payment
from chalicelib.resources.orders.payment.paypal import PayPal
from chalicelib.resources.orders.payment.paypal_answers import event_in
from chalicelib.resources.orders.payment.paypal_keys import gateway, webhook_id
from chalicelib.resources.orders.payment.provider import Refused, WebhookEvent
from chalicelib.resources.orders.payment.provider_problems import provider_problems
from chalicelib.resources.orders.payment.reconciling import SETTLE

_RECEIVED: Final = {"received": True}


@action("POST", "/v1/paypal/webhook", lenient=True, reads_token=False, limited_by=(FORGED_EVENTS,))
@documented(
    who="PayPal, which is asked whether it has sent this",
    open=True,
    request={
        "id": "WH-1",
        "event_type": "CHECKOUT.ORDER.APPROVED",
        "resource_type": "checkout-order",
        "resource": {},
    },
    optional=("resource_type", "resource"),
    response=_RECEIVED,
    errors=(400, 403, 413, 502, 503),
)
def receive_paypal_event(context: Context) -> Answer:
    """An event of PayPal's about a payment of ours is stored once by its id. What it says is not believed: a
    task asks PayPal about the payment, and captures what was approved, so that it does not matter how often,
    how late and in which order events come. PayPal is asked first whether the event is its own.

    Raises Problem 403 for a body that PayPal has not sent.
    """
    demand_size(context.request, context.request.options.max_body_bytes)
    body = context.request.body
    try:
        event = event_in(object_in(body))
    except BadAnswer as problem:
        raise bad_document(f"This is no event of PayPal: {problem}.") from None
    payment = _meant(context, event)
    invoice_id = invoice_of(context.session, PAYPAL, event) if payment is None else None
    if (payment is None and invoice_id is None) or was_received(context.session, PAYPAL, event.id):
        log.info("an event that nothing follows from", type=event.type)
        return plain(_RECEIVED)  # so it need not be verified
    is_test = payment is not None and context.session.get_one(Order, payment.order_id).is_test
    chosen = gateway(context.session, is_test=is_test)
    id = webhook_id(chosen) if chosen is not None else ""
    if chosen is None or not id:
        raise Problem(503, "This server has no webhook at PayPal.", headers={"Retry-After": "3600"})
    asked = partial(_verified, chosen, body, context.request.headers, id)
    refusal = context.ask_outside(f"paypal event {event.id}", asked)
    if refusal is not None:
        raise Problem(403, str(refusal), header="PayPal-Transmission-Sig")
    if receive(context.session, PAYPAL, event.id, event.type):
        key = f"paypal-{event.id}"
        if payment is not None:
            outbox.add(context.session, SETTLE, {"payment_id": payment.id}, key=key)
        elif invoice_id is not None:
            billing.settle_later(context.session, invoice_id, event.payment, PAYPAL, key=key)
    return plain(_RECEIVED)


def _meant(context: Context, event: WebhookEvent) -> Payment | None:
    told = (
        (Payment.provider_id, event.payment),
        (Payment.identifier, event.reference),
        (Payment.transaction_id, event.transaction),
    )
    meant = (column == value for column, value in told if value is not None)
    ours = select(Payment).where(Payment.provider == PAYPAL, or_(false(), *meant)).limit(1)
    return context.session.scalars(ours).one_or_none()


def _verified(chosen: PayPal, body: bytes, headers: Mapping[str, str], id: str) -> Refused | None:
    with provider_problems():
        try:
            chosen.verify(body, headers, id, Deadline())
        except Refused as refusal:
            return refusal
    return None
