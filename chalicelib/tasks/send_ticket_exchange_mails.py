"""Mails that a ticket was exchanged for another one: to whose it is, to whom it was for, and to organizers.

The new ticket comes with the mails of its order (send_ticket_mails.py).
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.refund import BY_RULE, Refund
from chalicelib.resources.orders.refund_request import RefundRequest
from chalicelib.resources.orders.ticket_exchange import TicketExchange
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_summary import OrderSummary, load_order_summary, team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.ticket_templates import OfExchangedTicket
from chalicelib.values.localized import Amount
from chalicelib.values.money import from_minor

NAME: Final = "send_ticket_exchange_mails"
_TO_BUYER: Final = "send_ticket_exchanged_to_buyer"
_TO_HOLDER: Final = "send_ticket_exchanged_to_holder"
_TO_ORGANIZER: Final = "send_ticket_exchanged_to_organizer"
_KIND: Final = "ticket_exchanged"
_EXEMPT: Final = Exempt("one mail to each for an exchanged ticket, of which there are as many as were sold")


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """A completed exchange, its ticket, the order of that, and the order that has replaced it."""

    exchange: TicketExchange
    attendee: Attendee
    former: OrderSummary
    summary: OrderSummary

    @property
    def address(self) -> str:
        """Whom it is for, unless that is who has exchanged it; or ""."""
        return self.summary.address_beside_buyer(self.attendee.email)


@task(NAME)
def send_ticket_exchange_mails(session: Session, exchange_id: int) -> None:
    """Enqueue the mail to each who is told."""
    told = _exchanged(session, exchange_id)
    if told is None:
        return
    which = {"exchange_id": exchange_id}
    outbox.add(session, _TO_BUYER, which, key=f"{_TO_BUYER}-{exchange_id}")
    if told.address:
        outbox.add(session, _TO_HOLDER, which, key=f"{_TO_HOLDER}-{exchange_id}")
    for member in team_of(session, told.exchange.event_id, ORGANIZERS):
        key = f"{_TO_ORGANIZER}-{exchange_id}-{member.id}"
        outbox.add(session, _TO_ORGANIZER, {**which, "recipient_id": member.id}, key=key)


@task(_TO_BUYER, limited_by=(_EXEMPT,))
def send_ticket_exchanged_to_buyer(session: Session, exchange_id: int) -> None:
    """Email who has exchanged it. Nothing when the account is deleted."""
    told = _exchanged(session, exchange_id)
    if told is not None and told.summary.buyer is not None:
        draft = order_mails.to_the_buyer(session, told.summary, told.summary.buyer, _mail(session, told))
        send_and_log(session, _KIND, draft, event_id=told.exchange.event_id)


@task(_TO_HOLDER, limited_by=(_EXEMPT,))
def send_ticket_exchanged_to_holder(session: Session, exchange_id: int) -> None:
    """Email whom the ticket is for, who is told nothing of the money."""
    told = _exchanged(session, exchange_id)
    if told is not None and told.address:
        mail = _mail(session, told, tells_money=False)
        draft = mail.mail(told.address, order_mails.address(told.summary))
        send_and_log(session, _KIND, draft, event_id=told.exchange.event_id)


@task(_TO_ORGANIZER, limited_by=(_EXEMPT,))
def send_ticket_exchanged_to_organizer(session: Session, exchange_id: int, recipient_id: int) -> None:
    """Email one of the organizers of the ticket's event, if they still are one."""
    told = _exchanged(session, exchange_id)
    if told is None:
        return
    for member in team_of(session, told.exchange.event_id, ORGANIZERS):
        if member.id == recipient_id:
            draft = _mail(session, told).mail(member.email, order_mails.address(told.summary))
            send_and_log(session, _KIND, draft, event_id=told.exchange.event_id)


@signals.on("ticket-exchange.completed")
def _a_ticket_is_exchanged(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"exchange_id": id}, key=f"{NAME}-{id}")


def _exchanged(session: Session, exchange_id: int) -> _Exchanged | None:
    exchange = session.get(TicketExchange, exchange_id)
    if exchange is None:
        log.info("this exchange is there no more", exchange_id=exchange_id)
        return None
    return _Exchanged(
        exchange,
        session.get_one(Attendee, exchange.attendee_id),
        load_order_summary(session, exchange.order_id),
        load_order_summary(session, exchange.new_order_id),
    )


def _mail(session: Session, told: _Exchanged, *, tells_money: bool = True) -> OfExchangedTicket:
    exchange, summary = told.exchange, told.summary
    amount, is_asked = _goes_back(session, exchange) if tells_money else (0, False)
    return OfExchangedTicket(
        event=told.former.event_name,
        ticket=session.get_one(Ticket, told.attendee.ticket_id).name,
        new_event=summary.event_name,
        new_ticket=_name(session, exchange.new_order_id),
        amount=Amount(from_minor(amount, exchange.currency), exchange.currency),
        is_asked=is_asked,
        reference=summary.order.reference or "",
        identifier=summary.order.identifier,
    )


def _name(session: Session, order_id: int) -> str:
    """The kind of the new ticket, which may be given up again by now."""
    which = select(Ticket.name).join(Attendee, Attendee.ticket_id == Ticket.id)
    return session.scalars(which.where(Attendee.order_id == order_id).order_by(Attendee.id)).first() or ""


def _goes_back(session: Session, exchange: TicketExchange) -> tuple[int, bool]:
    """So much of the difference, in minor units, and whether it is only asked for."""
    id, order_id = exchange.attendee_id, exchange.order_id
    made = select(Refund.amount_minor).where(
        Refund.order_id == order_id, Refund.attendee_ids.contains([id]), Refund.reason == BY_RULE
    )
    amount = sum(session.scalars(made))
    if amount:
        return amount, False
    asked = select(RefundRequest.amount_minor).where(
        RefundRequest.order_id == order_id, RefundRequest.attendee_ids.contains([id])
    )
    request = session.scalars(asked.order_by(RefundRequest.id.desc())).first()
    return (0, False) if request is None else (request, True)
