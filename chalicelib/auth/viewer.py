"""Who is asking: nobody, somebody with roles at events, or staff.

A Viewer is all that a policy needs to know. It is loaded in one statement per request by
the function that the people who keep accounts have handed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from sqlalchemy.orm import Session


class Kind(IntEnum):
    """The four sorts of viewer for which a policy may read differently."""

    NOBODY = 0
    USER = 1
    STAFF = 2
    SUPER_ADMIN = 3


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody (or nobody) with rights.

    `grants` maps a role's name to the ids of the events where the viewer holds it.
    `fresh` says that the token came from a password, not from a refresh token. `opened` maps a
    type to the ids of rows that a secret in this request opens, such as the code in its address.
    """

    id: int | None = None
    email: str = ""
    is_verified: bool = False
    is_admin: bool = False
    is_super_admin: bool = False
    fresh: bool = False
    grants: Mapping[str, frozenset[int]] = field(default_factory=dict)
    opened: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """The sort of viewer this is."""
        if self.id is None:
            return Kind.NOBODY
        if self.is_super_admin:
            return Kind.SUPER_ADMIN
        return Kind.STAFF if self.is_admin else Kind.USER

    @property
    def is_staff(self) -> bool:
        """Admins and super admins pass every event-role check."""
        return self.kind >= Kind.STAFF

    def events_as(self, roles: frozenset[str]) -> list[int]:
        """Ids of the events where the viewer holds one of the roles, sorted."""
        found: set[int] = set()
        for role in roles:
            found |= self.grants.get(role, frozenset())
        return sorted(found)

    def holds(self, roles: frozenset[str], event_id: int | None) -> bool:
        """Whether the viewer has one of the roles at the event; staff passes."""
        return self.is_staff or any(event_id in self.grants.get(role, ()) for role in roles)


NOBODY = Viewer()


def as_fresh(viewer: Viewer) -> Viewer:
    """The same viewer, who has just given a password."""
    return replace(viewer, fresh=True)


# Set by the module that keeps accounts (resources/people/account.py):
# (session, user id) -> Viewer, or None when that account may not act (deleted, blocked, unknown).
AccountLoader = Callable[[Session, int], "Viewer | None"]
_loader: AccountLoader | None = None


def accounts_are_loaded_by(loader: AccountLoader) -> AccountLoader:
    """Decorator: this function turns a user's id into a Viewer."""
    global _loader
    _loader = loader
    return loader


def load(session: Session, user_id: int) -> Viewer | None:
    """The viewer with this id, or None when the account may not act."""
    if _loader is None:
        raise RuntimeError("no account loader: import chalicelib.resources first")
    return _loader(session, user_id)
