"""Beginning of an order's online payment, for the actions of the payment modes: one payment of an order,
however often and from wherever it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable, update_row
from chalicelib.jsonapi.write.links import ResolvedLinks
from chalicelib.resources.orders.order.states import PENDING
from chalicelib.resources.orders.payment import charging, gateways, settling
from chalicelib.resources.orders.payment.charging import Call
from chalicelib.resources.orders.payment.modes import DIRECT
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems


@dataclass(frozen=True, slots=True)
class BegunPayment:
    """What the provider says of the payment, and the payment's state once that is settled."""

    seen: ProviderPayment
    state: str


def lock_payable(context: Context, order: str) -> Any:
    """The order, locked, for whoever may change it. Raises Problem 404, and 409 for one that is paid to the
    organizer directly.
    """
    row = lock_editable(context, context.registry["order"], order)
    if row.payment_mode in DIRECT:
        raise conflict(f"Payment by {row.payment_mode} goes to the organizer directly.", "/data")
    return row


def begin_payment(
    context: Context, order: Any, mode: str, ask: Callable[[Call, Deadline], ProviderPayment] = Call.make
) -> BegunPayment | Refused:
    """The locked order's payment in this mode, created at its provider or found there, and settled.

    `ask` asks the provider, while no transaction is open; what it refuses is returned. Raises Problem 409
    where the order cannot be paid so, 422 while something is missing that an order needs, 502 and 503.
    """
    gateways.offer(context.session, order, mode)
    # As a PATCH would: attendees have answered, the event takes this payment, a bill has an address.
    if order.status != PENDING or order.payment_mode != mode:
        values = {"status": PENDING, "payment_mode": mode}
        update_row(context, context.registry["order"], order, ResolvedLinks(), values)
    payment_id, seen = context.ask_outside(f"{mode} {order.id}", partial(_asked, order.id, mode, ask))
    if isinstance(seen, Refused):
        settling.give_up(context.session, payment_id, seen.code)
        return seen
    with provider_problems():
        _, payment = settling.settle(context.session, payment_id, seen)
    return BegunPayment(seen, payment.state)


def _asked(
    order_id: int, mode: str, ask: Callable[[Call, Deadline], ProviderPayment]
) -> tuple[int, ProviderPayment | Refused]:
    with provider_problems():
        call = charging.begin(order_id, mode)
        try:
            return call.payment_id, ask(call, Deadline())
        except Refused as refusal:
            return call.payment_id, refusal
