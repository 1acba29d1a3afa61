"""Events: published ones, a month from now."""

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories.role import built_in

_NAMES = ["Open Tech Summit", "Harbour Jazz Days", "Night of the Museums", "City Marathon"]
_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create an event."""
    starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
    number = next(_number)
    return {
        "name": f"{_NAMES[number % len(_NAMES)]} {number}",
        "starts-at": starts_at.isoformat(),
        "ends-at": (starts_at + timedelta(days=2)).isoformat(),
        "timezone": "Europe/Berlin",
        "location-name": "Alte Fabrik, Berlin",
        "state": "published",
        "is-sessions-speakers-enabled": True,
        "can-pay-onsite": True,
        "is-sponsors-enabled": True,
    }


def make_event(session: Session, *, owner: User | None = None, **values: Any) -> Event:
    """An event, owned by `owner` if there is one; state="draft" makes a hidden one."""
    sent = attributes()
    starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
    defaults = {
        "name": sent["name"],
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(days=2),
        "timezone": sent["timezone"],
        "location_name": sent["location-name"],
        "state": "published",
        "is_sessions_speakers_enabled": True,
        "can_pay_onsite": True,
        "is_sponsors_enabled": True,
    }
    event = Event(**{**defaults, **values})
    session.add(event)
    session.flush()
    if owner is not None:
        role = built_in(session, "owner")
        session.add(UsersEventsRoles(user_id=owner.id, event_id=event.id, role_id=role.id))
        session.flush()
    return event
