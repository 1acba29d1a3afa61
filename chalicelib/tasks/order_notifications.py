"""In-app notifications about orders: placed, completed or cancelled."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.resources.people.user.user import User
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import Buyer, OrderSummary, profiles_at, team_of

BUYER = "ticket_purchased"
ATTENDEE = "ticket_purchased_attendee"
ORGANIZER = "ticket_purchased_organizer"
CANCELLED = "ticket_cancelled"
CANCELLED_FOR_ORGANIZER = "ticket_cancelled_organizer"


def notify_of_order(session: Session, summary: OrderSummary) -> None:
    """Notify the buyer, and guests who have an account with a verified address."""
    buyer, name, status = summary.buyer, summary.event_name, summary.order.status
    actors = _ids(buyer)
    title = f"Your order for {name} is {status}"
    _notify(session, summary, BUYER, title, f"{title}.", actors, actors, _of_buyer(summary))
    addresses = [admissions[0].address.lower() for admissions in summary.of_guests()]
    # An unverified address does not prove who its owner is.
    guests = select(User.id).where(
        func.lower(User.email).in_(addresses), User.is_verified, User.deleted_at.is_(None)
    )
    title = f"A ticket for {name}"
    text = f"An order with a ticket for you is {status}: {name}."
    _notify(session, summary, ATTENDEE, title, text, session.scalars(guests) if addresses else (), actors)


def notify_organizers_of_order(session: Session, summary: OrderSummary) -> None:
    """Notify the event's team. Disabled unless staff enables this kind."""
    team = [user.id for user in team_of(session, summary.event.id)]
    title = f"New order for {summary.event_name}"
    text = f"Tickets for {summary.event_name} were ordered."
    profiles = profiles_at(session, summary.event.id)
    _notify(session, summary, ORGANIZER, title, text, team, _ids(summary.buyer), profiles)


def notify_of_cancellation(session: Session, summary: OrderSummary, actor_id: int | None) -> None:
    """Notify the buyer and the event's team; the actor is who cancelled."""
    actors = () if actor_id is None else (actor_id,)
    title = f"Your order for {summary.event_name} is cancelled"
    text = "Its tickets are no longer valid."
    _notify(session, summary, CANCELLED, title, text, _ids(summary.buyer), actors, _of_buyer(summary))
    team = [user.id for user in team_of(session, summary.event.id)]
    title = f"An order for {summary.event_name} is cancelled"
    text = "Its places can be sold again."
    profiles = profiles_at(session, summary.event.id)
    _notify(session, summary, CANCELLED_FOR_ORGANIZER, title, text, team, actors, profiles)


def _notify(
    session: Session,
    summary: OrderSummary,
    kind: str,
    title: str,
    message: str,
    user_ids: Iterable[int],
    actor_ids: tuple[int, ...],
    profiles: Mapping[int, int | None] | None = None,
) -> None:
    notification = NewNotification(
        kind=kind,
        title=title,
        message=message,
        target_type="Order",
        target_id=summary.order.id,
        target_action=kind,
        actor_ids=actor_ids,
        details=_details(summary),
    )
    notify(session, notification, user_ids, profiles)


def _details(summary: OrderSummary) -> dict[str, Any]:
    order, event = summary.order, summary.event
    return {
        "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
        "order": {
            "id": order.id,
            "identifier": order.identifier,
            "reference": order.reference,
            "status": order.status,
            "amount": float(order.amount),
        },
    }


def _of_buyer(summary: OrderSummary) -> dict[int, int | None]:
    return dict.fromkeys(_ids(summary.buyer), summary.order.profile_id)


def _ids(buyer: Buyer | None) -> tuple[int, ...]:
    """The buyer's account, if there is one: who buys without is only mailed."""
    return () if buyer is None or buyer.user_id is None else (buyer.user_id,)
