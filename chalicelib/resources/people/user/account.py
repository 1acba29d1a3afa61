"""Loads the viewer of a token: the account, and its roles at events.

An organizer of a group counts as organizer of that group's events. Under a profile the viewer has that
profile's roles, and only there. Staff who have made a profile for their staff powers have them only under it.
"""

from chalicelib.auth.viewer import Accounts, Rows, Viewer, register_account_loader

_ROLES = "FROM users_events_roles WHERE user_id = u.id AND profile_id IS NOT DISTINCT FROM {profile}"
_VERSION = f"""ROW(u.email, u.is_verified, u.is_admin, u.is_super_admin, {{powers}},
  (SELECT string_agg(role_id || ' ' || event_id, ',') {_ROLES}))::text"""
_IN_A_GROUP = """EXISTS (SELECT FROM users_groups_roles WHERE user_id = u.id AND accepted
                         AND profile_id IS NOT DISTINCT FROM {profile})"""
# A token with another version is revoked.
_ACTING = """FROM {people} WHERE u.id = $1 AND u.token_version = $2::int
  AND u.deleted_at IS NULL AND NOT u.is_blocked"""
_QUERY = f"""
SELECT {_VERSION}, u.email, u.is_verified, u.is_admin, u.is_super_admin, {{powers}}, {{profile}},
  {_IN_A_GROUP},
  (SELECT string_agg(r.name || ' ' || held.event_id, ',')
   FROM (SELECT role_id, event_id {_ROLES}
         UNION ALL
         SELECT g.role_id, e.id
         FROM users_groups_roles g
         JOIN groups ON groups.id = g.group_id AND groups.deleted_at IS NULL
         JOIN events e ON e.group_id = g.group_id
         WHERE g.user_id = u.id AND g.accepted AND g.profile_id IS NOT DISTINCT FROM {{profile}}) held
   JOIN roles r ON r.id = held.role_id)
{_ACTING}
"""  # noqa: S608 - our own texts
# Role ids suffice: built-in roles, which policies refer to, keep their names.
_VERSION_SQL = f"SELECT {_VERSION} {_ACTING} AND NOT {_IN_A_GROUP}"

_OWN = {
    "profile": "NULL",
    # For staff only, as others have no staff powers.
    "powers": """((u.is_admin OR u.is_super_admin) AND NOT EXISTS (
        SELECT FROM profiles WHERE user_id = u.id AND is_staff AND deleted_at IS NULL))""",
    "people": "users u",
}
_OF_A_PROFILE = {
    "profile": "p.id",
    "powers": "p.is_staff",
    "people": "users u JOIN profiles p ON p.user_id = u.id AND p.id = $3 AND p.deleted_at IS NULL",
}


def _viewer_in(user_id: int, rows: Rows) -> Viewer | None:
    if not rows:
        return None
    _version, email, is_verified, is_admin, is_super_admin, powers, profile_id, _in_a_group, grants_text = (
        rows[0]
    )
    grants: dict[str, set[int]] = {}
    for grant in grants_text.split(",") if grants_text else ():
        role, _, event_id = grant.rpartition(" ")
        grants.setdefault(role, set()).add(int(event_id))
    return Viewer(
        id=user_id,
        email=email,
        is_verified=is_verified,
        is_admin=is_admin and powers,
        is_super_admin=is_super_admin and powers,
        grants={role: frozenset(events) for role, events in grants.items()},
        profile_id=profile_id,
    )


def _version_of(rows: Rows) -> str | None:
    """The version text of the cheaper statement; None for organizers of a group, whose events change
    independently.
    """
    version, *_, in_a_group, _held = rows[0]
    return None if in_a_group else str(version)


def _accounts(words: dict[str, str]) -> Accounts:
    return Accounts(_QUERY.format(**words), _viewer_in, _VERSION_SQL.format(**words), _version_of)


register_account_loader(_accounts(_OWN), _accounts(_OF_A_PROFILE))
