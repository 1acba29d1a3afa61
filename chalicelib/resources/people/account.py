"""Turns the id in a token into a viewer: who that is, and which roles they hold where.

Somebody who organises a group counts as organizer of the events in that group, and of no others.
"""

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.viewer import Viewer, accounts_are_loaded_by

_QUERY = """
SELECT u.email, u.is_verified, u.is_admin, u.is_super_admin,
  (SELECT coalesce(json_object_agg(held.name, held.events), '{}')
   FROM (SELECT r.name, json_agg(l.event_id) AS events
         FROM (SELECT role_id, event_id FROM users_events_roles WHERE user_id = u.id
               UNION
               SELECT g.role_id, e.id FROM users_groups_roles g
               JOIN groups ON groups.id = g.group_id AND groups.deleted_at IS NULL
               JOIN events e ON e.group_id = g.group_id
               WHERE g.user_id = u.id AND g.accepted) l
         JOIN roles r ON r.id = l.role_id
         GROUP BY r.name) held)
FROM users u
WHERE u.id = $1 AND u.deleted_at IS NULL AND NOT u.is_blocked
"""


@accounts_are_loaded_by
def load(session: Session, user_id: int) -> Viewer | None:
    """The viewer with this id, or None when the account is unknown, deleted or blocked."""
    for email, is_verified, is_admin, is_super_admin, grants in db.fetch(session, _QUERY, [user_id]):
        return Viewer(
            id=user_id,
            email=email,
            is_verified=is_verified,
            is_admin=is_admin,
            is_super_admin=is_super_admin,
            grants={role: frozenset(events) for role, events in grants.items()},
        )
    return None
