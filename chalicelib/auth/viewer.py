"""The viewer (principal) of a request: anonymous, the holder of a secret link, a user with roles, or staff.

A Viewer is all that a policy needs. It is loaded per request by one SQL statement, which the module of
accounts registers. A user may act under one of several profiles, and then has only that profile's
permissions.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from chalicelib import db_statements
from chalicelib.auth.claims import LinkClaims
from chalicelib.jsonapi.ground.errors import unauthorized

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CACHE_SIZE = 1000
Rows = list[list[Any]]


class Kind(IntEnum):
    """The kinds of viewer, in ascending order of permissions."""

    NOBODY = 0
    HOLDER = 1
    USER = 2
    STAFF = 3
    SUPER_ADMIN = 4


@dataclass(frozen=True, slots=True)
class Viewer:
    """The principal of a request, and its permissions.

    `grants` maps a role's name to the ids of the events where the viewer holds it. `fresh`: a password was
    given recently for the token. `unlocked`: by type, ids of rows that an action unlocked by a secret.
    `proofs` are the secrets in the request, by kind (see jsonapi/rights/proofs.py), for rules to compare.
    `profile_id` is the profile that the viewer acts under; None is their own account. `opens`: by type, the
    one row that a capability (a secret link, without an account) is for.
    """

    id: int | None = None
    email: str = ""
    is_verified: bool = False
    is_admin: bool = False
    is_super_admin: bool = False
    fresh: bool = False
    grants: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unlocked: Mapping[str, frozenset[int]] = field(default_factory=dict)
    proofs: Mapping[str, str] = field(default_factory=dict)
    profile_id: int | None = None
    opens: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """The kind of viewer."""
        if self.id is None:
            return Kind.HOLDER if self.opens else Kind.NOBODY
        if self.is_super_admin:
            return Kind.SUPER_ADMIN
        return Kind.STAFF if self.is_admin else Kind.USER

    @property
    def is_staff(self) -> bool:
        """Whether this is an admin or super admin, who passes every role check."""
        return self.kind >= Kind.STAFF

    def events_with_role(self, roles: frozenset[str]) -> list[int]:
        """Sorted ids of the events where the viewer holds one of the roles."""
        event_ids: set[int] = set()
        for role in roles:
            event_ids |= self.grants.get(role, frozenset())
        return sorted(event_ids)

    def roles_at(self, event_id: int | None) -> frozenset[str]:
        """The viewer's own roles at the event."""
        return frozenset(role for role, events in self.grants.items() if event_id in events)

    def has_role(self, roles: frozenset[str], event_id: int | None) -> bool:
        """Whether the viewer has one of the roles at the event; staff passes."""
        return self.is_staff or any(event_id in self.grants.get(role, ()) for role in roles)

    def owns(self, user_id: int | None, profile_id: int | None) -> bool:
        """Whether a row with this user and profile belongs to the viewer, in the current profile."""
        return self.id is not None and (user_id, profile_id) == (self.id, self.profile_id)

    def holds(self, type: str, id: int | None) -> bool:
        """Whether the viewer has no account, and the link that opens this row."""
        return self.kind is Kind.HOLDER and id is not None and self.opens.get(type) == id


NOBODY = Viewer()


@dataclass(frozen=True, slots=True)
class Accounts:
    """SQL that loads a viewer, registered by the module of accounts.

    `sql` has the user's id as $1, the version in the token as $2 and, for a profile, its id as $3;
    `viewer_in` makes the viewer of its rows, or None where the account may not act: unknown, deleted,
    blocked, another version, or not its profile. `version_sql` is a cheaper statement that selects one text,
    which changes whenever the viewer would; `version_of` computes the same text from the rows of `sql`, or
    None where it cannot.
    """

    sql: str
    viewer_in: Callable[[int, Rows], "Viewer | None"]
    version_sql: str
    version_of: Callable[[Rows], str | None]


@dataclass(frozen=True, slots=True)
class Links:
    """SQL that says whether a link of these rows is valid, registered by the module that keeps links.

    `sql` selects its version as the only text, or no row; its parameters are the ids in `opens` of the types
    `types`, in order.
    """

    sql: str
    types: tuple[str, ...]


PrincipalKey = tuple[int, int | None]  # (user id, profile id or None)

