"""Passing a ticket on: offered, accepted with another person's answers, and a new code; the old one is dead.

The row stays, and so does the stock: the place is taken by somebody else. Whoever changes an offer has locked
the order first, then the offer.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.changing import emit_change, run_after_hooks
from chalicelib.jsonapi.write.room import demand_room
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.onsite.gate import TRANSFERRED
from chalicelib.resources.onsite.ticket_code import rotate
from chalicelib.resources.orders.attendee.admission import demand_none_used
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.holder import forget, loaded, personal
from chalicelib.resources.orders.attendee.rules import answer_what_is_asked
from chalicelib.resources.orders.form_request import end_of_ticket
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment.settling import lock_order
from chalicelib.resources.orders.ticket_transfer import (
    ACCEPTED,
    EXPIRED,
    OFFERED,
    TICKET_ENDED,
    TicketTransfer,
)
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket

OFFERED_FOR: Final = timedelta(days=7)
_ASKED: Final = """
SELECT 1 FROM refund_requests asked WHERE asked.order_id = $1 AND asked.state = 'requested'
AND asked.attendee_ids @> to_jsonb($2::bigint) LIMIT 1
"""
_AT_ONCE: Final = 500
_END: Final = f"""
UPDATE ticket_transfers SET answered_at = $1::timestamptz,
  state = CASE WHEN overdue.is_gone THEN '{TICKET_ENDED}' ELSE '{EXPIRED}' END
