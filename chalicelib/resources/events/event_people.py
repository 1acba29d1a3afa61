"""The people of an event by their role, as relationships to the accounts that hold it."""

from chalicelib.jsonapi.fields import ToMany
from chalicelib.resources.policies import ACCOUNT_HOLDER


def people(role: str, inverse: str, *, single: bool = False) -> ToMany:
    """Whoever holds the role; `single` leaves the first of them alone."""
    holding = f"{{l}}.role_id = (SELECT id FROM roles WHERE name = '{role}')"  # noqa: S608 - no user input
    first = (
        " AND NOT EXISTS (SELECT 1 FROM users_events_roles earlier WHERE earlier.id < {l}.id "
        "AND earlier.event_id = {l}.event_id AND earlier.role_id = {l}.role_id)"
    )
    return ToMany(
        "user",
        inverse=inverse,
        through="users_events_roles",
        left="event_id",
        right="user_id",
        read_only=True,
        where=holding + first if single else holding,
        single=single,
        inverse_creates=True,
        inverse_scope=ACCOUNT_HOLDER,
    )
