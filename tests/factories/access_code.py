"""Access codes: active ones, valid from now on."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.access_code import AccessCode, access_codes_tickets
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories.event import make_event
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create an access code."""
    now = clock.now().replace(microsecond=0)
    return {
        "code": f"FRIENDS{next(_number)}",
        "is-active": True,
        "tickets-number": 20,
        "min-quantity": 1,
        "max-quantity": 4,
        "valid-from": now.isoformat(),
    }


def make_access_code(
    session: Session,
    *,
    event: Event | None = None,
    marketer: User | None = None,
    tickets: tuple[Ticket, ...] = (),
    **values: Any,
) -> AccessCode:
    """An access code for the tickets, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session)).id,
        "marketer_id": (marketer or make_user(session)).id,
        "code": attributes()["code"],
        "is_active": True,
        "valid_from": clock.now().replace(microsecond=0),
    }
    code = AccessCode(**{**defaults, **values})
    session.add(code)
    session.flush()
    for ticket in tickets:
        session.execute(access_codes_tickets.insert().values(access_code_id=code.id, ticket_id=ticket.id))
    return code
