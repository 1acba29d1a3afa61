"""Waiting list entries: somebody waits for tickets that are sold out."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    UNVERIFIED,
    WAITING,
    WaitingListEntry,
    waiting_list_entries_tickets,
)
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """What a client could send: no client may write one."""
    return {}


def make_waiting_list_entry(
    session: Session,
    *,
    event: Event | None = None,
    user: User | None = None,
    ticket: Ticket | None = None,
    **values: Any,
) -> WaitingListEntry:
    """An account in line for a kind of ticket of its own, unless they are given."""
    if ticket is not None:
        event = session.get_one(Event, ticket.event_id)
    event = event or make_event(session)
    ticket = ticket or make_ticket(session, event=event)
    user = user or make_user(session)
    state = values.pop("state", WAITING)
    defaults = {
        "name": "Grace Hopper",
        "email": user.email,
        "quantity": 1,
        "joined_at": clock.now(),
        "event_id": event.id,
        "user_id": user.id,
    }
    row = WaitingListEntry(**{**defaults, **values, "state": UNVERIFIED})
    session.add(row)
    session.flush()
    link = {"waiting_list_entry_id": row.id, "ticket_id": ticket.id}
    session.execute(insert(waiting_list_entries_tickets).values(**link))
    row.state = state
    session.flush()
    return row
