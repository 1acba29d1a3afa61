"""Push subscriptions."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.push_subscription import PushSubscription
from chalicelib.resources.people.user.user import User
from tests.factories.user import make_user

P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_number = count(1)


def attributes() -> dict[str, Any]:
    """What a browser sends."""
    return {
        "endpoint": f"https://updates.push.services.mozilla.com/wpush/v2/sent{next(_number)}",
        "p256dh": P256DH,
        "auth": AUTH,
        "label": "Firefox on the laptop",
        "kinds": ["new_session"],
    }


def make_push_subscription(session: Session, *, user: User | None = None, **values: Any) -> PushSubscription:
    """A browser, of a new user unless one is given."""
    default = {
        "endpoint": f"https://updates.push.services.mozilla.com/wpush/v2/made{next(_number)}",
        "p256dh": P256DH,
        "auth": AUTH,
        "kinds": ["new_session"],
    }
    row = PushSubscription(**{"user_id": (user or make_user(session)).id, **default, **values})
    session.add(row)
    session.flush()
    return row
