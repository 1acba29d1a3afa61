"""Mails to attendees of group orders: the link to their form, its reminders, and their ticket once it is
filled in.

The secret of the link is generated with the mail, and only its hash is stored: no message contains it.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, log, outbox, signals
from chalicelib.limits.declared import FORM_REQUESTS, FORM_REQUESTS_BY_RECIPIENT
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.orders.attendee import asking
from chalicelib.resources.orders.form_request import ANSWERED, ASKED, FormRequest
from chalicelib.resources.orders.order.states import ADMITTING
from chalicelib.settings import settings
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_notifications import ATTENDEE
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.ticket_attachments import papers_of
from chalicelib.tasks.ticket_templates import OfFormRequest
from chalicelib.tasks.wallet_attachments import with_passes
from chalicelib.values.zones import local, zone

ASK: Final = "send_form_request"
_TICKET: Final = "send_ticket_of_form_request"
_LIMITS: Final = (FORM_REQUESTS, FORM_REQUESTS_BY_RECIPIENT)


@task(ASK, limited_by=_LIMITS)
def send_form_request(session: Session, request_id: int, number: int, is_reminder: bool) -> None:
    """Email the attendee a new link. Nothing once the form is filled in, or where a later mail is due."""
    request = _request(session, request_id)
    summary = load_order_summary(session, request.order_id)
    event, buyer = summary.event, summary.buyer
    theirs = [person for person in summary.admissions if person.attendee_id == request.attendee_id]
    ends_at = asking.ends_at(event)
    is_due = request.state == ASKED and request.mails == number and ends_at > clock.now()
    if not (is_due and theirs and summary.order.status in ADMITTING and event.deleted_at is None):
        log.info("this attendee is not asked any more", request_id=request_id)
        return
    mail = OfFormRequest(
        event=summary.event_name,
        at=order_mails.time_and_place(event),
        ticket=theirs[0].ticket,
        who=(buyer and buyer.full_name) or "",
        note=request.note or "",
        until=local(ends_at, zone(event.timezone)),
        is_reminder=is_reminder,
    )
    secret = new_token()
    draft = mail.mail(
        request.email,
        f"{settings().web_url}/attendee-forms#key={secret}",
        guess=summary.order.mail_language,
    )
    send_and_log(session, "form_requested", replace(draft, holds_secret=True), event_id=event.id)
    # Written after the mail: its row locks nobody while SES is asked.
    request.hash = hash_of(secret)


@task(_TICKET, limited_by=_LIMITS)
def send_ticket_of_form_request(session: Session, request_id: int) -> None:
    """Email the ticket to who has filled in their form; nothing once it is somebody else's."""
    request = _request(session, request_id)
    summary = load_order_summary(session, request.order_id)
    theirs = [
        person
        for person in summary.admissions
        if person.attendee_id == request.attendee_id and person.address.lower() == request.email.lower()
    ]
    is_theirs = request.state == ANSWERED and summary.order.status in ADMITTING
    if not (is_theirs and theirs and summary.event.deleted_at is None):
        log.info("this ticket is somebody else's by now", request_id=request_id)
        return
    attachments = papers_of(session, summary, theirs)
    draft = replace(order_mails.to_guest(summary, theirs), attachments=attachments)
    send_and_log(session, ATTENDEE, with_passes(session, summary, draft, theirs), event_id=summary.event.id)


@signals.on("form-request.due")
def _a_mail_is_due(session: Session, *, id: int, number: int, is_reminder: bool, **_payload: object) -> None:
    arguments = {"request_id": id, "number": number, "is_reminder": is_reminder}
    outbox.add(session, ASK, arguments, key=f"{ASK}-{id}-{number}")


@signals.on("form-request.answered")
def _it_is_answered(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, _TICKET, {"request_id": id}, key=f"{_TICKET}-{id}")


def _request(session: Session, request_id: int) -> FormRequest:
    request = session.get(FormRequest, request_id)
    if request is None:
        raise RetryLater(f"there is no request {request_id}")
    return request
