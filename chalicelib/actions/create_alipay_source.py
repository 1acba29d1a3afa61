"""GET and POST /v1/alipay/create_source/{order}: where the buyer pays an order by Alipay, through Stripe."""

from typing import Final

from chalicelib.actions.begun_payments import begin_payment, lock_payable
from chalicelib.docs.documented import documented
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment.charging import Call
from chalicelib.resources.orders.payment.payment import OPEN
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
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


@action("POST", "/v1/alipay/create_source/{order}", lenient=True, secret=True, limited_by=(PAYMENTS,))
@_DOCUMENTED
def create_alipay_source(context: Context, order: str) -> Answer:
    """{link}: the page where the buyer pays the order by Alipay, one payment however often it is asked for.
    From there the buyer returns to the order's page at the web front end, which asks `verify`. Where Stripe
    refuses, `link` is null, with an `error` {name, message}.

    Raises Problem 409 where the event takes no Alipay, or has no Stripe account, and for an order that cannot
    be paid so.
    """
    context.demand_identity()
    begun = begin_payment(context, lock_payable(context, order), _MODE, _with_redirect)
    if isinstance(begun, Refused):
        return plain({"link": None, "error": {"name": begun.code, "message": str(begun)}})
    return plain({"link": begun.seen.redirect})


@action(
    "GET", "/v1/alipay/create_source/{order}", lenient=True, secret=True, limited_by=(PAYMENTS,), acts=True
)
@_DOCUMENTED
def find_alipay_source(context: Context, order: str) -> Answer:
    """The same: the old web client asks so."""
    return create_alipay_source(context, order)


def _with_redirect(call: Call, until: Deadline) -> ProviderPayment:
    seen = call.make(until)
    if seen.state == OPEN and seen.redirect is None and isinstance(call.provider, Stripe):
        return call.provider.redirect(seen.id, call.intent, until)
    return seen
