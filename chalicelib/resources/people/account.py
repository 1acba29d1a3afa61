"""Turns the id in a token into a viewer: who that is, and which roles they hold where.

Somebody who organises a group counts as organizer of the events in that group, and of no others.
"""

from chalicelib.auth.viewer import Accounts, Rows, Viewer, accounts_are

_STANDING = """u.email, u.is_verified, u.is_admin, u.is_super_admin,
  (SELECT string_agg(role_id || ' ' || event_id, ',') FROM users_events_roles WHERE user_id = u.id)"""
_IN_A_GROUP = "EXISTS (SELECT FROM users_groups_roles WHERE user_id = u.id AND accepted)"
_ACTING = "FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL AND NOT u.is_blocked"
_QUERY = f"""
SELECT {_STANDING}, {_IN_A_GROUP},
  (SELECT string_agg(r.name || ' ' || held.event_id, ',')
   FROM (SELECT role_id, event_id FROM users_events_roles WHERE user_id = u.id
         UNION ALL
         SELECT g.role_id, e.id
         FROM users_groups_roles g
         JOIN groups ON groups.id = g.group_id AND groups.deleted_at IS NULL
         JOIN events e ON e.group_id = g.group_id
         WHERE g.user_id = u.id AND g.accepted) held
   JOIN roles r ON r.id = held.role_id)
{_ACTING}
"""  # noqa: S608 - our own texts
# A role keeps its meaning, which is its id: the built-in ones, which policies ask for, keep their names.
_UNCHANGED = f"SELECT {_STANDING} {_ACTING} AND NOT {_IN_A_GROUP}"


def _viewer_in(user_id: int, rows: Rows) -> Viewer | None:
    if not rows:
        return None
    email, is_verified, is_admin, is_super_admin, _by_id, _in_a_group, held = rows[0]
    grants: dict[str, set[int]] = {}
    for grant in held.split(",") if held else ():
        role, _, event_id = grant.rpartition(" ")
        grants.setdefault(role, set()).add(int(event_id))
    return Viewer(
        id=user_id,
        email=email,
        is_verified=is_verified,
        is_admin=is_admin,
        is_super_admin=is_super_admin,
        grants={role: frozenset(events) for role, events in grants.items()},
    )


def _standing_in(rows: Rows) -> Rows | None:
    """What the cheaper statement says too; the events of a group change without a change of its people."""
    if not rows or rows[0][5]:
        return None
    return [rows[0][:5]]


accounts_are(Accounts(_QUERY, _viewer_in, _UNCHANGED, _standing_in))
