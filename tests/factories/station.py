"""Stations: registration desks."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.onsite.station import Station
from tests.factories.event import make_event


def attributes() -> dict[str, Any]:
    """What a client could send to create a station."""
    return {"station-name": "Front desk", "station-type": "registration"}


def make_station(session: Session, *, event: Event | None = None, **values: Any) -> Station:
    """A registration desk, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session)).id,
        "station_name": "Front desk",
        "station_type": "registration",
    }
    station = Station(**{**defaults, **values})
    session.add(station)
    session.flush()
    return station
