"""In-app notifications about orders: placed, completed or cancelled."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.resources.people.user.user import User
from chalicelib.tasks.notify import News, notify
from chalicelib.tasks.purchase import Purchase, profiles_at, team_of

BUYER = "ticket_purchased"
ATTENDEE = "ticket_purchased_attendee"
ORGANIZER = "ticket_purchased_organizer"
CANCELLED = "ticket_cancelled"
CANCELLED_FOR_ORGANIZER = "ticket_cancelled_organizer"


def tell_of_purchase(session: Session, purchase: Purchase) -> None:
    """Notify the buyer, and guests who have an account with a verified address."""
    buyer, name, status = purchase.buyer, purchase.event.name, purchase.order.status
    actors = _ids(buyer)
    title = f"Your order for {name} is {status}"
    _tell(session, purchase, BUYER, title, f"{title}.", actors, actors, _of_buyer(purchase))
    addresses = [admissions[0].address.lower() for admissions in purchase.of_guests()]
    # An unverified address does not prove who its owner is.
    guests = select(User.id).where(
        func.lower(User.email).in_(addresses), User.is_verified, User.deleted_at.is_(None)
    )
    title = f"A ticket for {name}"
    text = f"An order with a ticket for you is {status}: {name}."
    _tell(session, purchase, ATTENDEE, title, text, session.scalars(guests) if addresses else (), actors)


def tell_organizers_of_purchase(session: Session, purchase: Purchase) -> None:
    """Notify the event's team. Disabled unless staff enables this kind."""
    team = [user.id for user in team_of(session, purchase.event.id)]
    title = f"New order for {purchase.event.name}"
    text = f"Tickets for {purchase.event.name} were ordered."
    profiles = profiles_at(session, purchase.event.id)
    _tell(session, purchase, ORGANIZER, title, text, team, _ids(purchase.buyer), profiles)


def tell_of_cancellation(session: Session, purchase: Purchase, actor_id: int | None) -> None:
    """Notify the buyer and the event's team; the actor is who cancelled."""
    actors = () if actor_id is None else (actor_id,)
    title = f"Your order for {purchase.event.name} is cancelled"
    text = "Its tickets are no longer valid."
    _tell(session, purchase, CANCELLED, title, text, _ids(purchase.buyer), actors, _of_buyer(purchase))
    team = [user.id for user in team_of(session, purchase.event.id)]
    title = f"An order for {purchase.event.name} is cancelled"
    text = "Its places can be sold again."
    profiles = profiles_at(session, purchase.event.id)
    _tell(session, purchase, CANCELLED_FOR_ORGANIZER, title, text, team, actors, profiles)


def _tell(
    session: Session,
    purchase: Purchase,
    kind: str,
    title: str,
    message: str,
    user_ids: Iterable[int],
    actor_ids: tuple[int, ...],
    profiles: Mapping[int, int | None] | None = None,
) -> None:
    news = News(
        kind=kind,
        title=title,
        message=message,
        target_type="Order",
        target_id=purchase.order.id,
        target_action=kind,
        actor_ids=actor_ids,
        details=_details(purchase),
    )
    notify(session, news, user_ids, profiles)


def _details(purchase: Purchase) -> dict[str, Any]:
    order, event = purchase.order, purchase.event
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


def _of_buyer(purchase: Purchase) -> dict[int, int | None]:
    return dict.fromkeys(_ids(purchase.buyer), purchase.order.profile_id)


def _ids(user: User | None) -> tuple[int, ...]:
    return () if user is None else (user.id,)
