"""People of an event, by role."""

from typing import Final

from chalicelib.auth.roles import BUILT_IN
from chalicelib.jsonapi.ground.sql import LINK, sql
from chalicelib.jsonapi.model.fields import ToMany
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role

CREW: Final = has_role(frozenset(BUILT_IN), "id")


def people_with(role: str, inverse: str, *, single: bool = False) -> ToMany:
    """The people with this role at the event; with `single` only the first of them."""
    holding = sql(LINK["role_id"], f" = (SELECT id FROM roles WHERE name = '{role}')")  # noqa: S608 - no user input
    first = sql(
        *(" AND NOT EXISTS (SELECT 1 FROM users_events_roles earlier WHERE earlier.id < ", LINK["id"]),
        *(" AND earlier.event_id = ", LINK["event_id"], " AND earlier.role_id = ", LINK["role_id"], ")"),
    )
    return ToMany(
        "user",
        inverse=inverse,
        through="users_events_roles",
        left="event_id",
        right="user_id",
        read_only=True,
        where=sql(holding, first) if single else holding,
        single=single,
        inverse_creates=True,
        # The owner is public; the rest of the team is visible to the team.
        scope=None if single else CREW,
        inverse_scope=ACCOUNT_HOLDER,
    )
