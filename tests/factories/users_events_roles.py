"""Who holds which role where."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories.event import make_event
from tests.factories.role import built_in
from tests.factories.user import make_user


def attributes() -> dict[str, Any]:
    """It has nothing but relationships."""
    return {}


def make_users_events_roles(
    session: Session, *, user: User | None = None, event: Event | None = None, role: str = "coorganizer"
) -> UsersEventsRoles:
    """The user holds the role at the event; both are made unless given."""
    held = UsersEventsRoles(
        user_id=(user or make_user(session)).id,
        event_id=(event or make_event(session)).id,
        role_id=built_in(session, role).id,
    )
    session.add(held)
    session.flush()
    return held
