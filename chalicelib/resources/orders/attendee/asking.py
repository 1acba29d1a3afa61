"""Group orders: attendees are asked to fill in their own forms by a mailed link, reminded, and do.

Whoever asks, answers or withdraws has locked the order first, then the attendee and the request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import emit_change, run_after_hooks
from chalicelib.jsonapi.write.room import demand_room
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.orders.attendee.admission import is_being_exchanged, was_used
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.changing import demand_fixed_answers
from chalicelib.resources.orders.attendee.holder import loaded
from chalicelib.resources.orders.attendee.rules import answer_what_is_asked
from chalicelib.resources.orders.form_request import (
    ANSWERED,
    ASKED,
    DEADLINE,
    ENDED,
    WITHDRAWN,
    FormRequest,
)
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.settling import lock_order

_HAS_ANSWERED: Final = "This attendee has filled in the form already."
REMINDED_BEFORE: Final = (7, 3, 1)  # days before the deadline, each once
# Who was just mailed is not reminded at once.
_REST: Final = timedelta(hours=12)
_AT_ONCE: Final = 500
_FIRST_MAILS: Final = f"""
UPDATE form_requests SET mails = 1, asked_at = $2::timestamptz
WHERE order_id = $1 AND state = '{ASKED}' AND mails = 0 RETURNING id
"""  # noqa: S608 - no user input
_REMIND: Final = f"""
UPDATE form_requests SET mails = form_requests.mails + 1, reminders = form_requests.reminders + 1,
  asked_at = $1::timestamptz