# Set by the module that keeps accounts (resources/people/user/account.py).
_accounts: Accounts | None = None
_profiles: Accounts | None = None
# By the types that they open; set by the modules that keep links (of orders) and devices (of doors).
_links: dict[frozenset[str], Links] = {}
# (user, profile) -> (version text, viewer, viewer with a fresh token).
_viewer_cache: OrderedDict[PrincipalKey, tuple[str, "Viewer", "Viewer"]] = OrderedDict()


def register_account_loader(accounts: Accounts, profiles: Accounts | None = None) -> None:
    """Register how accounts are loaded, and those who act under a profile (None: there are no profiles)."""
    global _accounts, _profiles
    _accounts, _profiles = accounts, profiles


def register_links(links: Links) -> None:
    """Register how the link of a token is found, by what it opens."""
    _links[frozenset(links.types)] = links


def demand_fresh(viewer: Viewer, doing: str) -> None:
    """Raise Problem 401 unless the viewer has recently given a password. `doing` begins the message."""
    if not viewer.fresh:
        detail = f"{doing} needs a fresh token: give your password at /v1/auth/fresh-login, or sign in again."
        raise unauthorized(detail)


def load(
    session: "Session", user_id: int, profile_id: int | None = None, *, version: int = 0, fresh: bool = False
) -> Viewer | None:
    """Load the viewer with this id; None if the account may not act, or not under this profile.

    `version` is the one in the token; the account's must be equal, or the token was revoked.
    """
    who, known = (user_id, profile_id), _known(profile_id)
    if known is None:
        return None
    rows = db_statements.fetch(session, known.sql, _values(who, version), flush=False)
    _viewer_cache.pop(who, None)
    viewer = known.viewer_in(user_id, rows)
    if viewer is None:
        return None
    both = viewer, replace(viewer, fresh=True)
    version_text = known.version_of(rows)
    if version_text is not None:
        _viewer_cache[who] = version_text, *both  # moves to the end (least recently used)
        if len(_viewer_cache) > _CACHE_SIZE:
            _viewer_cache.popitem(last=False)
    return both[fresh]


def forget() -> None:
    """Empty the viewer cache, after a change of database (tests)."""
    _viewer_cache.clear()


class Assumption:
    """A viewer, assumed valid until the database confirms it within the same request.

    The check is sent with the first statement of the work, so it costs no round trip. The work counts only if
    it `is_current()`: if the statement selects this version.
    """

    def __init__(
        self, session: "Session", viewer: Viewer, version: str, sql: str, values: Sequence[object]
    ) -> None:
        self._session = session
        self._version = version
        self.viewer = viewer
        self._answer = db_statements.enqueue(session, sql, values)

    def is_current(self) -> bool:
        """Whether the viewer is still valid."""
        db_statements.flush_queue(self._session)
        return self.is_confirmed()

    def is_confirmed(self) -> bool:
        """Whether the database has said by now that the account is as assumed."""
        return bool(self._answer.rows == [[self._version]])


def assumed(
    session: "Session", user_id: int, profile_id: int | None = None, *, version: int = 0, fresh: bool = False
) -> Assumption | None:
    """The cached viewer with this id as an Assumption, or None if it is not cached."""
    who, known = (user_id, profile_id), _known(profile_id)
    if known is None or who not in _viewer_cache:
        return None
    known_version, *both = _viewer_cache[who]
    return Assumption(session, both[fresh], known_version, known.version_sql, _values(who, version))


def assumed_holder(session: "Session", claims: LinkClaims) -> Assumption:
    """Who shows a token of a link, as an Assumption. Raises Problem 401 for rows that no link is for."""
    links = _links.get(frozenset(claims.opens))
    if links is None:
        raise unauthorized("The token is for something that no link opens.")
    ids = [claims.opens[type_name] for type_name in links.types]
    return Assumption(session, Viewer(opens=claims.opens), str(claims.version), links.sql, ids)


def _known(profile_id: int | None) -> Accounts | None:
    if _accounts is None:
        raise RuntimeError("nobody has said how accounts are found: import chalicelib.resources first")
    return _accounts if profile_id is None else _profiles


def _values(who: PrincipalKey, version: int) -> list[object]:
    user_id, profile_id = who
    return [user_id, version] if profile_id is None else [user_id, version, profile_id]
