"""An organizer pays the platform: POST /v1/event-invoices/{invoice}/create-paypal-payment and /charge, or
/create-stripe-payment and /verify.
"""

from functools import partial
from typing import Any, Final

from chalicelib.actions.paypal_requests import read_attributes
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders import billing_payment as paying
from chalicelib.resources.orders.billing import SETTLED
from chalicelib.resources.orders.billing_call import InvoiceCall, Via, call_of
from chalicelib.resources.orders.event_invoice import BILLED, EventInvoice
from chalicelib.resources.orders.payment import stripe_keys
from chalicelib.resources.orders.payment.payment import PAYPAL, PROCESSING, STRIPE
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems

_ERRORS: Final = (400, 401, 404, 409, 413, 422, 502, 503)
_WHO: Final = "whoever is billed, and staff"
_PAGES: Final = {"return-url": "https://tickets.example.org", "cancel-url": "https://tickets.example.org"}
_ID: Final = "5O190127TN364715T"
_UNPAID: Final = "Charge Unsuccessful"


@action("POST", "/v1/event-invoices/{invoice}/create-paypal-payment", lenient=True, limited_by=(PAYMENTS,))
@documented(
    who=_WHO,
    request={"data": {"type": "paypal-payment", "attributes": _PAGES}},
    optional=tuple(_PAGES),
    response={
        "status": True,
        "payment_id": _ID,
        "approval_url": f"https://www.paypal.com/checkoutnow?token={_ID}",
    },
    optional_in_response=("payment_id", "approval_url"),
    errors=_ERRORS,
)
def create_invoice_paypal_payment(context: Context, invoice: str) -> Answer:
    """{status, payment_id, approval_url}: the invoice's payment at PayPal, one however often it is asked for,
    to the platform's admin-billing-paypal-email. `status` false comes with an `error` {name, message}.

    Raises Problem 409 where the platform takes no PayPal, and for an invoice that is paid.
    """
    context.demand_account()
    read_attributes(context.request, "return-url", "cancel-url")
    row = _open(context, invoice)
    seen = _begin(context, row, PAYPAL)
    if isinstance(seen, Refused):
        return _refused(seen)
    return plain({"status": True, **seen.document})


@action("POST", "/v1/event-invoices/{invoice}/charge", lenient=True, limited_by=(PAYMENTS,))
@documented(
    who=_WHO,
    request={
        "data": {
            "type": "charge",
            "attributes": {"paypal_payment_id": _ID, "paypal_payer_id": "WDJJHEBZ4X2LY"},
        }
    },
    response={"status": _UNPAID, "error": "This payment was not approved at PayPal."},
    optional_in_response=("error",),
    errors=_ERRORS,
)
def charge_event_invoice(context: Context, invoice: str) -> Answer:
    """{status, payment_id} once the payment that create-paypal-payment has made was approved, and is captured
    by this: status is "Charge Successful". {status, error} says "Charge Unsuccessful", and why.
    """
    context.demand_account()
    sent = read_attributes(
        context.request, "paypal-payment-id", "paypal-payer-id", types=("charge", "event-invoice-charge")
    )
    for name in ("paypal-payment-id", "paypal-payer-id"):
        if sent[name] is None:
            raise invalid("Say what was approved at PayPal, and by whom.", f"/data/attributes/{name}")
    row = _open(context, invoice, may_be_paid_by=sent["paypal-payment-id"])
    if row.paypal_token != sent["paypal-payment-id"]:
        raise invalid("This is no payment of this invoice at PayPal.", "/data/attributes/paypal-payment-id")
    if row.status == "paid":
        return _paid(row)
    call = call_of(context.session, row, PAYPAL)
    seen = context.ask_outside(f"invoice capture {row.id}", partial(_settled, row.id, call))
    if isinstance(seen, Refused):
        return plain({"status": _UNPAID, "error": str(seen)})
    reason = "This payment was not approved at PayPal."
    if seen.state == PROCESSING:
        reason = "PayPal has not finished it yet."
    elif not call.is_for(seen):
        reason = "This payment was begun for another amount: begin another one."
    return plain({"status": _UNPAID, "error": reason})


