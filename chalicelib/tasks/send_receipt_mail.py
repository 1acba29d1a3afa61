"""Sends the receipt of a completed order to its buyer again."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import ORDER_MAILS, ORDER_MAILS_BY_SOURCE
from chalicelib.resources.orders.order import states
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_notifications import BUYER
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_receipt_mail"


@task(NAME, limited_by=(ORDER_MAILS, ORDER_MAILS_BY_SOURCE))
def send_receipt_mail(
    session: Session, order_id: int, asked_by: int | None = None, asked_from: str | None = None
) -> None:
    """Email the receipt. Nothing when the order was cancelled meanwhile, or the buyer's account deleted.

    `asked_by` and `asked_from` are ignored: messages from before the rate limit service have them.
    """
    summary = load_order_summary(session, order_id)
    if summary.order.status != states.COMPLETED or summary.buyer is None:
        log.info("nobody waits for this receipt any more", order_id=order_id)
        return
    address = order_mails.address_for_buyer(session, summary)
    draft = order_mails.receipt(summary, summary.buyer, address)
    send_and_log(session, BUYER, draft, event_id=summary.event.id)


@signals.on("order.receipt_requested")
def _it_is_wanted(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id})
