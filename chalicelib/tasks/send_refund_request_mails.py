"""Mails organizers that a buyer asks for a refund, and the buyer that it was declined.

What was approved is told by the mail of its refund.
"""

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.refund_request import DECLINED, REQUESTED, RefundRequest
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_summary import load_order_summary, team_of
from chalicelib.tasks.order_templates import OfDeclinedRefund, OfRefundRequest
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.localized import Amount
from chalicelib.values.money import from_minor

ASKED = "send_refund_request_mail"
DECLINED_MAIL = "send_refund_declined_mail"
_EXEMPT = Exempt("one mail for each refund request, which is limited")


@task(ASKED, limited_by=(_EXEMPT,))
def send_refund_request_mail(session: Session, request_id: int, recipient_id: int) -> None:
    """Email one organizer, unless it was answered meanwhile."""
    request = session.get_one(RefundRequest, request_id)
    summary = load_order_summary(session, request.order_id)
    to = next(
        (user for user in team_of(session, request.event_id, ORGANIZERS) if user.id == recipient_id), None
    )
    if request.state != REQUESTED or to is None:
        return
    buyer = summary.buyer
    mail = OfRefundRequest(
        event=summary.event_name,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
        who=(buyer and (buyer.full_name or buyer.email)) or "",
        amount=_money(request.amount_minor, request.currency),
        paid=_money(request.paid_minor, request.currency),
        note=request.note or "",
    )
    draft = mail.mail(to.email, order_mails.address(summary))
    send_and_log(session, "refund_requested", draft, event_id=request.event_id)


@task(DECLINED_MAIL, limited_by=(_EXEMPT,))
def send_refund_declined_mail(session: Session, request_id: int) -> None:
    """Email the buyer. Nothing when the account is deleted."""
    request = session.get_one(RefundRequest, request_id)
    summary = load_order_summary(session, request.order_id)
    if summary.buyer is None or request.state != DECLINED:
        return
    mail = OfDeclinedRefund(
        event=summary.event_name,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
        amount=_money(request.amount_minor, request.currency),
        note=request.answer or "",
    )
    draft = order_mails.to_the_buyer(session, summary, summary.buyer, mail)
    send_and_log(session, "refund_declined", draft, event_id=request.event_id)


@signals.on("refund.requested")
def _it_is_asked_for(session: Session, *, id: int, **_payload: object) -> None:
    event_id = session.get_one(RefundRequest, id).event_id
    for member in team_of(session, event_id, ORGANIZERS):
        values = {"request_id": id, "recipient_id": member.id}
        outbox.add(session, ASKED, values, key=f"{ASKED}-{id}-{member.id}")


@signals.on("refund.answered")
def _it_is_answered(session: Session, *, id: int, **_payload: object) -> None:
    if session.get_one(RefundRequest, id).state == DECLINED:
        outbox.add(session, DECLINED_MAIL, {"request_id": id}, key=f"{DECLINED_MAIL}-{id}")


def _money(minor: int, currency: str) -> Amount:
    return Amount(from_minor(minor, currency), currency)