FROM (
  SELECT wanted.id FROM form_requests wanted JOIN events event ON event.id = wanted.event_id
  JOIN attendees person ON person.id = wanted.attendee_id JOIN orders bought ON bought.id = wanted.order_id
  WHERE wanted.state = '{ASKED}' AND wanted.mails > 0 AND person.deleted_at IS NULL
    AND event.deleted_at IS NULL AND bought.status IN {states.listed(states.ADMITTING)}
    AND {DEADLINE} > $1::timestamptz AND EXISTS (
      SELECT FROM unnest($2::int[]) days
      WHERE {DEADLINE} - days * interval '1 day' <= $1::timestamptz
        AND {DEADLINE} - days * interval '1 day' > wanted.asked_at + $3::interval)
  ORDER BY wanted.id LIMIT {_AT_ONCE} FOR UPDATE OF wanted SKIP LOCKED
) due WHERE form_requests.id = due.id
RETURNING form_requests.id, form_requests.mails
"""  # noqa: S608 - no user input
_END: Final = f"""
UPDATE form_requests SET state = '{ENDED}'
FROM (
  SELECT wanted.id FROM form_requests wanted JOIN attendees person ON person.id = wanted.attendee_id
  WHERE wanted.state = '{ASKED}' AND person.deleted_at IS NOT NULL
  ORDER BY wanted.id LIMIT {_AT_ONCE} FOR UPDATE OF wanted SKIP LOCKED
) gone WHERE form_requests.id = gone.id
RETURNING 1
"""  # noqa: S608 - no user input


def ask(context: Context, order: Order, attendee: Attendee, email: str, note: str | None) -> FormRequest:
    """Have the attendee asked at this address: at once, or as soon as the order is placed or completed.

    Order and attendee are locked. Raises Problem 409 where they cannot be asked, or are already.
    """
    session = context.session
    event = session.get_one(Event, order.event_id)
    if not event.is_group_order_enabled:
        raise conflict("Attendees of this event do not fill in their own forms: the buyer does.", "/data")
    _demand_time(event)
    demand_ticket(order, attendee)
    waiting = select(FormRequest.state).where(
        FormRequest.attendee_id == attendee.id, FormRequest.state.in_((ASKED, ANSWERED))
    )
    known = session.scalars(waiting).first()
    if known is not None:
        raise conflict(f"This attendee is {known} already." if known == ASKED else _HAS_ANSWERED, "/data")
    request = FormRequest(
        email=email,
        note=note,
        attendee_id=attendee.id,
        order_id=order.id,
        event_id=order.event_id,
        asked_by_id=context.viewer.id,
    )
    session.add(request)
    session.flush()
    if order.status in states.ADMITTING:
        mail(session, request)
    return request


def demand_ticket(order: Order, attendee: Attendee) -> None:
    """Raise Problem 409 unless somebody comes by this ticket."""
    if order.status in states.ENDED:
        raise conflict(f"The order is {order.status}: nobody comes by it any more.", "/data")
    if attendee.deleted_at is not None:
        raise conflict("This ticket was cancelled or removed.", "/data")


def demand_asked(request: FormRequest) -> None:
    """Raise Problem 409 unless the attendee is asked and has not answered."""
    if request.state == ANSWERED:
        raise conflict(_HAS_ANSWERED, "/data")
    if request.state != ASKED:
        raise conflict(f"This request is {request.state} already.", "/data")


def mail(session: Session, request: FormRequest) -> None:
    """Mail a new link; the former one opens nothing once it is sent."""
    request.mails, request.asked_at = request.mails + 1, clock.now()
    session.flush()
    signals.emit(session, "form-request.due", id=request.id, number=request.mails, is_reminder=False)


def ask_again(session: Session, order: Order, request: FormRequest, email: str | None) -> None:
    """Mail the link again, to another address if one is said. Order and request are locked.

    Raises Problem 409 where that cannot be.
    """
    demand_asked(request)
    demand_ticket(order, session.get_one(Attendee, request.attendee_id))
    _demand_time(session.get_one(Event, request.event_id))
    if email is not None and email.lower() != request.email.lower():
        # What was mailed to the other address opens nothing from now on.
        request.email, request.hash = email, None
    if order.status in states.ADMITTING:
        mail(session, request)


def withdraw(session: Session, request: FormRequest) -> None:
    """Ask the attendee no more. Order and request are locked. Raises Problem 409 once it was answered."""
    demand_asked(request)
    request.state, request.hash = WITHDRAWN, None
    session.flush()


def request_of(session: Session, secret: str) -> FormRequest | None:
    """The request whose newest link has this secret, whatever its state."""
    return session.scalars(select(FormRequest).where(FormRequest.hash == hash_of(secret))).one_or_none()


def lock(session: Session, request: FormRequest) -> tuple[Order, FormRequest]:
    """The order and the request, locked, as they are now."""
    order = lock_order(session, request.order_id)
    locked = session.get_one(FormRequest, request.id, with_for_update=True, populate_existing=True)
    return order, locked


def refusal(
    session: Session, order: Order, attendee: Attendee, event: Event, request: FormRequest
) -> str | None:
    """Why the form cannot be filled in by the link; None if it can."""
    if request.state not in {ASKED, ANSWERED}:
        return f"This request is {request.state}."
    if attendee.deleted_at is not None:
        return "This ticket was cancelled or removed."
    if event.deleted_at is not None:
        return "The event was removed."
    if order.status not in states.ADMITTING:
        return f"The order is {order.status}: its forms are filled in once it is placed."
    if ends_at(event) <= clock.now():
        return "It is too late: forms of this event are not filled in any more."
    if is_being_exchanged(session, attendee.id):
        return "The ticket is being exchanged: its form is filled in once that is done, or ended."
    if request.state == ANSWERED and was_used(session, order.id, attendee.id):
        return "The ticket was used for check-in: ask the event's team."
    return None


def fill_in(
    context: Context, order: Order, request: FormRequest, sent: Mapping[str, Any]
) -> tuple[Attendee, bool]:
    """Take over what the attendee says of themselves, the first time or again: (attendee, whether it is the
    first time). Order and request are locked.

    Raises Problem 409 where it is too late, and Problems 422 for answers that are wrong or missing.
    """
    session, nouns = context.session, context.registry["attendee"]
    which = select(Attendee).where(Attendee.id == request.attendee_id).with_for_update()
    attendee = session.scalars(which.execution_options(populate_existing=True)).one()
    reason = refusal(session, order, attendee, session.get_one(Event, request.event_id), request)
    if reason is not None:
        raise conflict(reason, "/data")
    values = loaded(nouns, sent)
    change = Change(attendee, sent=values)
    with session.no_autoflush:
        for name, value in values.items():
            setattr(attendee, nouns.attributes[name].column, value)
        attendee.email, attendee.answered_at = request.email, clock.now()
        answer_what_is_asked(context, attendee, change)
        demand_room(nouns, change)
    change.record()
    is_first, request.changed_at = request.state == ASKED, clock.now()
    if not is_first:
        demand_fixed_answers(session, change, change.before)
    session.flush()
    run_after_hooks(nouns, context, change)
    if is_first:
        request.state, request.answered_at = ANSWERED, clock.now()
        signals.emit(session, "form-request.answered", id=request.id, viewer_id=context.viewer.id)
    session.flush()
    emit_change(context, nouns, attendee, "updated", sorted(change.before))
    return attendee, is_first


def first_mails(session: Session, order_id: int) -> None:
    """Mail those who were asked before the order was placed or completed."""
    for (id,) in db.fetch(session, _FIRST_MAILS, [order_id, clock.now()]):
        signals.emit(session, "form-request.due", id=id, number=1, is_reminder=False)


def remind() -> int:
    """Scheduled job: remind who has not filled in their form, and end the requests of tickets that are gone.

    Returns how many.
    """
    with db.transaction() as session:
        ended = db.fetch(session, _END)
        values: Sequence[Any] = [clock.now(), [*REMINDED_BEFORE], _REST]
        reminded = db.fetch(session, _REMIND, values)
        for id, number in reminded:
            signals.emit(session, "form-request.due", id=id, number=number, is_reminder=True)
    return len(ended) + len(reminded)


def ends_at(event: Event) -> datetime:
    """Until when attendees of the event fill in their forms: as DEADLINE."""
    return min(event.attendee_form_ends_at or event.starts_at, event.ends_at)


def _demand_time(event: Event) -> None:
    if event.deleted_at is not None:
        raise conflict("The event was removed.", "/data")
    if ends_at(event) <= clock.now():
        raise conflict("It is too late: forms of this event are not filled in any more.", "/data")
