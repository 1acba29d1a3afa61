"""Profiles: one organization's account of somebody."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.people.profile.profile import Profile
from chalicelib.resources.people.user.user import User
from tests.factories.user import make_user

_number = count(1)


def attributes() -> dict[str, Any]:
    """What somebody could send to make one."""
    return {
        "name": f"Analytical Engines {next(_number)}",
        "title": "Head of Programming",
        "contact-email": "office@example.org",
        "phone": "+44 20 7946 0000",
        "website": "https://engines.example.org",
        "address": "12 St James's Square",
        "city": "London",
        "zipcode": "SW1Y 4JH",
        "country": "GB",
    }


def make_profile(session: Session, *, user: User | None = None, **values: Any) -> Profile:
    """A profile, of a new user unless one is given; is_staff=True for one that staff works under."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = Profile(**{"user_id": (user or make_user(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
