"""POST /v1/orders/{order}/create-paypal-payment: begins the payment of an order by PayPal, or finds it."""

from functools import partial
from typing import Final

from chalicelib.actions.paypal_requests import TYPE, read_attributes
from chalicelib.docs.documented import documented
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable, update_row
from chalicelib.jsonapi.write.links import ResolvedLinks
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.order.states import PENDING
from chalicelib.resources.orders.payment import charging, gateways, settling
from chalicelib.resources.orders.payment.modes import DIRECT
from chalicelib.resources.orders.payment.payment import CANCELED, PAYPAL
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems

_UNPAID: Final = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"
_PAGES: Final = {
    "return-url": "https://tickets.example.org/orders/5d1a0d0e/view",
    "cancel-url": "https://tickets.example.org/orders/5d1a0d0e/pending",
}


@action("POST", "/v1/orders/{order}/create-paypal-payment", limited_by=(PAYMENTS,))
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    path={"order": _UNPAID},
    request={"data": {"type": TYPE, "attributes": _PAGES}},
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
    orders = context.registry["order"]
    row = lock_editable(context, orders, order)
    if row.payment_mode in DIRECT:
        raise conflict(f"Payment by {row.payment_mode} goes to the organizer directly.", "/data")
    gateways.offer(context.session, row, PAYPAL)
    if row.status != PENDING or row.payment_mode != PAYPAL:
        update_row(context, orders, row, ResolvedLinks(), {"status": PENDING, "payment_mode": PAYPAL})
    payment_id, seen = context.ask_outside(f"paypal {row.id}", partial(_begun, row.id))
    if isinstance(seen, Refused):
        settling.give_up(context.session, payment_id, seen.code)
        return _refused(seen.code, str(seen))
    with provider_problems():
        _, payment = settling.settle(context.session, payment_id, seen)
    if payment.state == CANCELED:
        return _refused(CANCELED, "This payment was canceled at PayPal: begin another one.")
    return plain({"status": True, **seen.document})


def _begun(order_id: int) -> tuple[int, ProviderPayment | Refused]:
    with provider_problems():
        call = charging.begin(order_id, PAYPAL)
        try:
            return call.payment_id, call.make(Deadline())
        except Refused as refusal:
            return call.payment_id, refusal


def _refused(name: str, message: str) -> Answer:
    return plain({"status": False, "error": {"name": name, "message": message}})
