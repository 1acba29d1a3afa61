"""Sends the receipt of a completed order to its buyer again."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import ORDER_MAILS, ORDER_MAILS_BY_SOURCE
from chalicelib.resources.orders.order import states
from chalicelib.tasks import order_letters
from chalicelib.tasks.order_news import BUYER
from chalicelib.tasks.post import post
from chalicelib.tasks.purchase import purchase_of
from chalicelib.tasks.registry import task

NAME = "send_receipt_mail"


@task(NAME, limited_by=(ORDER_MAILS, ORDER_MAILS_BY_SOURCE))
def send_receipt_mail(
    session: Session, order_id: int, asked_by: int | None = None, asked_from: str | None = None
) -> None:
    """Email the receipt. Nothing when the order was cancelled meanwhile, or the buyer's account deleted.

    `asked_by` and `asked_from` are ignored: messages from before the rate limit service have them.
    """
    purchase = purchase_of(session, order_id)
    if purchase.order.status != states.COMPLETED or purchase.buyer is None:
        log.info("nobody waits for this receipt any more", order_id=order_id)
        return
    post(session, BUYER, order_letters.receipt(purchase, purchase.buyer))


@signals.on("order.receipt_requested")
def _it_is_wanted(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id})
