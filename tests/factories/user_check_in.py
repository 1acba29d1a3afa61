"""Check-ins: somebody has registered at the front desk."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.onsite.station import Station
from chalicelib.resources.onsite.user_check_in import UserCheckIn
from chalicelib.resources.orders.attendee.attendee import Attendee
from tests.factories.attendee import make_attendee
from tests.factories.order import make_order
from tests.factories.station import make_station


def attributes() -> dict[str, Any]:
    """It has nothing but relationships."""
    return {}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """A station and an attendee of the same event."""
    station = make_station(session)
    event = session.get_one(Event, station.event_id)
    attendee = make_attendee(session, event=event, order=make_order(session, event=event, status="completed"))
    return {"station": ("station", station), "ticket_holder": ("attendee", attendee)}


def make_user_check_in(
    session: Session, *, station: Station | None = None, ticket_holder: Attendee | None = None, **values: Any
) -> UserCheckIn:
    """The attendee has come to the station; both are made unless given."""
    if ticket_holder is None:
        event = session.get_one(Event, station.event_id) if station else None
        ticket_holder = make_attendee(session, event=event)
    if station is None:
        station = make_station(session, event=session.get_one(Event, ticket_holder.event_id))
    check_in = UserCheckIn(**{"station_id": station.id, "ticket_holder_id": ticket_holder.id, **values})
    session.add(check_in)
    session.flush()
    return check_in
