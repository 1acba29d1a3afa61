"""A cancelled order: email to the buyer, notifications to the buyer and the organizers."""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.order import states
from chalicelib.tasks import order_letters
from chalicelib.tasks.order_news import CANCELLED, tell_of_cancellation
from chalicelib.tasks.post import post
from chalicelib.tasks.purchase import Purchase, purchase_of
from chalicelib.tasks.registry import task

MAIL = "send_cancellation_mail"
NEWS = "send_cancellation_news"


@task(MAIL, limited_by=(Exempt("one mail to the buyer for each order"),))
def send_cancellation_mail(session: Session, order_id: int) -> None:
    """Email the buyer that the tickets are void. Nothing when the account is deleted."""
    purchase = _cancelled(session, order_id)
    if purchase is not None and purchase.buyer is not None:
        post(session, CANCELLED, order_letters.of_cancellation(purchase, purchase.buyer))


@task(NEWS)
def send_cancellation_news(session: Session, order_id: int, actor_id: int | None = None) -> None:
    """Notify the buyer and the event's team of who cancelled the order."""
    purchase = _cancelled(session, order_id)
    if purchase is not None:
        tell_of_cancellation(session, purchase, actor_id)


@signals.on("order.cancelled")
def _it_is_cancelled(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, MAIL, {"order_id": id}, key=f"{MAIL}-{id}-cancelled")
    outbox.add(session, NEWS, {"order_id": id, "actor_id": viewer_id}, key=f"{NEWS}-{id}-cancelled")


def _cancelled(session: Session, order_id: int) -> Purchase | None:
    purchase = purchase_of(session, order_id)
    if purchase.order.status == states.CANCELLED:
        return purchase
    log.info("this order is not cancelled any more", order_id=order_id, status=purchase.order.status)
    return None
