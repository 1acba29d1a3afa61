"""GET and POST /v1/alipay/create_source/{order}: where the buyer pays an order by Alipay, through Stripe."""

from functools import partial
from typing import Final

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
from chalicelib.resources.orders.payment.payment import OPEN
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems
from chalicelib.resources.orders.payment.stripe import Stripe

_MODE: Final = "alipay"
_UNPAID: Final = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"
_DOCUMENTED: Final = documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    path={"order": _UNPAID},
    response={"link": "https://hooks.stripe.com/redirect/authenticate/src_1?client_secret=src_1_secret_2"},
    optional_in_response=("link",),
    errors=(400, 401, 403, 404, 409, 422, 502, 503),
)


@action("POST", "/v1/alipay/create_source/{order}", secret=True, limited_by=(PAYMENTS,))
@_DOCUMENTED
def create_alipay_source(context: Context, order: str) -> Answer:
    """{link}: the page where the buyer pays the order by Alipay, one payment however often it is asked for.
    From there the buyer returns to the order's page at the web front end, which asks `verify`. Where Stripe
    refuses, `link` is null, with an `error` {name, message}.

    Raises Problem 409 where the event takes no Alipay, or has no Stripe account, and for an order that cannot
    be paid so.
    """
    context.demand_identity()
    orders = context.registry["order"]
    row = lock_editable(context, orders, order)
    if row.payment_mode in DIRECT:
        raise conflict(f"Payment by {row.payment_mode} goes to the organizer directly.", "/data")
    gateways.offer(context.session, row, _MODE)
    if row.status != PENDING or row.payment_mode != _MODE:
        update_row(context, orders, row, ResolvedLinks(), {"status": PENDING, "payment_mode": _MODE})
    payment_id, seen = context.ask_outside(f"alipay {row.id}", partial(_begun, row.id))
    if isinstance(seen, Refused):
        settling.give_up(context.session, payment_id, seen.code)
        return plain({"link": None, "error": {"name": seen.code, "message": str(seen)}})
    with provider_problems():
        settling.settle(context.session, payment_id, seen)
    return plain({"link": seen.redirect})


@action("GET", "/v1/alipay/create_source/{order}", secret=True, limited_by=(PAYMENTS,), acts=True)
@_DOCUMENTED
def find_alipay_source(context: Context, order: str) -> Answer:
    """The same: the old web client asks so."""
    return create_alipay_source(context, order)


def _begun(order_id: int) -> tuple[int, ProviderPayment | Refused]:
    with provider_problems():
        call, until = charging.begin(order_id, _MODE), Deadline()
        try:
            seen = call.make(until)
            if seen.state == OPEN and seen.redirect is None and isinstance(call.provider, Stripe):
                seen = call.provider.redirect(seen.id, call.intent, until)
            return call.payment_id, seen
        except Refused as refusal:
            return call.payment_id, refusal
