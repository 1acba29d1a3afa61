"""Mails about tickets that are passed on: the offer with its link, and what has become of it.

The secret of the link is generated with the mail, and only its hash is stored: no message contains it.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import TICKET_TRANSFERS, TRANSFERS_BY_RECIPIENT
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.payment.ledger import currency_of
from chalicelib.resources.orders.ticket_transfer import (
    ACCEPTED,
    OFFERED,
    TICKET_ENDED,
    WITHDRAWN,
    TicketTransfer,
)
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.settings import settings
from chalicelib.tasks import order_mails
from chalicelib.tasks.mail_template import Draft
from chalicelib.tasks.order_notifications import ATTENDEE
from chalicelib.tasks.order_summary import OrderSummary, load_order_summary
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.ticket_attachments import papers_of
from chalicelib.tasks.ticket_notifications import notify_of_answer, notify_of_offer
from chalicelib.tasks.ticket_templates import OfEndedOffer, OfOfferedTicket, OfPassedTicket
from chalicelib.tasks.wallet_attachments import with_passes
from chalicelib.values.localized import Amount
from chalicelib.values.zones import local, zone

OFFER: Final = "send_ticket_offer"
ANSWERED: Final = "send_ticket_offer_answers"
_TICKET: Final = "send_passed_on_ticket"
_NEWS: Final = "send_ticket_offer_news"
_LIMITS: Final = (TICKET_TRANSFERS, TRANSFERS_BY_RECIPIENT)


@dataclass(frozen=True, slots=True)
class _Offer:
    """An offer, its ticket, and the order that it was sold with."""

    transfer: TicketTransfer
    ticket: str
    price: Amount
    summary: OrderSummary


@task(OFFER, limited_by=_LIMITS)
def send_ticket_offer(session: Session, transfer_id: int) -> None:
    """Email the offer to its address, with a new link. Nothing once it is answered."""
    told = _offer(session, transfer_id)
    transfer, event = told.transfer, told.summary.event
    if transfer.state != OFFERED or event.deleted_at is not None:
        log.info("nobody waits for this offer any more", transfer_id=transfer_id)
        return
    mail = OfOfferedTicket(
        event=told.summary.event_name,
        at=order_mails.time_and_place(event),
        ticket=told.ticket,
        price=told.price,
        who=transfer.from_name or "",
        note=transfer.note or "",
        until=local(transfer.expires_at, zone(event.timezone)),
    )
    secret = new_token()
    draft = mail.mail(transfer.email, f"{settings().web_url}/ticket-transfers#key={secret}")
    send_and_log(session, "ticket_offered", replace(draft, holds_secret=True), event_id=event.id)
    notify_of_offer(session, told.summary, told.ticket, transfer.email, transfer.offered_by_id)
    # Written after the mail: its row locks nobody while SES is asked.
    transfer.hash = hash_of(secret)


@task(ANSWERED)
def send_ticket_offer_answers(session: Session, transfer_id: int) -> None:
    """Enqueue the mails about what has become of an offer, each once, and notify who has an account."""
    told = _offer(session, transfer_id)
    transfer = told.transfer
    if transfer.state == ACCEPTED:
        outbox.add(session, _TICKET, {"transfer_id": transfer_id}, key=f"{_TICKET}-{transfer_id}")
    addresses = _told(session, told)
    notify_of_answer(session, told.summary, told.ticket, addresses, transfer.state)
    for number, _ in enumerate(addresses):
        values = {"transfer_id": transfer_id, "number": number}
        outbox.add(session, _NEWS, values, key=f"{_NEWS}-{transfer_id}-{number}")


@task(_NEWS, limited_by=_LIMITS)
def send_ticket_offer_news(session: Session, transfer_id: int, number: int) -> None:
    """Email one of those who had the ticket, or to whom it was offered, what has become of the offer."""
    told = _offer(session, transfer_id)
    transfer, summary = told.transfer, told.summary
    to_whom = _told(session, told)
    if number >= len(to_whom):
        return
    who = transfer.to_name or transfer.email
    mail: OfPassedTicket | OfEndedOffer
    if transfer.state == ACCEPTED:
        mail = OfPassedTicket(event=summary.event_name, ticket=told.ticket, who=who)
    else:
        mail = OfEndedOffer(event=summary.event_name, ticket=told.ticket, who=who, state=transfer.state)
    draft = mail.mail(to_whom[number], order_mails.address(summary))
    send_and_log(session, mail.folder, draft, event_id=summary.event.id)


@task(_TICKET, limited_by=_LIMITS)
def send_passed_on_ticket(session: Session, transfer_id: int) -> None:
    """Email the ticket to who has accepted it, with its new code; nothing once it is somebody else's."""
    told = _offer(session, transfer_id)
    transfer, summary = told.transfer, told.summary
    theirs = [
        admission
        for admission in summary.admissions
        if admission.attendee_id == transfer.attendee_id
        and admission.address.lower() == transfer.email.lower()
    ]
    if not theirs:
        log.info("this ticket is somebody else's by now", transfer_id=transfer_id)
        return
    attachments = papers_of(session, summary, theirs)
    draft: Draft = replace(order_mails.to_guest(summary, theirs), attachments=attachments)
    send_and_log(session, ATTENDEE, with_passes(session, summary, draft, theirs), event_id=summary.event.id)


@signals.on("ticket-transfer.offered")
def _it_is_offered(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, OFFER, {"transfer_id": id}, key=f"{OFFER}-{id}")


@signals.on("ticket-transfer.answered")
def _it_is_answered(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, ANSWERED, {"transfer_id": id}, key=f"{ANSWERED}-{id}")


def _offer(session: Session, transfer_id: int) -> _Offer:
    transfer = session.get(TicketTransfer, transfer_id)
    if transfer is None:
        raise RetryLater(f"there is no offer {transfer_id}")
    summary = load_order_summary(session, transfer.order_id)
    ticket_id = session.get_one(Attendee, transfer.attendee_id).ticket_id
    ticket = session.get_one(Ticket, ticket_id)
    price = next((line.price for line in summary.lines if line.ticket_id == ticket_id), None)
    price = Decimal(ticket.price or 0) if price is None else price
    return _Offer(transfer, ticket.name, Amount(price, currency_of(session, summary.order)), summary)


def _told(session: Session, told: _Offer) -> list[str]:
    """The addresses of those who do not know what has become of the offer: to whom it was made, where it was
    withdrawn or its ticket is gone; else who has made it, and who has held the ticket, if that is somebody
    else.
    """
    transfer, buyer = told.transfer, told.summary.buyer
    if transfer.state in {WITHDRAWN, TICKET_ENDED}:
        return [transfer.email]
    offerer = session.get(User, transfer.offered_by_id) if transfer.offered_by_id is not None else None
    first = offerer.email if offerer is not None else buyer.email if buyer is not None else ""
    addresses = {address.strip().lower(): address for address in (first, transfer.from_email or "")}
    addresses.pop(transfer.email.lower(), None)
    addresses.pop("", None)
    return [*addresses.values()]
