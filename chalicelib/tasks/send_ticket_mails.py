"""Emails about a placed or completed order: to the buyer, the guests and the organizers.

Each email is a task of its own, so that an invalid address does not block the others, and has an idempotency
key, so that a duplicate message sends nothing. The order's current state always decides.
"""

import uuid
from dataclasses import replace

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import (
    GUEST_MAILS,
    GUEST_MAILS_BY_RECIPIENT,
    GUEST_MAILS_PAID,
    GUEST_MAILS_TO_ONE,
    ORDER_MAILS,
    ORGANIZER_MAILS,
)
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.attendee import asking
from chalicelib.resources.orders.order.states import ADMITTING, COMPLETED, PLACED
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_notifications import (
    ATTENDEE,
    BUYER,
    ORGANIZER,
    notify_of_order,
    notify_organizers_of_order,
)
from chalicelib.tasks.order_summary import OrderSummary, load_order_summary, team_of
from chalicelib.tasks.paces import paced_guests, paced_team
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.ticket_attachments import papers_of
from chalicelib.tasks.wallet_attachments import with_passes

NAME = "send_ticket_mails"
AGAIN = "send_ticket_mails_again"
_TO_BUYER = "send_ticket_mail_to_buyer"
_TO_GUEST = "send_ticket_mail_to_attendee"
_TO_TEAM = "send_ticket_mails_to_organizers"
_TO_ORGANIZER = "send_ticket_mail_to_organizer"


@task(NAME)
def send_ticket_mails(session: Session, order_id: int, state: str) -> None:
    """Enqueue all emails and notifications about the order having reached this state."""
    summary = _purchase_in(session, order_id, state)
    if summary is None:
        return
    _mail_buyer_and_guests(session, summary, state)
    asking.first_mails(session, order_id)
    notify_of_order(session, summary)
    # Keyed by order alone: organizers are told once; they record the payment themselves.
    outbox.add(session, _TO_TEAM, {"order_id": order_id}, key=f"{_TO_TEAM}-{order_id}")


@task(AGAIN)
def send_ticket_mails_again(
    session: Session,
    order_id: int,
    state: str,
    again: str,
    asked_by: int | None = None,
    asked_from: str | None = None,
) -> None:
    """Enqueue the emails to the buyer and the guests once more. `again` is part of their keys.

    `asked_by` and `asked_from` are ignored: messages from before the rate limit service have them.
    """
    summary = _purchase_in(session, order_id, state)
    if summary is not None:
        _mail_buyer_and_guests(session, summary, state, again)


@task(_TO_BUYER, limited_by=(ORDER_MAILS, Exempt("unasked, one mail to the buyer for each order")))
def send_ticket_mail_to_buyer(session: Session, order_id: int, state: str) -> None:
    """Email the buyer. Nothing when the account is deleted, or the order in another state."""
    summary = _purchase_in(session, order_id, state)
    if summary is not None and summary.buyer is not None:
        attachments = papers_of(session, summary, summary.of_buyer())
        address = order_mails.address_for_buyer(session, summary)
        mail = order_mails.to_buyer(summary, summary.buyer, address)
        draft = with_passes(session, summary, replace(mail, attachments=attachments), summary.of_buyer())
        send_and_log(session, BUYER, draft, event_id=summary.event.id)


@task(
    _TO_GUEST,
    limited_by=(ORDER_MAILS, GUEST_MAILS, GUEST_MAILS_PAID, GUEST_MAILS_TO_ONE, GUEST_MAILS_BY_RECIPIENT),
)
def send_ticket_mail_to_attendee(session: Session, order_id: int, attendee_id: int, state: str) -> None:
    """Email all tickets of this attendee's address. Nothing if the attendee is removed."""
    summary = _purchase_in(session, order_id, state)
    if summary is None:
        return
    for admissions in summary.of_guests():
        if any(admission.attendee_id == attendee_id for admission in admissions):
            mail = order_mails.to_guest(summary, admissions)
            attachments = papers_of(session, summary, admissions)
            draft = with_passes(session, summary, replace(mail, attachments=attachments), admissions)
            send_and_log(session, ATTENDEE, draft, event_id=summary.event.id)


@task(_TO_TEAM)
def send_ticket_mails_to_organizers(session: Session, order_id: int) -> None:
    """Enqueue the emails to the event's owner, organizers and coorganizers."""
    summary = _purchase_in(session, order_id)
    if summary is None:
        return
    delay = paced_team(session, summary)
    for organizer in team_of(session, summary.event.id) if delay is not None else ():
        arguments = {"order_id": order_id, "user_id": organizer.id}
        key = f"{_TO_ORGANIZER}-{order_id}-{organizer.id}"
        outbox.add(session, _TO_ORGANIZER, arguments, key=key, delay=delay or 0)
    notify_organizers_of_order(session, summary)


@task(_TO_ORGANIZER, limited_by=(ORGANIZER_MAILS,))
def send_ticket_mail_to_organizer(session: Session, order_id: int, user_id: int) -> None:
    """Email one member of the event's team, if they still are one."""
    summary = _purchase_in(session, order_id)
    if summary is None:
        return
    for organizer in team_of(session, summary.event.id):
        if organizer.id == user_id:
            draft = order_mails.to_organizer(summary, organizer)
            send_and_log(session, ORGANIZER, draft, event_id=summary.event.id)


@signals.on("order.placed")
def _it_is_placed(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id, "state": PLACED}, key=f"{NAME}-{id}-{PLACED}")


@signals.on("order.completed")
def _it_is_completed(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id, "state": COMPLETED}, key=f"{NAME}-{id}-{COMPLETED}")


@signals.on("order.mails_requested")
def _they_are_wanted_again(session: Session, *, id: int, state: str, **_payload: object) -> None:
    outbox.add(session, AGAIN, {"order_id": id, "state": state, "again": uuid.uuid4().hex})


def _mail_buyer_and_guests(session: Session, summary: OrderSummary, state: str, again: str = "first") -> None:
    order_id = summary.order.id
    this_time = f"{order_id}-{state}-{again}"
    arguments = {"order_id": order_id, "state": state}
    if summary.buyer is not None:
        outbox.add(session, _TO_BUYER, arguments, key=f"{_TO_BUYER}-{this_time}")
    for admissions, delay in paced_guests(session, summary):
        guest = {**arguments, "attendee_id": admissions[0].attendee_id}
        key = f"{_TO_GUEST}-{this_time}-{guest['attendee_id']}"
        outbox.add(session, _TO_GUEST, guest, key=key, delay=delay)


def _purchase_in(session: Session, order_id: int, *states: str) -> OrderSummary | None:
    """The order, if it is (still) in one of the states and its event is not deleted. Raises RetryLater."""
    summary = load_order_summary(session, order_id)
    status = summary.order.status
    if status in (states or ADMITTING) and summary.event.deleted_at is None:
        return summary
    log.info("nobody is mailed about this order any more", order_id=order_id, status=status)
    return None
