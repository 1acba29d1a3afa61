"""Mails that a single ticket was cancelled: to the buyer, to whom it was for, and to the organizers.

Whoever has cancelled the last one is told that the order is cancelled (send_cancellation_mails.py).
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.cancellation import TicketCancellation
from chalicelib.resources.orders.order.states import ENDED
from chalicelib.resources.orders.payment.ledger import currency_of
from chalicelib.resources.orders.refund import EXCHANGED, Refund
from chalicelib.resources.orders.refund_request import RefundRequest
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_summary import OrderSummary, load_order_summary, team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.ticket_notifications import notify_of_cancelled_ticket
from chalicelib.tasks.ticket_templates import OfCancelledTicket
from chalicelib.values.localized import Amount
from chalicelib.values.money import from_minor

NAME: Final = "send_ticket_cancellation_mails"
_TO_BUYER: Final = "send_ticket_cancelled_to_buyer"
_TO_HOLDER: Final = "send_ticket_cancelled_to_holder"
_TO_ORGANIZER: Final = "send_ticket_cancelled_to_organizer"
_KIND: Final = "ticket_cancelled"
_EXEMPT: Final = Exempt("one mail to each for a cancelled ticket, of which there are as many as were sold")


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """A ticket that was cancelled, and its order."""

    attendee: Attendee
    cancellation: TicketCancellation
    summary: OrderSummary

    @property
    def address(self) -> str:
        """Whom it was for, unless that is the buyer; or ""."""
        return self.summary.address_beside_buyer(self.attendee.email)


@task(NAME)
def send_ticket_cancellation_mails(session: Session, attendee_id: int) -> None:
    """Enqueue the mail to each who is told, and notify those who have an account."""
    told = _cancelled(session, attendee_id)
    if told is None:
        return
    ticket, actor = session.get_one(Ticket, told.attendee.ticket_id).name, told.cancellation.cancelled_by_id
    notify_of_cancelled_ticket(session, told.summary, ticket, told.address, actor)
    which = {"attendee_id": attendee_id}
    # Of an order that ends with it, its buyer is told by another mail.
    if told.summary.buyer is not None and told.summary.order.status not in ENDED:
        outbox.add(session, _TO_BUYER, which, key=f"{_TO_BUYER}-{attendee_id}")
    if told.address:
        outbox.add(session, _TO_HOLDER, which, key=f"{_TO_HOLDER}-{attendee_id}")
    for member in team_of(session, told.summary.event.id, ORGANIZERS):
        key = f"{_TO_ORGANIZER}-{attendee_id}-{member.id}"
        outbox.add(session, _TO_ORGANIZER, {**which, "recipient_id": member.id}, key=key)


@task(_TO_BUYER, limited_by=(_EXEMPT,))
def send_ticket_cancelled_to_buyer(session: Session, attendee_id: int) -> None:
    """Email the buyer. Nothing when the account is deleted."""
    told = _cancelled(session, attendee_id)
    if told is not None and told.summary.buyer is not None:
        summary = told.summary
        draft = order_mails.to_the_buyer(session, summary, told.summary.buyer, _mail(session, told))
        send_and_log(session, _KIND, draft, event_id=summary.event.id)


@task(_TO_HOLDER, limited_by=(_EXEMPT,))
def send_ticket_cancelled_to_holder(session: Session, attendee_id: int) -> None:
    """Email whom the ticket was for, who is told nothing of the money."""
    told = _cancelled(session, attendee_id)
    if told is not None and told.address:
        draft = _mail(session, told, tells_money=False).mail(told.address, order_mails.address(told.summary))
        send_and_log(session, _KIND, draft, event_id=told.summary.event.id)


@task(_TO_ORGANIZER, limited_by=(_EXEMPT,))
def send_ticket_cancelled_to_organizer(session: Session, attendee_id: int, recipient_id: int) -> None:
    """Email one of the event's organizers, if they still are one."""
    told = _cancelled(session, attendee_id)
    if told is None:
        return
    for member in team_of(session, told.summary.event.id, ORGANIZERS):
        if member.id == recipient_id:
            draft = _mail(session, told).mail(member.email, order_mails.address(told.summary))
            send_and_log(session, _KIND, draft, event_id=told.summary.event.id)


@signals.on("attendee.cancelled")
def _a_ticket_is_cancelled(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"attendee_id": id}, key=f"{NAME}-{id}")


def _cancelled(session: Session, attendee_id: int) -> _Cancelled | None:
    attendee = session.get(Attendee, attendee_id)
    which = select(TicketCancellation).where(TicketCancellation.attendee_id == attendee_id)
    cancellation = session.scalars(which).one_or_none()
    if attendee is None or cancellation is None:
        log.info("this ticket is there no more", attendee_id=attendee_id)
        return None
    return _Cancelled(attendee, cancellation, load_order_summary(session, cancellation.order_id))


def _mail(session: Session, told: _Cancelled, *, tells_money: bool = True) -> OfCancelledTicket:
    summary, attendee = told.summary, told.attendee
    currency = currency_of(session, summary.order)
    amount, is_asked = _goes_back(session, told) if tells_money else (0, False)
    waived = told.cancellation.waived_minor if tells_money else 0
    return OfCancelledTicket(
        event=summary.event_name,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
        ticket=session.get_one(Ticket, attendee.ticket_id).name,
        holder=" ".join(name for name in (attendee.firstname, attendee.lastname) if name),
        amount=Amount(from_minor(amount, currency), currency),
        is_asked=is_asked,
        waived=Amount(from_minor(waived, currency), currency),
        note=told.cancellation.note or "",
    )


def _goes_back(session: Session, told: _Cancelled) -> tuple[int, bool]:
    """So much, in minor units, and whether it is only asked for."""
    order_id, id = told.summary.order.id, told.attendee.id
    # Several where the ticket was paid by another one that it has replaced.
    made = select(Refund.amount_minor).where(
        Refund.order_id == order_id, Refund.attendee_ids.contains([id]), Refund.reason != EXCHANGED
    )
    amount = sum(session.scalars(made))
    if amount:
        return amount, False
    requests = select(RefundRequest).where(
        RefundRequest.order_id == order_id, RefundRequest.attendee_ids.contains([id])
    )
    request = session.scalars(requests.order_by(RefundRequest.id.desc())).first()
    return (0, False) if request is None else (request.amount_minor, True)
