"""Mails a buyer that money goes back to them, and why."""

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.payment.payment import OFFLINE
from chalicelib.resources.orders.refund import DUPLICATE, LATE, REVOKED, Refund
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.order_templates import OfRefund
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.money import from_minor

NAME = "send_refund_mail"
_KIND = "order_refunded"


@task(NAME, limited_by=(Exempt("one mail to the buyer for each refund, which is limited"),))
def send_refund_mail(session: Session, refund_id: int) -> None:
    """Email the buyer. Nothing when the account is deleted, or the payment was never made."""
    refund = session.get_one(Refund, refund_id)
    summary = load_order_summary(session, refund.order_id)
    if summary.buyer is None or refund.reason == REVOKED:
        return
    mail = OfRefund(
        event=summary.event.name,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
        at=order_mails.time_and_place(summary.event),
        amount=f"{from_minor(refund.amount_minor, refund.currency)} {refund.currency}",
        is_late=refund.reason == LATE,
        is_twice=refund.reason == DUPLICATE,
        is_offline=refund.provider == OFFLINE,
        note=refund.note or "",
    )
    address = order_mails.address_for_buyer(session, summary)
    send_and_log(session, _KIND, mail.mail(summary.buyer.email, address))


@signals.on("refund.made")
def _it_is_told(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"refund_id": id}, key=f"{NAME}-{id}")
