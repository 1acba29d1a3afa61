"""Who is asking: nobody, somebody with roles at events, or staff.

A Viewer is all that a policy needs to know. Each request asks the database for it in one
statement, which the people who keep accounts have handed in. Somebody may act under one of
several profiles, and then has the rights of that one alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.ground.errors import unauthorized

_MOST_REMEMBERED = 1000
Rows = list[list[Any]]


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
    `fresh` says that a password was given for the token, and a short while ago. `opened` maps a
    type to the ids of rows that an action has found by a secret. `proofs` are secrets that the request
    itself shows, by their kind (see jsonapi/rights/proofs.py); rules ask whether a row has the same.
    `profile_id` is the profile that the viewer acts under; None is their own account.
    """

    id: int | None = None
    email: str = ""
    is_verified: bool = False
    is_admin: bool = False
    is_super_admin: bool = False
    fresh: bool = False
    grants: Mapping[str, frozenset[int]] = field(default_factory=dict)
    opened: Mapping[str, frozenset[int]] = field(default_factory=dict)
    proofs: Mapping[str, str] = field(default_factory=dict)
    profile_id: int | None = None

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

    def roles_at(self, event_id: int | None) -> frozenset[str]:
        """The roles that the viewer was given at the event."""
        return frozenset(role for role, events in self.grants.items() if event_id in events)

    def holds(self, roles: frozenset[str], event_id: int | None) -> bool:
        """Whether the viewer has one of the roles at the event; staff passes."""
        return self.is_staff or any(event_id in self.grants.get(role, ()) for role in roles)

    def is_whose(self, user_id: int | None, profile_id: int | None) -> bool:
        """Whether what is this person's, and of this profile of theirs, is the viewer's as they act now."""
        return self.id is not None and (user_id, profile_id) == (self.id, self.profile_id)


NOBODY = Viewer()


@dataclass(frozen=True, slots=True)
class Accounts:
    """How an account is found: a statement with the user's id as $1, and the viewer in its rows.

    The version that the token names is $2; for those who act under a profile, its id is $3. There is no
    viewer in the rows when the account may not act: it is unknown, deleted or blocked, it has another
    version by now, or the profile is not one of its own.
    `standing` is a cheaper statement, which selects one text: while that stays the one that `standing_in`
    takes from the first one's rows, the viewer is the same. Where it takes None, that cannot be told so
    cheaply.
    """

    sql: str
    viewer_in: Callable[[int, Rows], "Viewer | None"]
    standing: str
    standing_in: Callable[[Rows], str | None]


Who = tuple[int, int | None]  # a user's id, and that of the profile they act under

# Set by the module that keeps accounts (resources/people/user/account.py).
_accounts: Accounts | None = None
_profiles: Accounts | None = None
# What each was told by, the viewer, and the same viewer who has just given a password.
_remembered: OrderedDict[Who, tuple[str, "Viewer", "Viewer"]] = OrderedDict()


def accounts_are(accounts: Accounts, profiles: Accounts | None = None) -> None:
    """Say how accounts are found, and those who act under a profile; None where there are no profiles."""
    global _accounts, _profiles
    _accounts, _profiles = accounts, profiles


def demand_fresh(viewer: Viewer, doing: str) -> None:
    """Whoever does this has given their password a short while ago. Raises Problem 401."""
    if not viewer.fresh:
        detail = f"{doing} needs a fresh token: give your password at /v1/auth/fresh-login, or sign in again."
        raise unauthorized(detail)


def load(
    session: Session, user_id: int, profile_id: int | None = None, *, version: int = 0, fresh: bool = False
) -> Viewer | None:
    """The viewer with this id, or None when the account may not act, or not under this profile.

    `version` is the one that the token names; an account that has another one by now ended the token.
    """
    who, known = (user_id, profile_id), _known(profile_id)
    if known is None:
        return None
    rows = db.fetch(session, known.sql, _values(who, version), flush=False)
    _remembered.pop(who, None)
    found = known.viewer_in(user_id, rows)
    if found is None:
        return None
    both = found, replace(found, fresh=True)
    standing = known.standing_in(rows)
    if standing is not None:
        _remembered[who] = standing, *both  # as the last one
        if len(_remembered) > _MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return both[fresh]


def forget() -> None:
    """Forget all viewers, for a process whose database changed (tests)."""
    _remembered.clear()


class Assumption:
    """That an account is as it was when it last asked here, until the database has said so.

    The question travels with the first statement of the work and so costs no round trip. What the
    work has found or written counts only if it `holds`.
    """

    def __init__(self, session: Session, who: Who, known: Accounts, version: int, *, fresh: bool) -> None:
        self._session = session
        self._standing, *both = _remembered[who]
        self.viewer = both[fresh]
        self._answer = db.send(session, known.standing, _values(who, version))

    def holds(self) -> bool:
        """Whether the account is as assumed."""
        db.settle(self._session)
        return bool(self._answer.rows == [[self._standing]])


def assumed(
    session: Session, user_id: int, profile_id: int | None = None, *, version: int = 0, fresh: bool = False
) -> Assumption | None:
    """The viewer with this id as last seen by this process, or None when it has not seen them."""
    who, known = (user_id, profile_id), _known(profile_id)
    if known is None or who not in _remembered:
        return None
    return Assumption(session, who, known, version, fresh=fresh)


def _known(profile_id: int | None) -> Accounts | None:
    if _accounts is None:
        raise RuntimeError("nobody has said how accounts are found: import chalicelib.resources first")
    return _accounts if profile_id is None else _profiles


def _values(who: Who, version: int) -> list[object]:
    user_id, profile_id = who
    return [user_id, version] if profile_id is None else [user_id, version, profile_id]
