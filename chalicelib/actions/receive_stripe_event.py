"""POST /v1/stripe/webhook: events of Stripe about payments to organizers' accounts (Connect webhook)."""

from typing import Final

from sqlalchemy import false, or_, select

from chalicelib import clock, log, outbox
from chalicelib.docs.documented import documented
from chalicelib.http_client import BadAnswer
from chalicelib.jsonapi.ground.errors import Problem, bad_document
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders import billing
from chalicelib.resources.orders.billing_events import invoice_of
from chalicelib.resources.orders.payment.events import receive
from chalicelib.resources.orders.payment.payment import STRIPE, Payment
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.resources.orders.payment.reconciling import SETTLE
from chalicelib.resources.orders.payment.stripe import Stripe
from chalicelib.resources.orders.payment.stripe_keys import webhook_secret
from chalicelib.resources.orders.stripe_authorization import forget_account

_SIGNATURE: Final = "stripe-signature"
_DISCONNECTED: Final = "account.application.deauthorized"


@action(
    "POST",
    "/v1/stripe/webhook",
    lenient=True,
    reads_token=False,
    limited_by=(Exempt("each event is signed by Stripe, and has one effect"),),
)
@documented(
    who="Stripe, by its signature",
    open=True,
    request={"id": "evt_1", "type": "payment_intent.succeeded", "account": "acct_1", "data": {}},
    optional=("account", "data"),
    response={"received": True},
    errors=(400, 403, 413, 503),
)
def receive_stripe_event(context: Context) -> Answer:
    """An event of Stripe's is stored once by its id. What it says is not believed: a task asks Stripe about
    the payment, so that it does not matter how often, how late and in which order events come.

    Raises Problem 403 for a body that Stripe has not signed in the last five minutes.
    """
    secret = webhook_secret()
    if not secret:
        raise Problem(503, "This server has no secret of Stripe's webhook.", headers={"Retry-After": "3600"})
    signature = context.request.headers.get(_SIGNATURE, "")
    try:
        event = Stripe("").verify(context.request.body, signature, secret, clock.now())
    except Refused as refusal:
        raise Problem(403, str(refusal), header="Stripe-Signature") from None
    except BadAnswer as problem:
        raise bad_document(f"This is no event of Stripe: {problem}.") from None
    if not receive(context.session, STRIPE, event.id, event.type):
        return plain({"received": True})
    if event.type == _DISCONNECTED:  # by the organizer, at Stripe
        forget_account(context.session, event.account)
    else:
        told = ((Payment.provider_id, event.payment), (Payment.identifier, event.reference))
        meant = or_(false(), *(column == value for column, value in told if value is not None))
        ours = select(Payment.id).where(Payment.provider == STRIPE, Payment.account == event.account, meant)
        payment_id = context.session.scalar(ours.limit(1))
        if payment_id is not None:
            outbox.add(context.session, SETTLE, {"payment_id": payment_id}, key=f"stripe-{event.id}")
        elif not event.account and (invoice_id := invoice_of(context.session, STRIPE, event)) is not None:
            billing.settle_later(context.session, invoice_id, event.payment, STRIPE, key=f"stripe-{event.id}")
        else:
            log.info("an event about no payment of ours", type=event.type)
    return plain({"received": True})
