"""Head counts: at a registration desk, of a session of the same event."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.onsite.station import Station
from chalicelib.resources.onsite.station_store_pax import StationStorePax
from chalicelib.resources.programme.session.session import Session as Talk
from tests.factories.session import make_session
from tests.factories.station import make_station


def attributes() -> dict[str, Any]:
    """What a client could send to create a head count."""
    return {"current-pax": 42}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """A station and a session of the same event."""
    station = make_station(session)
    talk = make_session(session, event=session.get_one(Event, station.event_id), state="accepted")
    return {"station": ("station", station), "session": ("session", talk)}


def make_station_store_pax(
    session: Session, *, station: Station | None = None, talk: Talk | None = None, **values: Any
) -> StationStorePax:
    """A head count at the station, or at a new one."""
    station = station or make_station(session)
    if talk is None:
        talk = make_session(session, event=session.get_one(Event, station.event_id), state="accepted")
    count = StationStorePax(**{"station_id": station.id, "session_id": talk.id, "current_pax": 42, **values})
    session.add(count)
    session.flush()
    return count