@action("POST", "/v1/event-invoices/{invoice}/create-stripe-payment", secret=True, limited_by=(PAYMENTS,))
@documented(
    who=_WHO,
    response={
        "status": True,
        "payment_id": "pi_1",
        "client_secret": "pi_1_secret_2",
        "publishable_key": "pk_live_1",
    },
    optional_in_response=("payment_id", "client_secret", "publishable_key"),
    errors=_ERRORS,
)
def create_invoice_stripe_payment(context: Context, invoice: str) -> Answer:
    """{status, payment_id, client_secret, publishable_key}: the invoice's PaymentIntent at the platform's own
    account, one however often it is asked for. A page confirms it by Stripe's script with these two. `status`
    false comes with an `error` {name, message}. A payment that was begun at PayPal is ended.

    Raises Problem 409 where the platform takes no payment by Stripe, and for an invoice that is paid.
    """
    context.demand_account()
    row = _open(context, invoice)
    key = stripe_keys.publishable_key(context.session)
    if not key:
        raise conflict(
            "This server takes no payment of invoices by Stripe: it has no publishable key.", "/data"
        )
    seen = _begin(context, row, STRIPE)
    if isinstance(seen, Refused):
        return _refused(seen)
    secret = seen.document.get("client_secret")
    told = {"payment_id": seen.id, "client_secret": secret, "publishable_key": key}
    return plain({"status": True, **told})


@action("POST", "/v1/event-invoices/{invoice}/verify", limited_by=(PAYMENTS,))
@documented(who=_WHO, response={"payment_status": "paid"}, errors=_ERRORS)
def verify_event_invoice(context: Context, invoice: str) -> Answer:
    """{payment_status}: the invoice's status, once Stripe was asked about a payment that was begun there."""
    context.demand_account()
    row = paying.lock(context.session, _billed(context, invoice))
    if row.stripe_token is not None and row.status not in SETTLED:
        call = call_of(context.session, row, STRIPE)
        context.ask_outside(f"invoice verification {row.id}", partial(_settled, row.id, call))
    return plain({"payment_status": row.status})


def _billed(context: Context, invoice: str) -> int:
    """The id of the invoice, for whoever is billed. Raises Problem 404."""
    seen = visible(context, "event-invoice", invoice, "1", rule=BILLED)
    if not seen.passes:
        raise not_found(f"There is no invoice {invoice} for you to pay.")
    return seen.id


def _open(context: Context, invoice: str, *, may_be_paid_by: str | None = None) -> EventInvoice:
    """The invoice, locked, for whoever is billed. Raises Problem 404 and 409."""
    row = paying.lock(context.session, _billed(context, invoice))
    is_paid = row.status == "paid" and row.paid_via == PAYPAL
    if not (is_paid and may_be_paid_by is not None and row.paypal_token == may_be_paid_by):
        paying.demand_open(row)
    return row


def _paid(row: Any) -> Answer:
    return plain({"status": "Charge Successful", "payment_id": row.paypal_token})


def _begin(context: Context, row: EventInvoice, via: Via) -> ProviderPayment | Refused:
    call_of(context.session, row, via)
    return context.ask_outside(f"invoice payment {row.id} {via}", partial(_begun, row.id, via))


def _refused(refusal: Refused) -> Answer:
    return plain({"status": False, "error": {"name": refusal.code, "message": str(refusal)}})


def _begun(invoice_id: int, via: Via) -> ProviderPayment | Refused:
    with provider_problems():
        try:
            return paying.begun(invoice_id, via)
        except Refused as refusal:
            return refusal


def _settled(invoice_id: int, call: InvoiceCall) -> ProviderPayment | Refused:
    with provider_problems():
        try:
            return paying.settled(invoice_id, call)
        except Refused as refusal:
            return refusal
