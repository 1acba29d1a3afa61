"""Mails a buyer that money goes back to them, and why, with the credit note of it if there is one."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import paper_store
from chalicelib.limits.limit import Exempt
from chalicelib.mail import Attachment
from chalicelib.resources.orders.credit_note import CreditNote
from chalicelib.resources.orders.payment.payment import OFFLINE
from chalicelib.resources.orders.refund import DUPLICATE, EXCHANGED, LATE, REVOKED, Refund
from chalicelib.settings import settings
from chalicelib.tasks import order_mails
from chalicelib.tasks.credited import key_of
from chalicelib.tasks.issue_credit_notes import MAIL, pdf_of
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.order_templates import OfRefund
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.localized import Amount
from chalicelib.values.money import from_minor

_KIND = "order_refunded"


@task(MAIL, limited_by=(Exempt("one mail to the buyer for each refund, which is limited"),))
def send_refund_mail(session: Session, refund_id: int) -> None:
    """Email the buyer. Nothing when the account is deleted, or the payment was never made."""
    refund = session.get_one(Refund, refund_id)
    summary = load_order_summary(session, refund.order_id)
    # Who has exchanged a ticket is told that by another mail.
    if summary.buyer is None or refund.reason in (REVOKED, EXCHANGED):
        return
    mail = OfRefund(
        event=summary.event_name,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
        at=order_mails.time_and_place(summary.event),
        amount=Amount(from_minor(refund.amount_minor, refund.currency), refund.currency),
        is_late=refund.reason == LATE,
        is_twice=refund.reason == DUPLICATE,
        is_offline=refund.provider == OFFLINE,
        note=refund.note or "",
    )
    # Storing them takes a while, and a new link locks the row of its order.
    papers = _papers(session, refund_id)
    told = order_mails.to_the_buyer(session, summary, summary.buyer, mail)
    send_and_log(session, _KIND, replace(told, attachments=papers), event_id=summary.event.id)


def _papers(session: Session, refund_id: int) -> list[Attachment]:
    """The credit note; stored too, for whoever fetches it later. None where attachments are switched off."""
    note = session.scalars(select(CreditNote).where(CreditNote.refund_id == refund_id)).one_or_none()
    if note is None or not settings().mail_attachment_bytes:
        return []
    content = pdf_of(session, note)
    paper_store.store(key_of(note.id), content)
    return [Attachment("credit-note.pdf", "application/pdf", content)]
