"""Users who have verified their address and sign in with PASSWORD."""

from functools import cache
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.auth import passwords
from chalicelib.resources.people.user.user import User

PASSWORD = "a long and winding password"

_NAMES = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov"]
_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to sign up."""
    number = next(_number)
    first, last = _NAMES[number % len(_NAMES)].split()
    return {
        "email": f"{first}.{last}.{number}@example.org".lower(),
        "password": PASSWORD,
        "first-name": first,
        "last-name": last,
    }


def make_user(session: Session, **values: Any) -> User:
    """A user; is_verified=False, is_admin=True and the like make other kinds of them."""
    sent = attributes()
    defaults = {
        "email": sent["email"],
        "first_name": sent["first-name"],
        "last_name": sent["last-name"],
        "password_hash": _hash(PASSWORD),
        "is_verified": True,
    }
    user = User(**{**defaults, **values})
    session.add(user)
    session.flush()
    return user


@cache
def _hash(password: str) -> str:
    return passwords.hashed(password)
