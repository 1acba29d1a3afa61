"""Mails about waiting lists: the link that verifies the address, offers, and that one has ended.

The secret of a link is generated with the mail, and only its hash is stored: no message contains it.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import JOINS_BY_RECIPIENT, WAITING_LIST_JOINS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.orders.waiting_list_entry.line import is_verified
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    LAPSED,
    OFFERED,
    REMOVED,
    UNVERIFIED,
    WAITING,
    WaitingListEntry,
    waiting_list_entries_tickets,
)
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.settings import settings
from chalicelib.tasks import order_mails
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.waiting_list_templates import OfEndedWaiting, OfJoinedLine, OfOfferedPlaces
from chalicelib.values.localized import Amount
from chalicelib.values.zones import local, zone

JOINED: Final = "send_waiting_list_link"
OFFER: Final = "send_waiting_list_offer"
ENDED: Final = "send_waiting_list_end"
_LIMITS: Final = (WAITING_LIST_JOINS, JOINS_BY_RECIPIENT)


@task(JOINED, limited_by=_LIMITS)
def send_waiting_list_link(session: Session, entry_id: int) -> None:
    """Email whoever has joined a new link, which verifies the address. Nothing once the entry has ended."""
    entry, event = _entry(session, entry_id)
    if entry.state not in {UNVERIFIED, WAITING, OFFERED} or event.deleted_at is not None:
        log.info("this entry waits no more", entry_id=entry_id)
        return
    link = waiting_list_entries_tickets.c
    which = select(Ticket.name).join(waiting_list_entries_tickets, link.ticket_id == Ticket.id)
    kinds = session.scalars(
        which.where(link.waiting_list_entry_id == entry_id).order_by(Ticket.position, Ticket.id)
    )
    mail = OfJoinedLine(
        event=event.name,
        at=order_mails.time_and_place(event),
        kinds=", ".join(kinds),
        quantity=entry.quantity,
        is_verified=is_verified(entry),
    )
    # Written after the mail: its row locks nobody while SES is asked.
    entry.hash = _send(session, entry, mail)


@task(OFFER, limited_by=_LIMITS)
def send_waiting_list_offer(session: Session, entry_id: int) -> None:
    """Email what is held, with a link of the offer. Nothing once it is answered."""
    entry, event = _entry(session, entry_id)
    if entry.state != OFFERED or entry.expires_at is None or event.deleted_at is not None:
        log.info("nobody waits for this offer any more", entry_id=entry_id)
        return
    ticket = session.get_one(Ticket, entry.offered_ticket_id)
    mail = OfOfferedPlaces(
        event=event.name,
        at=order_mails.time_and_place(event),
        ticket=ticket.name,
        price=Amount(Decimal(ticket.price or 0), event.payment_currency or ""),
        quantity=entry.offered_quantity or 0,
        rest=entry.quantity - (entry.offered_quantity or 0),
        until=local(entry.expires_at, zone(event.timezone)),
        needs_account=entry.user_id is None and not event.is_guest_checkout_enabled,
    )
    entry.offer_hash = _send(session, entry, mail)


@task(ENDED, limited_by=_LIMITS)
def send_waiting_list_end(session: Session, entry_id: int) -> None:
    """Email whoever waited that the offer has lapsed, or that the team has removed the entry."""
    entry, event = _entry(session, entry_id)
    mail = OfEndedWaiting(event=event.name, state=entry.state)
    draft = mail.mail(_address(session, entry), kept=[entry.mail_language])
    send_and_log(session, mail.folder, draft, event_id=event.id)


@signals.on("waiting-list-entry.joined")
def _it_was_joined(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, JOINED, {"entry_id": id})


@signals.on("waiting-list-entry.offered")
def _places_are_offered(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, OFFER, {"entry_id": id}, key=f"{OFFER}-{id}")


@signals.on("waiting-list-entry.ended")
def _it_has_ended(session: Session, *, id: int, state: str, former: str, **_payload: object) -> None:
    if state in {LAPSED, REMOVED} and former != UNVERIFIED:
        outbox.add(session, ENDED, {"entry_id": id}, key=f"{ENDED}-{id}")


def _send(session: Session, entry: WaitingListEntry, mail: Any) -> str:
    """Send a mail with a new link; returns the hash of its secret."""
    secret = new_token()
    link = f"{settings().web_url}/waiting-list#key={secret}"
    draft = mail.mail(_address(session, entry), link, kept=[entry.mail_language])
    send_and_log(session, mail.folder, replace(draft, holds_secret=True), event_id=entry.event_id)
    return hash_of(secret)


def _address(session: Session, entry: WaitingListEntry) -> str:
    """Where whoever waits reads mail: an account may have another verified address by now."""
    account = session.get(User, entry.user_id) if entry.user_id is not None else None
    is_there = account is not None and account.deleted_at is None and account.is_verified
    return account.email if account is not None and is_there else entry.email


def _entry(session: Session, entry_id: int) -> tuple[WaitingListEntry, Event]:
    entry = session.get(WaitingListEntry, entry_id)
    if entry is None:
        raise RetryLater(f"there is no entry {entry_id}")
    return entry, session.get_one(Event, entry.event_id)
