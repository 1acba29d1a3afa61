"""POST /v1/orders/{order}/create-paypal-payment: begins the payment of an order by PayPal, or finds it."""

from typing import Final

from chalicelib.actions.begun_payments import begin_payment, lock_payable
from chalicelib.actions.paypal_requests import TYPE, read_attributes
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment.payment import CANCELED, PAYPAL
from chalicelib.resources.orders.payment.provider import Refused

_UNPAID: Final = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"
_PAGES: Final = {
    "return-url": "https://tickets.example.org/orders/5d1a0d0e/view",
    "cancel-url": "https://tickets.example.org/orders/5d1a0d0e/pending",
}


@action("POST", "/v1/orders/{order}/create-paypal-payment", lenient=True, limited_by=(PAYMENTS,))
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    path={"order": _UNPAID},
    request={"data": {"type": TYPE, "attributes": _PAGES}},
    optional=tuple(_PAGES),
    response={
        "status": True,
        "payment_id": "5O190127TN364715T",
        "approval_url": "https://www.paypal.com/checkoutnow?token=5O190127TN364715T",
    },
    optional_in_response=("payment_id", "approval_url"),
    errors=(400, 401, 403, 404, 409, 413, 422, 502, 503),
)
def create_paypal_payment(context: Context, order: str) -> Answer:
    """{status, payment_id, approval_url}: the order's payment at PayPal, one however often it is asked for.
    The buyer approves it there, by PayPal's button or at approval_url; `charge` captures it then. `status`
    false comes with an `error` {name, message}: PayPal has refused.

    From approval_url the buyer returns to the order's page at the web front end; return-url and cancel-url,
    which are those pages, are not used. Raises Problem 409 where the event has no paypal-email, or the
    platform no keys, and for an order that cannot be paid by PayPal.
    """
    context.demand_identity()
    read_attributes(context.request, "return-url", "cancel-url")
    begun = begin_payment(context, lock_payable(context, order), PAYPAL)
    if isinstance(begun, Refused):
        return _refused(begun.code, str(begun))
    if begun.state == CANCELED:
        return _refused(CANCELED, "This payment was canceled at PayPal: begin another one.")
    return plain({"status": True, **begun.seen.document})


def _refused(name: str, message: str) -> Answer:
    return plain({"status": False, "error": {"name": name, "message": message}})
