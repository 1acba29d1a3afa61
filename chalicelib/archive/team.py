"""The event's team as invitations: an archive carries no accounts, so whoever has a role is invited anew."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.archive.declared import TEAM
from chalicelib.auth.roles import BUILT_IN, OWNER_ROLE
from chalicelib.jsonapi.ground.sql import Param, Row, all_of, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler

_THERE: Final = """
SELECT lower(member.email), 0 FROM users_events_roles held JOIN users member ON member.id = held.user_id
WHERE held.event_id = $1
UNION ALL SELECT lower(email), id FROM role_invites WHERE event_id = $1
"""
_RANKS: Final = {name: rank for rank, name in enumerate(BUILT_IN)}  # the highest first


def team_of(context: Context, event_id: int) -> list[dict[str, Any]]:
    """Resource objects of invitations: whoever has a role or is invited, whose address the viewer sees.

    Left out are owners and the viewer: whoever imports the archive is its owner. Who has several roles is
    invited to the highest, as an address is invited once.
    """
    registry, viewer = context.registry, context.viewer
    compiler, invite, member = Compiler(registry, viewer.kind), Row("invite"), Row("member")
    shown = all_of(*(compiler.condition(rule, registry["user"], member) for rule in _of_address(context)))
    invited = compiler.condition(registry[TEAM].policy.see, registry[TEAM], invite)
    event = Param("event", "bigint")
    statement = render(
        sql(
            "SELECT lower(member.email), member.email, role.name FROM users_events_roles held ",
            "JOIN roles role ON role.id = held.role_id JOIN users member ON member.id = held.user_id ",
            *("WHERE held.event_id = ", event, " AND member.deleted_at IS NULL AND ", shown),
            " UNION SELECT lower(invite.email), invite.email, invite.role_name FROM role_invites invite ",
            *("WHERE invite.event_id = ", event, " AND invite.status = 'pending' AND ", invited),
        )
    )
    given = viewer_parameters.values(statement, viewer, {"event": event_id})
    people: dict[str, tuple[int, str, str]] = {}
    for key, email, role in db.fetch(context.session, statement.text, given):
        if role in _RANKS:
            people[key] = min(people.get(key, (len(_RANKS), "", "")), (_RANKS[role], email, role))
    people.pop((viewer.email or "").lower(), None)
    members = [person for _, person in sorted(people.items()) if person[2] != OWNER_ROLE]
    return [_invitation(at, email, role) for at, (_, email, role) in enumerate(members, 1)]


def members_known(context: Context, event_id: int, resources: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Ids of the invitations that these are already, by their index; 0 for who has a role without one.

    Whoever has a role at the event, or is invited to one, is not invited once more.
    """
    there = dict(db.fetch(context.session, _THERE, [event_id]))
    emails = [str(resource["attributes"].get("email")).lower() for resource in resources]
    return {at: there[email] for at, email in enumerate(emails) if email in there}


def _of_address(context: Context) -> list[Any]:
    scope = context.registry["user"].attributes["email"].scope
    return [] if scope is None else [scope]


def _invitation(number: int, email: str, role: str) -> dict[str, Any]:
    return {
        "type": TEAM,
        "id": str(number),
        "attributes": {"email": email, "role-name": role},
        "relationships": {"event": {"data": {"type": "event", "id": "1"}}},
    }
