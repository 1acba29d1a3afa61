"""Sends a refund to the provider of its payment, once however often it is tried."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, signals
from chalicelib.http_client import Deadline
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.payment import charging, settling
from chalicelib.resources.orders.payment.ledger import origin_of
from chalicelib.resources.orders.payment.payment import EXCHANGE, OFFLINE, Payment
from chalicelib.resources.orders.payment.provider import ProviderRefund, RefundIntent, Refused
from chalicelib.resources.orders.payment.reconciling import REFUND
from chalicelib.resources.orders.refund import Refund
from chalicelib.tasks.registry import task

_SECONDS: Final = 12.0  # for all that is asked
# Stripe forgets the key of a call after a day: then what it has is looked for by our reference.
_KEY_COUNTS: Final = timedelta(hours=20)


@task(REFUND, min_seconds=14.0)
def send_refund(session: Session, refund_id: int) -> None:
    """Send it, or ask what became of it. What the provider refuses fails, and may be asked for again."""
    refund = session.get_one(Refund, refund_id)
    if refund.state not in refunds.UNFINISHED:
        return
    payment = origin_of(session, session.get_one(Payment, refund.payment_id))
    call = charging.call_of(session, payment)
    try:
        seen = _seen(call, refund, payment.transaction_id)
    except Refused as refusal:
        log.error("a refund was refused", refusal, refund_id=refund_id)
        seen = ProviderRefund("", refunds.FAILED, refund.amount_minor, None, refusal.code[:100])
    settling.settle_refund(session, refund_id, seen)


def _seen(call: charging.Call, refund: Refund, transaction: str | None) -> ProviderRefund:
    id, account, until = call.provider_id or "", call.intent.account, Deadline(_SECONDS)
    if refund.transaction_id is not None or refund.created_at < clock.now() - _KEY_COUNTS:
        for seen in call.provider.refunds(id, account, refund.currency, until):
            if seen.reference == refund.identifier:
                return seen
    intent = RefundIntent(
        reference=refund.identifier,
        payment=id,
        account=account,
        amount=refund.amount_minor,
        currency=refund.currency,
        has_fee=call.intent.fee > 0,
        fee=call.intent.fee * refund.amount_minor // call.intent.amount,
        transaction=transaction,
    )
    return call.provider.refund(intent, until)


@signals.on("refund.made")
def _it_is_owed(session: Session, *, id: int, **_payload: object) -> None:
    if session.get_one(Refund, id).provider not in (OFFLINE, EXCHANGE):
        outbox.add(session, REFUND, {"refund_id": id}, key=f"{REFUND}-{id}")
