"""Discount codes: ten percent off the tickets of an event."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.discount_code import (
    DiscountCode,
    discount_codes_events,
    discount_codes_tickets,
)
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a discount code for tickets."""
    return {
        "code": f"SPRING{next(_number)}",
        "type": "percent",
        "value": 10,
        "used-for": "ticket",
        "tickets-number": 100,
        "is-active": True,
    }


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """The event whose tickets are discounted."""
    return {"event": ("event", make_event(session))}


def make_discount_code(
    session: Session,
    *,
    event: Event | None = None,
    marketer: User | None = None,
    tickets: tuple[Ticket, ...] = (),
    events: tuple[Event, ...] = (),
    **values: Any,
) -> DiscountCode:
    """A discount code for tickets of a new event unless one is given; used_for="event" for events."""
    defaults: dict[str, Any] = {
        "code": attributes()["code"],
        "type": "percent",
        "value": 10,
        "used_for": "ticket",
        "marketer_id": marketer.id if marketer else None,
    }
    if values.get("used_for") != "event":
        defaults["event_id"] = (event or make_event(session)).id
    code = DiscountCode(**{**defaults, **values})
    session.add(code)
    session.flush()
    for ticket in tickets:
        session.execute(discount_codes_tickets.insert().values(discount_code_id=code.id, ticket_id=ticket.id))
    for given in events:
        session.execute(discount_codes_events.insert().values(discount_code_id=code.id, event_id=given.id))
    return code
