"""News for users."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.notification.content import NotificationContent, notification_actors
from chalicelib.resources.people.notification.notification import Notification
from chalicelib.resources.people.user.user import User
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What the reader could send to change one."""
    return {"is-read": True}


def make_notification(
    session: Session, *, user: User | None = None, actor: User | None = None, **values: Any
) -> Notification:
    """News of a new session, for a new user unless one is given."""
    number = next(_number)
    content = NotificationContent(
        type="new_session",
        target_type="Session",
        target_id=number,
        target_action="create",
        title="New session proposal",
        message=f"Somebody has proposed session {number}.",
        details={"session": {"id": number, "title": f"Soldering {number}"}},
    )
    session.add(content)
    session.flush()
    if actor is not None:
        session.execute(notification_actors.insert().values(content_id=content.id, user_id=actor.id))
    row = Notification(**{"user_id": (user or make_user(session)).id, "content_id": content.id, **values})
    session.add(row)
    session.flush()
    return row
