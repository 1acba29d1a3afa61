"""Capturing: the money of a payment that its buyer has approved is taken once, while its order waits for it.

That a capture begins is committed before the provider is asked: from then on nobody gives the payment up, and
whatever crashes, the same call is repeated with its key. Here for requests; the task capture_payment for what
was approved without one.
"""

from chalicelib import db
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.payment import settling
from chalicelib.resources.orders.payment.charging import Call
from chalicelib.resources.orders.payment.provider import ProviderPayment, Refused


def captured(call: Call, seen: ProviderPayment, until: Deadline) -> ProviderPayment:
    """The payment as it is after its capture, if it was approved; opens transactions of its own.

    Raises NoAnswer, BadAnswer, and Refused where the capture is refused, which is noted.
    """
    if not seen.approved:
        return seen
    with db.transaction() as session:
        key = settling.begin_capture(session, call.payment_id, seen)
    if key is None:
        return seen
    try:
        return call.provider.capture(seen.id, call.intent.account, key, until)
    except Refused as refusal:
        with db.transaction() as session:
            settling.end_capture(session, call.payment_id, key, refusal.code)
        raise