FROM (
  SELECT offer.id, person.deleted_at IS NOT NULL AS is_gone
  FROM ticket_transfers offer JOIN attendees person ON person.id = offer.attendee_id
  WHERE offer.state = '{OFFERED}' AND (offer.expires_at <= $1::timestamptz OR person.deleted_at IS NOT NULL)
  ORDER BY offer.id LIMIT {_AT_ONCE} FOR UPDATE OF offer SKIP LOCKED
) overdue WHERE ticket_transfers.id = overdue.id
RETURNING ticket_transfers.id
"""  # noqa: S608 - no user input


def offer(
    context: Context, order: Order, attendee: Attendee, email: str, note: str | None, *, is_by_buyer: bool
) -> TicketTransfer:
    """Offer the ticket to this address; order and attendee are locked.

    Raises Problem 409 where it cannot be passed on, or is offered already, 422 for its holder's address.
    """
    ends_at = _demand_transferable(context, order, attendee)
    waiting = select(TicketTransfer.id).where(
        TicketTransfer.attendee_id == attendee.id, TicketTransfer.state == OFFERED
    )
    if context.session.scalars(waiting).first() is not None:
        raise conflict("This ticket is offered already: withdraw that offer first.", "/data")
    account = context.session.get(User, context.viewer.id) if context.viewer.id is not None else None
    own = account.email if account is not None else order.guest_email
    from_email = attendee.email or own
    if email.lower() in {(attendee.email or "").strip().lower(), "" if is_by_buyer else (own or "").lower()}:
        raise invalid("The ticket is theirs already.", "/email")
    named = " ".join(part for part in (attendee.firstname, attendee.lastname) if part)
    transfer = TicketTransfer(
        email=email,
        note=note,
        from_name=named or (account.full_name if account is not None else order.guest_name),
        from_email=from_email,
        expires_at=min(clock.now() + OFFERED_FOR, ends_at),
        attendee_id=attendee.id,
        order_id=order.id,
        event_id=order.event_id,
        offered_by_id=context.viewer.id,
        is_by_buyer=is_by_buyer,
    )
    context.session.add(transfer)
    context.session.flush()
    signals.emit(context.session, "ticket-transfer.offered", id=transfer.id, viewer_id=context.viewer.id)
    return transfer


def offer_of(session: Session, secret: str) -> TicketTransfer | None:
    """The offer whose link has this secret, whatever its state."""
    return session.scalars(select(TicketTransfer).where(TicketTransfer.hash == hash_of(secret))).one_or_none()


def lock(session: Session, transfer: TicketTransfer) -> tuple[Order, TicketTransfer]:
    """The order and the offer, locked, as they are now."""
    order = lock_order(session, transfer.order_id)
    locked = session.get_one(TicketTransfer, transfer.id, with_for_update=True, populate_existing=True)
    return order, locked


def demand_open(transfer: TicketTransfer) -> None:
    """Raise Problem 409 unless the offer waits for an answer."""
    if transfer.state != OFFERED:
        raise conflict(f"This offer is {transfer.state} already.", "/data")
    if transfer.expires_at <= clock.now():
        raise conflict("This offer has expired.", "/data")


def answer(session: Session, transfer: TicketTransfer, state: str, viewer_id: int | None) -> None:
    """Note the answer to an open offer, and tell of it."""
    transfer.state, transfer.answered_at = state, clock.now()
    session.flush()
    signals.emit(session, "ticket-transfer.answered", id=transfer.id, state=state, viewer_id=viewer_id)


def accept(context: Context, order: Order, transfer: TicketTransfer, sent: Mapping[str, Any]) -> Attendee:
    """Make the ticket somebody else's: their answers instead of the former holder's, and another code.

    Order and offer are locked. Raises Problem 409 where it cannot be passed on any more, and Problems 422 for
    answers that are wrong or missing.
    """
    session, nouns = context.session, context.registry["attendee"]
    demand_open(transfer)
    which = select(Attendee).where(Attendee.id == transfer.attendee_id).with_for_update()
    attendee = session.scalars(which.execution_options(populate_existing=True)).one()
    _demand_transferable(context, order, attendee)
    values = loaded(nouns, sent)
    change = Change(attendee, sent=values)
    identifier = rotate(session, attendee.id, TRANSFERRED)
    end_of_ticket(session, attendee.id)
    with session.no_autoflush:
        _forget_holder(nouns, attendee)
        for name, value in values.items():
            setattr(attendee, nouns.attributes[name].column, value)
        attendee.email, attendee.transferred_at = transfer.email, clock.now()
        attendee.answered_at = None
        attendee.identifier = identifier
        answer_what_is_asked(context, attendee)
        demand_room(nouns, change)
    named = " ".join(part for part in (attendee.firstname, attendee.lastname) if part)
    transfer.to_name = named or None
    change.record()
    session.flush()
    run_after_hooks(nouns, context, change)
    answer(session, transfer, ACCEPTED, context.viewer.id)
    emit_change(context, nouns, attendee, "updated", sorted(change.before))
    return attendee


def expire_offers() -> int:
    """Scheduled job: end the offers that nobody has answered in time, and those of tickets that are gone.

    Returns how many.
    """
    with db.transaction() as session:
        ended = [id for (id,) in db.fetch(session, _END, [clock.now()])]
        for id in ended:
            state = session.get_one(TicketTransfer, id).state
            signals.emit(session, "ticket-transfer.answered", id=id, state=state, viewer_id=None)
    return len(ended)


def _demand_transferable(context: Context, order: Order, attendee: Attendee) -> datetime:
    """Until when the ticket may be passed on. Raises Problem 409 where it may not."""
    session = context.session
    event = session.get_one(Event, order.event_id)
    if order.status != states.COMPLETED:
        raise conflict(f"The order is {order.status}: a ticket is passed on once it is paid.", "/data")
    if attendee.deleted_at is not None:
        raise conflict("This ticket was cancelled or removed.", "/data")
    if event.deleted_at is not None:
        raise conflict("The event was removed.", "/data")
    if not event.is_ticket_transfer_enabled:
        raise conflict("Tickets of this event are not passed on: ask its organizers.", "/data")
    if not session.get_one(Ticket, attendee.ticket_id).is_transferable:
        raise conflict("This kind of ticket is not passed on: ask the event's organizers.", "/data")
    ends_at = min(event.ticket_transfer_ends_at or event.starts_at, event.ends_at)
    if ends_at <= clock.now():
        raise conflict("It is too late: tickets of this event are not passed on any more.", "/data")
    demand_none_used(context, order.id, [attendee.id], "/data")
    if db.fetch(session, _ASKED, [order.id, attendee.id]):
        raise conflict("A refund of this ticket is asked for: that is decided first.", "/data")
    return ends_at


def _forget_holder(nouns: Resource, attendee: Any) -> None:
    """Nothing that the former holder has said, or the crew has noted of them, is the next one's."""
    names = [nouns.attributes[name].column for name in personal(nouns).values()]
    forget(attendee, (*names, "attendee_notes", "is_badge_printed", "badge_printed_at", "pdf_url"))
