"""Statement parameters that are taken from the viewer or the request, and conditions made of them."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Final

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.sql import Param, Row, Sql, Statement, sql

VIEWER_ID: Final = Param("viewer_id", "bigint")
VIEWER_PROFILE_ID: Final = Param("viewer_profile_id", "bigint")
VIEWER_EMAIL: Final = Param("viewer_email", "text")
VIEWER_VERIFIED: Final = Param("viewer_verified", "boolean")
# What stands before /v1 in addresses of this API, by the request.
API_ADDRESS: Final = Param("api_address", "text")
PROFILE: Final = "profile_id"
# Known roles of a viewer: {(to-one relationship or "id" for the row itself, roles)}.
KnownRoles = frozenset[tuple[str, frozenset[str]]]


def events_with_role(roles: frozenset[str]) -> Param:
    """The ids of the events where the viewer has one of the roles."""
    return Param(("events_with_role", roles), "bigint[]")


def unlocked_rows(type_name: str) -> Param:
    """The ids of the rows of this type that a secret in the request unlocks."""
    return Param(("unlocked", type_name), "bigint[]")


def opened_row(type_name: str) -> Param:
    """The id of the row of this type that the viewer's link opens."""
    return Param(("opened", type_name), "bigint")


def secret(kind: str) -> Param:
    """The secret of this kind in the request."""
    return Param(("proof", kind), "text")


def of_viewer(row: Row | str, column: str = "user_id") -> Sql:
    """Condition: the row of a table with a `profile_id` belongs to the viewer, in the viewer's current
    profile.
    """
    table = Row(row) if isinstance(row, str) else row
    same_profile = sql(table[PROFILE], " IS NOT DISTINCT FROM ", VIEWER_PROFILE_ID)
    return sql("(", table[column], " = ", VIEWER_ID, " AND ", same_profile, ")")


def email_of_viewer(row: Row | str, column: str = "email") -> Sql:
    """Condition: the email address in the row is the viewer's verified one.

    For authenticated viewers only: an anonymous one has no address.
    """
    table = Row(row) if isinstance(row, str) else row
    return sql("(", VIEWER_VERIFIED, " AND lower(", table[column], ") = lower(", VIEWER_EMAIL, "))")


def values(statement: Statement, viewer: Viewer, given: Mapping[object, object]) -> list[object]:
    """The values of a statement's parameters in order: from `given` by key, else from the viewer. Raises
    LookupError.
    """
    return [given[key] if key in given else _of_viewer(viewer, key) for key in statement.keys]


_FIELDS: Final[dict[object, Callable[[Viewer], object]]] = {
    VIEWER_ID.key: attrgetter("id"),
    VIEWER_PROFILE_ID.key: attrgetter("profile_id"),
    VIEWER_EMAIL.key: attrgetter("email"),
    VIEWER_VERIFIED.key: attrgetter("is_verified"),
}


def _of_viewer(viewer: Viewer, key: object) -> object:
    field = _FIELDS.get(key)
    if field is not None:
        return field(viewer)
    match key:
        case ("events_with_role", frozenset() as roles):
            return viewer.events_with_role(roles)
        case ("proof", str() as kind):
            return viewer.proofs[kind]
        case ("unlocked", str() as type_name):
            return sorted(viewer.unlocked.get(type_name, ()))
        case ("opened", str() as type_name):
            return viewer.opens.get(type_name)
    raise LookupError(f"no value for parameter {key!r}")
