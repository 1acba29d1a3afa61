"""POST /v1/orders/{order}/verify-mobile-paypal-payment: whether an order was paid at PayPal, on a phone."""

from typing import Final

from chalicelib.actions.paypal_requests import TYPE, read_attributes
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment.paypal_capture import Unknown, capture

_UNPAID: Final = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"
_UNKNOWN: Final = "This is no payment of this order at PayPal."


@action("POST", "/v1/orders/{order}/verify-mobile-paypal-payment", lenient=True, limited_by=(PAYMENTS,))
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    path={"order": _UNPAID},
    request={"data": {"type": TYPE, "attributes": {"payment-id": "5O190127TN364715T"}}},
    response={"status": False, "error": _UNKNOWN},
    optional_in_response=("error",),
    errors=(400, 401, 403, 404, 409, 413, 422, 502, 503),
)
def verify_mobile_paypal_payment(context: Context, order: str) -> Answer:
    """{status, error}: whether the order is paid by this payment, which create-paypal-payment has made and
    the buyer has approved. It is captured, and the order is completed. `status` is false, and `error` a
    sentence, for any other payment, such as one that an app has made without this server: it would be the
    platform's money and not the organizer's.
    """
    context.demand_identity()
    payment_id = read_attributes(context.request, "payment-id")["payment-id"]
    if payment_id is None:
        raise invalid("Say which payment was approved at PayPal.", "/data/attributes/payment-id")
    row = lock_editable(context, context.registry["order"], order)
    try:
        is_paid, sentence = capture(context, row, payment_id, None)
    except Unknown:
        is_paid, sentence = False, _UNKNOWN
    return plain({"status": is_paid, "error": None if is_paid else sentence})
