"""Asks the provider about a payment that is under way, and settles what it says."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, signals
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import charging, settling
from chalicelib.resources.orders.payment.payment import EXCHANGE, OFFLINE, OPEN, UNFINISHED, Payment
from chalicelib.resources.orders.payment.provider import Forgotten, ProviderPayment, ProviderRefund, Refused
from chalicelib.resources.orders.payment.reconciling import CAPTURE, SETTLE
from chalicelib.tasks.registry import task

_LONGEST = 100
_OPEN: Final = f"SELECT id FROM payments WHERE order_id = $1 AND state IN {states.listed(UNFINISHED)}"  # noqa: S608
_SECONDS = 12.0  # for all that is asked


@task(SETTLE, min_seconds=14.0)
def settle_payment(session: Session, payment_id: int) -> None:
    """What the provider says of the payment, whatever caused the question: an event of it, or time.

    A payment that was approved is captured by a task of its own; one of an order that cannot be paid any more
    is canceled. Refunds that were made at the provider, and disputes, are noted.
    """
    payment = session.get_one(Payment, payment_id)
    if payment.provider in (OFFLINE, EXCHANGE):
        return
    call, until = charging.call_of(session, payment), Deadline(_SECONDS)
    try:
        seen = call.ask(until)
        gives_up = not settling.may_be_paid(session, session.get_one(Order, payment.order_id))
        if seen.state == OPEN and gives_up:
            seen = call.provider.cancel(seen.id, call.intent.account, until)
    except Refused as refusal:
        is_forgotten = isinstance(refusal, Forgotten)
        if call.provider_id is None or is_forgotten:
            settling.give_up(session, payment_id, refusal.code, is_forgotten=is_forgotten)
        else:  # such as an account that was disconnected: asked again by the reconciling task
            log.error("a payment could not be asked about", refusal, payment_id=payment_id)
            settling.note_refusal(session, payment_id, refusal.code)
        return
    # Everything is asked before a row is locked.
    refunds, dispute = _refunds(call, payment, seen, until), _dispute(call, seen, until)
    if seen.approved and settling.begin_capture(session, payment_id, seen) is not None:
        outbox.add(session, CAPTURE, {"payment_id": payment_id}, key=f"{CAPTURE}-{settling.key_of(payment)}")
    _, payment = settling.settle(session, payment_id, seen, gives_up=gives_up)
    settling.note_refunds(session, payment_id, refunds)
    if dispute is not None and payment.dispute != dispute:
        payment.dispute = dispute
        log.warning("a payment is disputed", payment_id=payment_id, status=dispute)


def _refunds(
    call: charging.Call, payment: Payment, seen: ProviderPayment, until: Deadline
) -> list[ProviderRefund]:
    """The refunds at the provider, if they are others than are known here."""
    if seen.refunded == payment.refunded_minor:
        return []
    return call.provider.refunds(seen.id, call.intent.account, seen.currency, until)


def _dispute(call: charging.Call, seen: ProviderPayment, until: Deadline) -> str | None:
    if not seen.disputed:
        return None
    status = call.provider.dispute(seen.id, call.intent.account, until)
    return status[:_LONGEST] if status is not None else None


@signals.on("order.cancelled")
def _nobody_pays_it_any_more(session: Session, *, id: int, **_payload: object) -> None:
    for (payment_id,) in db.fetch(session, _OPEN, [id]):
        outbox.add(session, SETTLE, {"payment_id": payment_id}, key=f"{SETTLE}-{payment_id}-cancelled")
