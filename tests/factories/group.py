"""Groups of events."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.people.user.user import User
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create a group."""
    return {
        "name": f"Harbour Culture {next(_number)}",
        "about": "<p>Concerts between the cranes</p>",
        "social-links": [{"name": "website", "link": "https://harbour.example.org", "is_custom": False}],
        "logo-url": "https://media.example.org/groups/harbour.png",
    }


def make_group(session: Session, *, user: User | None = None, **values: Any) -> Group:
    """A group, owned by a new user unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Group(**{"user_id": (user or make_user(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
