"""In-app notifications about single tickets: cancelled, offered, passed on, or an offer that has ended.

Accounts are told of tickets of their verified address; an unverified one does not prove who its owner is.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.resources.orders.order.states import ENDED
from chalicelib.resources.people.user.user import User
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_notifications import CANCELLED, CANCELLED_FOR_ORGANIZER
from chalicelib.tasks.order_summary import OrderSummary, profiles_at, team_of

TRANSFER: Final = "ticket_transfer"


def notify_of_cancelled_ticket(
    session: Session, summary: OrderSummary, ticket: str, address: str, actor_id: int | None
) -> None:
    """Notify the buyer and the organizers, unless the order ended with it, which they are told, and the
    attendee with this address.
    """
    event = summary.event_name
    title = f"Your ticket for {event} is cancelled"
    text = f"{ticket}: it is no longer valid."
    _tell(session, summary, CANCELLED, title, text, _with_address(session, [address]), actor_id)
    if summary.order.status in ENDED:
        return
    title = f"A ticket of your order for {event} is cancelled"
    _tell(session, summary, CANCELLED, title, text, _buyer(summary), actor_id, _profile_of_buyer(summary))
    team = [member.id for member in team_of(session, summary.event.id, ORGANIZERS)]
    title, text = f"A ticket for {event} is cancelled", f"{ticket}: its place can be sold again."
    profiles = profiles_at(session, summary.event.id)
    _tell(session, summary, CANCELLED_FOR_ORGANIZER, title, text, team, actor_id, profiles)


def notify_of_offer(
    session: Session, summary: OrderSummary, ticket: str, address: str, actor_id: int | None
) -> None:
    """Notify whom a ticket is offered to, whose mail has the link."""
    title = f"A ticket for {summary.event_name} is offered to you"
    text = f"{ticket}: the link to accept or decline it was mailed to you."
    _tell(session, summary, TRANSFER, title, text, _with_address(session, [address]), actor_id)


def notify_of_answer(
    session: Session, summary: OrderSummary, ticket: str, addresses: Iterable[str], state: str
) -> None:
    """Notify those with these addresses what has become of an offer."""
    title = f"The offer of a ticket for {summary.event_name} is {state}"
    told = _with_address(session, addresses)
    _tell(session, summary, TRANSFER, title, f"{ticket}: the offer is {state}.", told, None)


def _tell(
    session: Session,
    summary: OrderSummary,
    kind: str,
    title: str,
    message: str,
    user_ids: Iterable[int],
    actor_id: int | None,
    profiles: Mapping[int, int | None] | None = None,
) -> None:
    event = summary.event
    notification = NewNotification(
        kind=kind,
        title=title,
        message=message,
        target_type="Order",
        target_id=summary.order.id,
        target_action=kind,
        actor_ids=() if actor_id is None else (actor_id,),
        details={"event": {"id": event.id, "identifier": event.identifier, "name": event.name}},
    )
    notify(session, notification, user_ids, profiles)


def _with_address(session: Session, addresses: Iterable[str]) -> list[int]:
    """The accounts with these verified addresses."""
    wanted_addresses = {address.strip().lower() for address in addresses} - {""}
    if not wanted_addresses:
        return []
    which = select(User.id).where(
        func.lower(User.email).in_(wanted_addresses), User.is_verified, User.deleted_at.is_(None)
    )
    return [*session.scalars(which)]


def _buyer(summary: OrderSummary) -> list[int]:
    buyer = summary.buyer
    return [] if buyer is None or buyer.user_id is None else [buyer.user_id]


def _profile_of_buyer(summary: OrderSummary) -> dict[int, int | None]:
    return dict.fromkeys(_buyer(summary), summary.order.profile_id)
