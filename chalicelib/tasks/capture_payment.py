"""Captures a payment that its buyer has approved, once however often it is tried."""

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.payment import charging, settling
from chalicelib.resources.orders.payment.payment import PROCESSING, Payment
from chalicelib.resources.orders.payment.provider import Refused
from chalicelib.resources.orders.payment.reconciling import CAPTURE
from chalicelib.tasks.registry import task

_SECONDS = 12.0  # for all that is asked


@task(CAPTURE, min_seconds=14.0)
def capture_payment(session: Session, payment_id: int) -> None:
    """Take the money, as was decided before. What the provider refuses may be approved again."""
    payment = session.get_one(Payment, payment_id)
    if payment.state != PROCESSING or payment.provider_id is None:
        return
    call, key = charging.call_of(session, payment), settling.key_of(payment)
    try:
        seen = call.provider.capture(payment.provider_id, call.intent.account, key, Deadline(_SECONDS))
    except Refused as refusal:
        log.warning("a capture was refused", payment_id=payment_id, code=refusal.code)
        settling.end_capture(session, payment_id, key, refusal.code)
        return
    settling.settle(session, payment_id, seen)
