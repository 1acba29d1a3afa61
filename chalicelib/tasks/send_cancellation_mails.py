"""A cancelled order: email to the buyer, notifications to the buyer and the organizers."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.order import states
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_notifications import CANCELLED, notify_of_cancellation
from chalicelib.tasks.order_summary import OrderSummary, load_order_summary
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

MAIL = "send_cancellation_mail"
NEWS = "send_cancellation_news"


@task(MAIL, limited_by=(Exempt("one mail to the buyer for each order"),))
def send_cancellation_mail(session: Session, order_id: int) -> None:
    """Email the buyer that the tickets are void. Nothing when the account is deleted."""
    summary = _cancelled(session, order_id)
    if summary is not None and summary.buyer is not None:
        address = order_mails.address_for_buyer(session, summary)
        draft = order_mails.of_cancellation(summary, summary.buyer, address)
        send_and_log(session, CANCELLED, draft, event_id=summary.event.id)


@task(NEWS)
def send_cancellation_news(session: Session, order_id: int, actor_id: int | None = None) -> None:
    """Notify the buyer and the event's team of who cancelled the order."""
    summary = _cancelled(session, order_id)
    if summary is not None:
        notify_of_cancellation(session, summary, actor_id)


@signals.on("order.cancelled")
def _it_is_cancelled(
    session: Session, *, id: int, viewer_id: int | None = None, is_exchanged: bool = False, **_payload: object
) -> None:
    if is_exchanged:  # of which another mail tells
        return
    outbox.add(session, MAIL, {"order_id": id}, key=f"{MAIL}-{id}-cancelled")
    outbox.add(session, NEWS, {"order_id": id, "actor_id": viewer_id}, key=f"{NEWS}-{id}-cancelled")


def _cancelled(session: Session, order_id: int) -> OrderSummary | None:
    summary = load_order_summary(session, order_id)
    if summary.order.status == states.CANCELLED:
        return summary
    log.info("this order is not cancelled any more", order_id=order_id, status=summary.order.status)
    return None
