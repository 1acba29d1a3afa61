"""Mails about an invoice to an organizer: that it was issued, and reminders while it is open."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import db, outbox
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.billing import SETTLED
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import profiles_at
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.localized import Amount, day, month
from chalicelib.values.messages import ORIGINAL

NAME: Final = "send_event_invoice_mail"
ISSUED: Final = "issued"
_BILLED, _PLATFORM = "billed", "platform"
# The kinds of mails as staff switches them.
_ACTIONS: Final = {
    ISSUED: "monthly_payment",
    "follow_up": "monthly_payment_follow_up",
    "pre_due": "monthly_payment_pre_due",
    "post_due": "monthly_payment_post_due",
}
# Those with which the billed is notified too.
_NOTIFIED: Final = frozenset({ISSUED, "follow_up"})
_COPY_TO: Final = "SELECT admin_billing_email FROM settings ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEventInvoice(MailTemplate):
    """What is billed for an event, for which month, and until when it is due."""

    folder: ClassVar[str] = "event_invoice"
    event: str
    number: str
    amount: Amount
    month: date
    due: date
    kind: str


def enqueue_mails(session: Session, invoice_id: int, kind: str) -> None:
    """Have a mail of this kind sent once, to the billed, and a copy to the platform."""
    for recipient in (_BILLED, _PLATFORM):
        arguments = {"event_invoice_id": invoice_id, "kind": kind, "recipient": recipient}
        outbox.add(session, NAME, arguments, key=f"{NAME}-{invoice_id}-{kind}-{recipient}")


@task(NAME, limited_by=(Exempt("four mails for each invoice at most, which the platform issues"),))
def send_event_invoice_mail(session: Session, event_invoice_id: int, kind: str, recipient: str) -> None:
    """Email the billed, or the platform, and notify the billed. Nothing once the invoice is paid, or where
    there is no address.
    """
    invoice = session.get(EventInvoice, event_invoice_id)
    if invoice is None or invoice.status in SETTLED or invoice.period is None or invoice.due is None:
        return
    event = session.get_one(Event, invoice.event_id)
    address = _address(session, invoice) if recipient == _BILLED else _copy_to(session)
    if not address:
        return
    currency = (invoice.details or {}).get("currency") or event.payment_currency or ""
    mail = OfEventInvoice(
        event=event.name,
        number=invoice.identifier,
        amount=Amount(invoice.amount or Decimal(0), currency),
        month=invoice.period,
        due=invoice.due,
        kind=kind,
    )
    link = f"{settings().web_url}/event-invoice/{invoice.identifier}/review"
    # The copy is to the platform: whose address it has is nothing for the event's team.
    event_id = event.id if recipient == _BILLED else None
    send_and_log(session, _ACTIONS[kind], mail.mail(address, link), event_id=event_id)
    if recipient == _BILLED and kind in _NOTIFIED:
        _notify(session, invoice, event, mail)


def _notify(session: Session, invoice: EventInvoice, event: Event, mail: OfEventInvoice) -> None:
    """Tell the billed in the app; under the profile that their role at the event is held with."""
    period, due = month(mail.month, ORIGINAL), day(mail.due, ORIGINAL)
    said = "is due on" if mail.kind == ISSUED else "is still to be paid; it was due on"
    news = NewNotification(
        kind=_ACTIONS[ISSUED],
        title=f"Invoice for {event.name}",
        message=f"Invoice {mail.number} for {event.name}, {period}, of {mail.amount}, {said} {due}.",
        target_type="EventInvoice",
        target_id=invoice.id,
        target_action=_ACTIONS[ISSUED],
        details={
            "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
            "event-invoice": {"id": invoice.id, "identifier": invoice.identifier},
        },
    )
    users = () if invoice.user_id is None else (invoice.user_id,)
    notify(session, news, users, profiles_at(session, event.id))


def _address(session: Session, invoice: EventInvoice) -> str | None:
    billed = session.get(User, invoice.user_id) if invoice.user_id is not None else None
    return billed.email if billed is not None and billed.deleted_at is None else None


def _copy_to(session: Session) -> str | None:
    return next((address for (address,) in db.fetch(session, _COPY_TO)), None)
